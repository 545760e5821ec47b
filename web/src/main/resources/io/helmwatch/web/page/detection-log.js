import { html, nothing } from '/lib/lit-html/lit-html.js';
import { fullTime, time } from './format.js';
import { FrameFollower } from './frame-follower.js';
import { T } from './texts.js';

/** @typedef {import('./live.js').FrameMessage} FrameMessage */

const KEPT = 60;
const DRAWN_EVERY_MILLIS = 500;

/** The newest frames in which something was detected, as lines. */
export class DetectionLog extends FrameFollower {
  static properties = { isPaused: { state: true } };

  constructor() {
    super();
    /** @type {FrameMessage[]} newest first */
    this.frames = [];
    this.isPaused = false;
    this.timer = 0;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    this.timer = 0;
  }

  /** @param {FrameMessage} frame */
  onFrame(frame) {
    if (this.isPaused || frame.boxes.length === 0) {
      return;
    }
    this.frames.unshift(frame);
    this.frames.length = Math.min(this.frames.length, KEPT);
    this.timer ||= setTimeout(() => {
      this.timer = 0;
      this.requestUpdate();
    }, DRAWN_EVERY_MILLIS);
  }

  view() {
    return html`
      <label class="check"><input type="checkbox" .checked=${this.isPaused} @change=${() => (this.isPaused = !this.isPaused)}> ${T.log.pause}</label>
      ${this.frames.length === 0 ? html`<p class="hint">${T.log.empty}</p>` : nothing}
      <table class="log"><thead class=${this.frames.length ? '' : 'hidden'}><tr><th scope="col">${T.log.time}</th><th scope="col">${T.log.seen}</th></tr></thead>
        <tbody>${this.frames.map(
          (frame) => html`<tr><td title=${fullTime(frame.capturedAt)}>${time(frame.capturedAt)}.${frame.capturedAt.slice(20, 23)}</td>
            <td>${frame.boxes.map(
              (box) => html`<span class=${{ helmet: 'green', bare: 'red', other: 'grey' }[box.kind]}>${{ helmet: '\u25A3', bare: '\u25B2', other: '\u25A1' }[box.kind]}
                ${box.label} ${box.confidence.toFixed(2)}</span> `,
            )}</td></tr>`,
        )}</tbody></table>
    `;
  }
}

customElements.define('hw-detection-log', DetectionLog);
