/**
 * @typedef {import('./live.js').LiveBox} LiveBox
 * @typedef {import('./live.js').FrameMessage} FrameMessage
 * @typedef {{exact: boolean, t: number, frame: FrameMessage, boxes: LiveBox[]}} Found
 */

const CAPACITY = 400;
/** Half the distance of two frames at 100 frames a second. */
const SAME_FRAME_SECONDS = 0.005;
/** Boxes between two analysed frames further apart than this are not invented. */
const MAX_GAP_SECONDS = 1.1;
/** How long a box is shown after its frame where nothing says where it went. */
const HELD_SECONDS = 0.13;

/** @param {LiveBox[]} boxes @returns {LiveBox[]} the heads that never move, in the order of their numbers: from left to right */
export function staticHeads(boxes) {
  return boxes.filter((box) => box.static).sort((a, b) => a.box[0] - b.box[0]);
}

/** What the analysis said about the newest frames of one stream, by their presentation time. */
export class FrameData {
  constructor() {
    this.epoch = -1;
    /** @type {FrameMessage[]} in the order of t */
    this.frames = [];
  }

  /** @param {FrameMessage} frame */
  add(frame) {
    if (frame.epoch !== this.epoch) {
      this.epoch = frame.epoch;
      this.frames = [];
    }
    let at = this.frames.length;
    while (at > 0 && this.frames[at - 1].t > frame.t) {
      at--;
    }
    this.frames.splice(at, 0, frame);
    if (this.frames.length > CAPACITY) {
      this.frames.shift();
    }
  }

  clear() {
    this.epoch = -1;
    this.frames = [];
  }

  /** @returns {FrameMessage | undefined} */
  get newest() {
    return this.frames[this.frames.length - 1];
  }

  /**
   * Boxes of the frame that is presented at t: its own, or, of a frame that was not analysed, boxes between those of the analysed
   * frames before and after it.
   * @param {number} epoch
   * @param {number} t seconds
   * @returns {Found | null}
   */
  at(epoch, t) {
    if (epoch !== this.epoch) {
      return null;
    }
    let after = this.frames.length;
    while (after > 0 && this.frames[after - 1].t > t + SAME_FRAME_SECONDS) {
      after--;
    }
    const before = this.frames[after - 1];
    if (!before || t - before.t > MAX_GAP_SECONDS) {
      return null;
    }
    if (Math.abs(before.t - t) <= SAME_FRAME_SECONDS) {
      return { exact: true, t, frame: before, boxes: before.boxes };
    }
    const next = this.frames[after];
    const known = next && next.t - before.t <= MAX_GAP_SECONDS ? next : null;
    return { exact: false, t, frame: before, boxes: between(before, known, t) };
  }
}

/**
 * Boxes of a frame between two analysed ones; a box that the later one does not have is shown for a moment only.
 * @param {FrameMessage} before
 * @param {FrameMessage | null} next
 * @param {number} t
 * @returns {LiveBox[]}
 */
function between(before, next, t) {
  return before.boxes.flatMap((box) => {
    const same = next && box.track !== null ? next.boxes.find((other) => other.track === box.track) : undefined;
    if (!next || !same) {
      return t - before.t <= HELD_SECONDS ? [box] : [];
    }
    const share = (t - before.t) / (next.t - before.t);
    const corner = (/** @type {number} */ i) => box.box[i] + (same.box[i] - box.box[i]) * share;
    return [{ ...box, box: /** @type {import('./api.js').Box} */ ([corner(0), corner(1), corner(2), corner(3)]) }];
  });
}
