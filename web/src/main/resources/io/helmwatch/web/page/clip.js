import { html } from '/lib/lit-html/lit-html.js';
import { incidentPath, request } from './api.js';
import { DeskElement } from './element.js';
import { time } from './format.js';
import { clearCanvas, contain, drawBoxes, drawRegions } from './overlay.js';
import { T } from './texts.js';

/**
 * @typedef {import('./api.js').Incident} Incident
 * @typedef {{box: import('./api.js').Box, label: string, kind: 'helmet' | 'bare' | 'other', confidence: number, track?: number}} ClipBox
 * @typedef {{t: number, boxes: ClipBox[]}} ClipFrame
 * @typedef {{start: number, width: number, height: number, zone?: string, zonePolygon?: import('./api.js').Corner[], frames: ClipFrame[]}} Sidecar
 */

/** Seconds for which the boxes of an analysed frame are drawn over those that follow and were not analysed. */
const LONGEST_HOLD = 0.5;
/** Seconds by which the times of a frame may differ because of rounding. */
const ROUNDING = 0.0005;

/** The video of an incident, with what was detected drawn over the very frames that are shown. */
export class IncidentClip extends DeskElement {
  static properties = {
    incident: {},
    isDrawn: {},
    problem: { state: true },
  };

  constructor() {
    super();
    /** @type {Incident | null} */
    this.incident = null;
    this.isDrawn = true;
    this.problem = '';
    /** @type {Sidecar | null} */
    this.sidecar = null;
    /** Seconds from the player's time to that of the file; players begin at 0 whatever the first frame's time is. */
    this.shift = NaN;
    /** Time in the file of the frame that is shown. */
    this.shown = 0;
    /** What the canvas shows now. @type {ClipFrame | null} */
    this.drawn = null;
    /** @private @type {HTMLVideoElement | null} */
    this.watched = null;
    this.resized = new ResizeObserver(() => this.paint());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.resized.disconnect();
    this.watched = null;
  }

  /** @param {Map<PropertyKey, unknown>} changed */
  willUpdate(changed) {
    const before = /** @type {{id: string} | null | undefined} */ (changed.get('incident'));
    if (changed.has('incident') && this.incident?.id !== before?.id) {
      this.sidecar = null;
      this.problem = '';
      this.load();
    }
  }

  /** @private */
  async load() {
    const id = this.incident?.id;
    if (!id) {
      return;
    }
    try {
      const sidecar = await request('GET', `${incidentPath(id)}/clip.json`);
      if (id === this.incident?.id) {
        this.sidecar = sidecar;
        this.paint();
      }
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
  }

  view() {
    const incident = this.incident;
    if (!incident) {
      return html``;
    }
    return html`<video controls muted playsinline preload="auto" src=${`/api/v1${incidentPath(incident.id)}/clip.mp4`}
        aria-label=${T.incident.videoOf(incident.stream, time(incident.startedAt))} @error=${() => (this.problem = T.incident.noVideo)}></video>
      <canvas class="overlay" aria-hidden="true"></canvas>
      ${this.problem ? html`<p class="note" role="status">${this.problem}</p>` : ''}`;
  }

  updated() {
    const video = /** @type {HTMLVideoElement | null} */ (this.querySelector('video'));
    if (video && video !== this.watched) {
      this.watched = video;
      this.shift = NaN;
      this.resized.disconnect();
      this.resized.observe(video);
      this.followFrames(video);
    }
    this.paint();
  }

  /** @param {HTMLVideoElement} video @private */
  followFrames(video) {
    const next = (/** @type {number} */ mediaTime) => {
      if (video !== this.watched) {
        return;
      }
      this.frameShown(mediaTime);
      this.followFrames(video);
    };
    if ('requestVideoFrameCallback' in video) {
      video.requestVideoFrameCallback((_now, { mediaTime }) => next(mediaTime));
    } else {
      requestAnimationFrame(() => next(/** @type {HTMLVideoElement} */ (video).currentTime));
    }
  }

  /** @param {number} mediaTime @private */
  frameShown(mediaTime) {
    if (Number.isNaN(this.shift) && this.sidecar) {
      // The first frame tells where the player's time begins.
      this.shift = mediaTime < ROUNDING ? this.sidecar.start : 0;
    }
    this.shown = mediaTime + (this.shift || 0);
    this.paint();
  }

  /** @returns {ClipFrame | null} the analysed frame that is shown, or the latest before it */
  analysed() {
    const frames = this.sidecar?.frames ?? [];
    let low = 0;
    let high = frames.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (frames[middle].t <= this.shown + ROUNDING) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const latest = frames[low - 1];
    return latest && this.shown - latest.t <= LONGEST_HOLD ? latest : null;
  }

  paint() {
    const canvas = this.querySelector('canvas');
    const video = this.watched;
    const sidecar = this.sidecar;
    const cleared = canvas && clearCanvas(canvas);
    this.drawn = null;
    if (!cleared || !sidecar || !video || !this.isDrawn || !video.videoWidth) {
      return;
    }
    const { context, width, height } = cleared;
    const area = contain(width, height, video.videoWidth, video.videoHeight);
    if (sidecar.zonePolygon) {
      drawRegions(context, area, [{ polygon: sidecar.zonePolygon, name: sidecar.zone ?? '' }]);
    }
    const frame = this.analysed();
    if (frame) {
      const boxes = frame.boxes.map(({ box, kind, label, confidence, track }) => ({
        box,
        kind,
        text: `${label} ${confidence.toFixed(2)}${track ? ` #${track}` : ''}`,
      }));
      drawBoxes(context, area, sidecar.width, sidecar.height, boxes);
      this.drawn = frame;
    }
  }
}

customElements.define('hw-clip', IncidentClip);
