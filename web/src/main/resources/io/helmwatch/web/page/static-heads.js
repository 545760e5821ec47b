import { html, nothing } from '/lib/lit-html/lit-html.js';
import { FrameFollower } from './frame-follower.js';
import { staticHeads } from './frames.js';
import { address } from './route.js';
import { T } from './texts.js';

/** @typedef {import('./live.js').FrameMessage} FrameMessage */

const LOOKED_AT_EVERY_MILLIS = 1000;
/** Share of a head's size that a mask is wider and higher on each side. */
const MARGIN = 0.15;

/** Heads of a stream that never move, each with a link that proposes a mask for it. */
export class StaticHeads extends FrameFollower {
  static properties = { stream: {}, mayMask: {}, heads: { state: true } };

  constructor() {
    super();
    this.stream = '';
    this.mayMask = false;
    /** Corners of the masks: left, top, right, bottom as fractions of the picture. @type {number[][]} */
    this.heads = [];
    this.lookedAt = 0;
  }

  /** @param {Map<PropertyKey, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('stream')) {
      this.heads = [];
      this.lookedAt = 0;
    }
  }

  /** @param {FrameMessage} frame */
  onFrame(frame) {
    if (performance.now() - this.lookedAt < LOOKED_AT_EVERY_MILLIS) {
      return;
    }
    this.lookedAt = performance.now();
    const heads = staticHeads(frame.boxes).map(({ box }) => corners(box, frame));
    if (JSON.stringify(heads) !== JSON.stringify(this.heads)) {
      this.heads = heads;
    }
  }

  view() {
    if (this.heads.length === 0) {
      return nothing;
    }
    return html`<p class="legend static-heads"><span class="grey">\u25A1 ${T.camera.staticHeads(this.heads.length)}</span>
      ${
        this.mayMask
          ? this.heads.map(
              (mask, i) => html` <a class="button" href=${address('cameras', this.stream, { tab: 'rules', mask: mask.join(',') })}>${T.camera.maskStatic(i + 1, this.heads.length)}</a>`,
            )
          : nothing
      }</p>`;
  }
}

/** @param {import('./api.js').Box} box @param {FrameMessage} frame @returns {number[]} */
function corners([left, top, right, bottom], frame) {
  const margin = MARGIN * Math.max(right - left, bottom - top);
  const share = (/** @type {number} */ pixels, /** @type {number} */ of) => Math.round(Math.min(1, Math.max(0, pixels / of)) * 100) / 100;
  return [share(left - margin, frame.width), share(top - margin, frame.height), share(right + margin, frame.width), share(bottom + margin, frame.height)];
}

customElements.define('hw-static-heads', StaticHeads);
