import { html, nothing } from '/lib/lit-html/lit-html.js';
import { live } from '/lib/lit-html/directives/live.js';
import { incidentPath } from './api.js';
import './clip.js';
import { DeskElement } from './element.js';
import { time } from './format.js';
import { curve, drawPath, hasConfidences, sharesOf, snapshotIndex } from './incident-positions.js';
import { clearCanvas, contain, drawBoxes, drawRegions } from './overlay.js';
import { address } from './route.js';
import { store } from './store.js';
import { T } from './texts.js';

/** @typedef {import('./api.js').Incident} Incident */

/** After its end an incident has its video within this time, or never. */
const VIDEO_WITHIN_SECONDS = 90;

/**
 * The snapshot of an incident, plain or drawn, with its positions over time, or its video. Asks with the event {@code draw} whether boxes are drawn.
 */
export class IncidentPicture extends DeskElement {
  static properties = {
    incident: {},
    isDrawn: {},
    hasVideos: {},
    position: { state: true },
    hasPicture: { state: true },
    showsVideo: { state: true },
  };

  constructor() {
    super();
    /** @type {Incident | null} */
    this.incident = null;
    this.isDrawn = true;
    /** Whether videos are stored at all, as other incidents show. */
    this.hasVideos = false;
    /** Index of the position that is drawn; -1 is the one of the snapshot. */
    this.position = -1;
    this.hasPicture = true;
    this.showsVideo = false;
    this.resized = new ResizeObserver(() => this.paint());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.resized.disconnect();
  }

  /** @param {Map<PropertyKey, unknown>} changed */
  willUpdate(changed) {
    const before = /** @type {Incident | null | undefined} */ (changed.get('incident'));
    if (changed.has('incident') && before?.id !== this.incident?.id) {
      this.position = -1;
      this.hasPicture = true;
      this.showsVideo = false;
    }
  }

  updated() {
    const canvas = this.canvas();
    const stage = /** @type {HTMLElement | null} */ (this.querySelector('.stage'));
    if (stage && this.incident) {
      const { width, height } = this.incident;
      stage.style.aspectRatio = `${width || 16} / ${height || 9}`;
      this.resized.disconnect();
      this.resized.observe(canvas ?? stage);
    }
    this.paint();
  }

  /** @param {boolean} isDrawn @private */
  draw(isDrawn) {
    this.dispatchEvent(new CustomEvent('draw', { detail: isDrawn }));
  }

  view() {
    const incident = this.incident;
    if (!incident) {
      return nothing;
    }
    const path = `/api/v1${incidentPath(incident.id)}/snapshot.jpg`;
    const hasSnapshot = incident.snapshot && this.hasPicture;
    if (incident.clip && this.showsVideo) {
      return this.video(incident);
    }
    return html`
      <div class="stage">
        ${hasSnapshot ? html`<p class="note" aria-hidden="true">${T.incident.loadingImage}</p><img src=${path} alt=${T.incident.snapshotOf(incident.stream, time(incident.startedAt))} @error=${() => (this.hasPicture = false)}>` : html`<p class="note">${T.incident.noSnapshot}</p>`}
        <canvas class="overlay" aria-hidden="true"></canvas>
      </div>
      <div class="actions">
        <label class="check"><input type="checkbox" .checked=${this.isDrawn} @change=${() => this.draw(!this.isDrawn)}> ${T.incident.draw}</label>
        ${incident.clip ? html`<button class="video" @click=${() => this.showVideo(true)}>${T.incident.showVideo}</button>` : nothing}
        ${hasSnapshot ? html`<a class="button" href=${path} download=${`${incident.stream}-${incident.startedAt.replaceAll(':', '-')}.jpg`}>${T.incident.download}</a>` : nothing}
        <a class="button" href=${address('cameras', incident.stream)}>${T.incident.camera}</a>
        ${this.maskLink(incident)}
        ${incident.clip || !this.hasVideos ? nothing : html`<span class="facts">${isVideoDue(incident) ? T.incident.videoDue : T.incident.noClip}</span>`}
      </div>
      ${incident.boxes.length > 1 ? this.positions(incident) : nothing}
    `;
  }

  /** @param {Incident} incident */
  video(incident) {
    const path = `/api/v1${incidentPath(incident.id)}/clip.mp4`;
    return html`
      <div class="stage"><hw-clip .incident=${incident} .isDrawn=${this.isDrawn}></hw-clip></div>
      <div class="actions">
        <label class="check"><input type="checkbox" .checked=${this.isDrawn} @change=${() => this.draw(!this.isDrawn)}> ${T.incident.draw}</label>
        <button class="image" @click=${() => this.showVideo(false)}>${T.incident.showImage}</button>
        <a class="button" href=${path} download=${`${incident.stream}-${incident.startedAt.replaceAll(':', '-')}.mp4`}>${T.incident.downloadVideo}</a>
        <a class="button" href=${address('cameras', incident.stream)}>${T.incident.camera}</a>
      </div>`;
  }

  /** The focus stays at the button that was pressed, which is another one then. @param {boolean} shows */
  async showVideo(shows) {
    this.showsVideo = shows;
    await this.updateComplete;
    this.child(shows ? '.actions .image' : '.actions .video').focus();
  }

  /** @param {Incident} incident */
  maskLink(incident) {
    const box = incident.boxes[this.index(incident)]?.box;
    if (!store.mayOperate || !box || !incident.width || incident.kind === 'occupancy') {
      return nothing;
    }
    const mask = sharesOf(incident, box).join(',');
    return html`<a class="button" href=${address('cameras', incident.stream, { tab: 'rules', mask })} title=${T.incident.maskTitle}>${T.incident.mask}</a>`;
  }

  /** Where it was, and how sure, over time. @param {Incident} incident */
  positions(incident) {
    const index = this.index(incident);
    const { at, confidence } = incident.boxes[index];
    const varies = hasConfidences(incident);
    return html`<div class="positions">
      <label>${T.incident.positions}
        <input type="range" min="0" max=${incident.boxes.length - 1} .value=${live(String(index))} @input=${this.scrub}
          aria-valuetext=${time(at)}></label>
      <span class="facts">${time(at)}${varies ? ` \u00B7 ${T.incident.confidence(confidence)}` : ''}${this.position >= 0 && this.position !== snapshotIndex(incident) ? ` \u00B7 ${T.incident.pictureFrom(time(incident.snapshotAt ?? incident.startedAt))}` : ''}</span>
      ${varies ? curve(incident, index) : nothing}
    </div>`;
  }

  /** @param {Event} event */
  scrub(event) {
    this.position = Number(/** @type {HTMLInputElement} */ (event.target).value);
    this.draw(true);
  }

  /** @param {Incident} incident @returns {number} index of the position that is drawn */
  index(incident) {
    return this.position >= 0 ? Math.min(this.position, incident.boxes.length - 1) : snapshotIndex(incident);
  }

  /** @returns {HTMLCanvasElement | null} the canvas over the image; null while the video is shown, which has its own */
  canvas() {
    return this.querySelector('.stage > canvas');
  }

  paint() {
    const canvas = this.canvas();
    const incident = this.incident;
    const cleared = canvas && clearCanvas(canvas);
    if (!cleared || !incident || !this.isDrawn) {
      return;
    }
    const { context, width, height } = cleared;
    const area = contain(width, height, incident.width || 16, incident.height || 9);
    if (incident.polygon.length > 0) {
      drawRegions(context, area, [{ polygon: incident.polygon.map(({ x, y }) => [x, y]), name: incident.zone ?? '' }]);
    }
    const box = incident.boxes[this.index(incident)];
    if (box) {
      drawPath(context, area, incident);
      const kind = incident.kind === 'no-helmet' ? 'bare' : 'other';
      drawBoxes(context, area, incident.width, incident.height, [{ box: box.box, kind, text: hasConfidences(incident) ? `${box.label} ${box.confidence.toFixed(2)}` : box.label }]);
    }
  }
}

/** @param {Incident} incident @returns {boolean} whether its video is still being recorded or stored */
function isVideoDue({ endedAt }) {
  return endedAt === null || store.age(endedAt) < VIDEO_WITHIN_SECONDS;
}

customElements.define('hw-incident-picture', IncidentPicture);
