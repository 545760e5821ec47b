import { DeskElement } from './element.js';

/** @typedef {import('./live.js').FrameMessage} FrameMessage */

/** An element that receives the frames of a live picture. */
export class FrameFollower extends DeskElement {
  constructor() {
    super();
    /** @type {EventTarget | null} */
    this.picture = null;
    this.arrived = (/** @type {Event} */ event) => this.onFrame(/** @type {CustomEvent<FrameMessage>} */ (event).detail);
  }

  /** @param {EventTarget} picture whose frames it receives from now on */
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
  }

  /**
   * A frame was analysed.
   * @param {FrameMessage} _frame
   */
  onFrame(_frame) {}
}
