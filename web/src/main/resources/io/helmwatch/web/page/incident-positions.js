import { html, svg } from '/lib/lit-html/lit-html.js';
import { T } from './texts.js';

/**
 * @typedef {import('./api.js').Incident} Incident
 * @typedef {import('./api.js').Position} Position
 */

/** @param {Incident} incident @returns {number} index of the position in the snapshot */
export function snapshotIndex(incident) {
  const at = Date.parse(incident.snapshotAt ?? incident.startedAt);
  const distances = incident.boxes.map((box) => Math.abs(Date.parse(box.at) - at));
  return Math.max(0, distances.indexOf(Math.min(...distances)));
}

/** @param {Incident} incident @param {Position['box']} box @returns {number[]} its edges as shares of the frame, 0 to 1, three digits */
export function sharesOf({ width, height }, box) {
  const part = (/** @type {number} */ value, /** @type {number} */ of) => Math.round(Math.min(1, Math.max(0, value / of)) * 1000) / 1000;
  return [part(box[0], width), part(box[1], height), part(box[2], width), part(box[3], height)];
}

/** @param {Incident} incident @returns {boolean} whether positions have confidences of their own, and not the incident's highest one */
export function hasConfidences({ boxes }) {
  return boxes.some(({ confidence }) => confidence !== boxes[0].confidence);
}

/** Confidence over time, with the position that is drawn marked. @param {Incident} incident @param {number} index */
export function curve({ boxes }, index) {
  const start = Date.parse(boxes[0].at);
  const length = Math.max(1, Date.parse(boxes[boxes.length - 1].at) - start);
  const x = (/** @type {Position} */ box) => ((Date.parse(box.at) - start) / length) * 300;
  const y = (/** @type {Position} */ box) => 38 - box.confidence * 36;
  return html`<svg class="curve" viewBox="0 0 300 40" preserveAspectRatio="none" role="img" aria-label=${T.incident.curve(boxes.length)}>
    <polyline points=${boxes.map((box) => `${x(box)},${y(box)}`).join(' ')}></polyline>
    ${svg`<line x1=${x(boxes[index])} x2=${x(boxes[index])} y1="0" y2="40"></line>`}
  </svg>`;
}

/** The way that the head took. @param {CanvasRenderingContext2D} context @param {import('./overlay.js').Area} area @param {Incident} incident */
export function drawPath(context, area, incident) {
  context.beginPath();
  for (const { box } of incident.boxes) {
    const x = area.left + ((box[0] + box[2]) / 2 / incident.width) * area.width;
    const y = area.top + ((box[1] + box[3]) / 2 / incident.height) * area.height;
    context.lineTo(x, y);
  }
  context.strokeStyle = 'rgba(0, 0, 0, 0.6)';
  context.lineWidth = 3;
  context.stroke();
  context.strokeStyle = 'rgba(255, 255, 255, 0.85)';
  context.lineWidth = 1.25;
  context.stroke();
}
