import { T } from './texts.js';

/**
 * @typedef {import('./api.js').Corner} Corner
 * @typedef {{left: number, top: number, width: number, height: number}} Area in CSS pixels of the canvas
 * @typedef {{box: import('./api.js').Box, kind: 'helmet' | 'bare' | 'other', text: string, number?: number}} DrawnBox its number is shown on every screen
 * @typedef {{polygon: Corner[], name?: string, mask?: boolean, alarm?: boolean}} DrawnRegion
 */

const COLOURS = { helmet: '#2ee6a6', bare: '#ff6b57', other: '#d0d4da' };
const SIGNS = { helmet: '\u25A3', bare: '\u25B2', other: '\u25A1' };
const FONT = '600 12px system-ui, sans-serif';
const PILL_HEIGHT = 18;
const PILL_PADDING = 6;
/** Widths of the picture from which helmets have labels, and from which labels have confidences. */
const ALL_LABELS = 640;
const LONG_LABELS = 420;

/**
 * Where a picture of this size lies in an element of that size, as object-fit: contain does it.
 * @param {number} width of the element
 * @param {number} height
 * @param {number} pictureWidth
 * @param {number} pictureHeight
 * @returns {Area}
 */
export function contain(width, height, pictureWidth, pictureHeight) {
  const scale = Math.min(width / pictureWidth, height / pictureHeight);
  const area = { width: pictureWidth * scale, height: pictureHeight * scale };
  return { left: (width - area.width) / 2, top: (height - area.height) / 2, ...area };
}

/**
 * Makes the canvas as large as it is shown, in device pixels, and empties it.
 * @param {HTMLCanvasElement} canvas
 * @returns {{context: CanvasRenderingContext2D, width: number, height: number} | null} null where it is not shown
 */
export function clearCanvas(canvas) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const context = canvas.getContext('2d');
  if (!context || width === 0 || height === 0) {
    return null;
  }
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Area} area of the picture
 * @param {DrawnRegion[]} regions
 */
export function drawRegions(context, area, regions) {
  for (const region of regions) {
    context.beginPath();
    region.polygon.forEach(([x, y], i) => {
      const point = /** @type {const} */ ([area.left + x * area.width, area.top + y * area.height]);
      i === 0 ? context.moveTo(...point) : context.lineTo(...point);
    });
    context.closePath();
    if (region.mask) {
      context.fillStyle = 'rgba(20, 22, 26, 0.55)';
      context.fill();
    }
    context.setLineDash(region.mask ? [6, 4] : []);
    strokeTwice(context, region.alarm ? COLOURS.bare : 'rgba(255, 255, 255, 0.85)', region.alarm ? 2 : 1.25);
    context.setLineDash([]);
    if (region.name) {
      const [x, y] = region.polygon.reduce((best, corner) => (corner[1] < best[1] ? corner : best));
      context.font = FONT;
      const width = context.measureText(region.name).width + PILL_PADDING * 2;
      const place = { left: area.left + x * area.width, top: area.top + y * area.height, width, height: PILL_HEIGHT };
      pill(context, inside(place, area), region.name, '#ffffff');
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Area} area of the picture
 * @param {number} pictureWidth width that the boxes refer to
 * @param {number} pictureHeight
 * @param {DrawnBox[]} boxes
 */
export function drawBoxes(context, area, pictureWidth, pictureHeight, boxes) {
  const drawn = boxes.map(({ box, kind, text, number }) => ({
    left: area.left + (box[0] / pictureWidth) * area.width,
    top: area.top + (box[1] / pictureHeight) * area.height,
    width: ((box[2] - box[0]) / pictureWidth) * area.width,
    height: ((box[3] - box[1]) / pictureHeight) * area.height,
    kind,
    isNeeded: kind === 'bare' || number !== undefined,
    text: `${SIGNS[kind]} ${number !== undefined && area.width < ALL_LABELS ? number : area.width >= LONG_LABELS ? text : T.live.short[kind]}`,
  }));
  for (const { left, top, width, height, kind } of drawn) {
    context.beginPath();
    context.rect(left, top, width, height);
    context.setLineDash(kind === 'other' ? [5, 3] : []);
    strokeTwice(context, COLOURS[kind], kind === 'bare' ? 3 : 2);
    context.setLineDash([]);
  }
  context.font = FONT;
  /** @type {Area[]} */
  const taken = [...drawn];
  const labelled = drawn.filter(({ isNeeded }) => isNeeded || area.width >= ALL_LABELS).sort((a, b) => order(a) - order(b));
  for (const box of labelled) {
    const place = freePlace(box, context.measureText(box.text).width + PILL_PADDING * 2, area, taken);
    if (place) {
      taken.push(place);
      pill(context, place, box.text, COLOURS[box.kind]);
    }
  }
}

/** Labels of bare heads are placed first, then numbers. @param {{kind: string, isNeeded: boolean}} box */
const order = ({ kind, isNeeded }) => (kind === 'bare' ? 0 : isNeeded ? 1 : 2);

/**
 * A place beside the box for its label that covers neither a head nor another label.
 * @param {Area & {isNeeded: boolean}} box
 * @param {number} width
 * @param {Area} area
 * @param {Area[]} taken
 * @returns {Area | null} null where there is none, except for bare heads and numbers, which are always shown
 */
function freePlace(box, width, area, taken) {
  const right = box.left + box.width;
  const bottom = box.top + box.height;
  const candidates = [
    [box.left, box.top - PILL_HEIGHT - 3],
    [right - width, box.top - PILL_HEIGHT - 3],
    [box.left, bottom + 3],
    [right + 4, box.top],
    [box.left - width - 4, box.top],
  ].map(([left, top]) => inside({ left, top, width, height: PILL_HEIGHT }, area));
  return candidates.find((place) => !taken.some((other) => overlap(place, other))) ?? (box.isNeeded ? candidates[0] : null);
}

/** @param {Area} place @param {Area} area @returns {Area} moved into the area */
function inside(place, area) {
  const left = Math.max(area.left, Math.min(place.left, area.left + area.width - place.width));
  const top = Math.max(area.top, Math.min(place.top, area.top + area.height - place.height));
  return { ...place, left, top };
}

/** @param {Area} a @param {Area} b */
function overlap(a, b) {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}

/** A line with a dark outline, to be seen on any picture. @param {CanvasRenderingContext2D} context @param {string} colour @param {number} width */
function strokeTwice(context, colour, width) {
  context.strokeStyle = 'rgba(0, 0, 0, 0.75)';
  context.lineWidth = width + 2;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

/** A label on a dark ground. @param {CanvasRenderingContext2D} context @param {Area} place @param {string} text @param {string} colour */
function pill(context, place, text, colour) {
  context.fillStyle = 'rgba(12, 14, 17, 0.82)';
  context.beginPath();
  context.roundRect(place.left, place.top, place.width, place.height, 4);
  context.fill();
  context.fillStyle = colour;
  context.textBaseline = 'middle';
  context.fillText(text, place.left + PILL_PADDING, place.top + place.height / 2 + 0.5);
}
