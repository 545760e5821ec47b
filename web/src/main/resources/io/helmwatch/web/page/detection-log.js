import { html, nothing } from '/lib/lit-html/lit-html.js';
import { DeskElement } from './element.js';
import { fullTime, time } from './format.js';
import { T } from './texts.js';

/** @typedef {import('./live.js').FrameMessage} FrameMessage */

const KEPT = 60;
const DRAWN_EVERY_MILLIS = 500;

/** The newest frames in which something was detected, as lines. */
export class DetectionLog extends DeskElement {
  static properties = { isPaused: { state: true } };

  constructor() {
    super();
    /** @type {FrameMessage[]} newest first */
    this.frames = [];
    this.isPaused = false;
    this.timer = 0;
    /** @type {EventTarget | null} */
    this.picture = null;
    this.arrived = (/** @type {Event} */ event) => this.add(/** @type {CustomEvent<FrameMessage>} */ (event).detail);
  }

  /** @param {EventTarget} picture whose frames are listed */
  follow(picture) {
    if (this.picture !== picture) {
      this.picture?.removeEventListener('frame', this.arrived);
      this.picture = picture;
      picture.addEventListener('frame', this.arrived);
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.picture?.removeEventListener('frame', this.arrived);
    this.picture = null;
    clearTimeout(this.timer);
    this.timer = 0;
  }

  /** @param {FrameMessage} frame @private */
  add(frame) {
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
