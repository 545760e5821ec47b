/** Seconds that video is held back at least, so that the analysis of a frame is there before the frame is shown. */
const HOLD_SECONDS = 0.3;
const MAX_HOLD_SECONDS = 4;
/** Frames that were analysed at longer distances are not waited for. */
const MAX_INTERVAL_SECONDS = 1;
const MARGIN_SECONDS = 0.05;
/** Share of what is held beyond need that is given back at each control. */
const RELAXATION = 0.02;
const JUMP_SECONDS = 2;
const KEEP_SECONDS = 6;
const MAX_QUEUED_BYTES = 8 << 20;
const CONTROL_MILLIS = 250;

/**
 * Plays fragments of MP4 in a video element close to their arrival, through a MediaSource with a bounded buffer. One object plays one
 * epoch of a stream; it is closed and another one made for the next.
 */
export class VideoBuffer {
  /**
   * @param {HTMLVideoElement} video
   * @param {string} mime
   * @param {() => void} onFailure called once when this browser cannot play the video
   */
  constructor(video, mime, onFailure) {
    this.video = video;
    this.onFailure = onFailure;
    this.hold = HOLD_SECONDS;
    /** Hold that the newest analysed frames needed. */
    this.needed = HOLD_SECONDS;
    /** @type {Uint8Array<ArrayBuffer>[]} */
    this.queue = [];
    this.queuedBytes = 0;
    this.needsKeyFrame = true;
    this.closed = false;
    /** Smallest lead of the buffer over the picture since the last control, seconds. */
    this.smallestLead = Infinity;
    /** @type {SourceBuffer | null} */
    this.buffer = null;
    this.source = new MediaSource();
    this.address = URL.createObjectURL(this.source);
    this.source.addEventListener('sourceopen', () => this.opened(mime), { once: true });
    this.failed = () => this.fail();
    this.stalled = () => {
      this.hold = Math.min(MAX_HOLD_SECONDS, this.hold + 0.1);
    };
    video.addEventListener('error', this.failed);
    video.addEventListener('waiting', this.stalled);
    video.src = this.address;
    this.timer = setInterval(() => this.control(), CONTROL_MILLIS);
  }

  /** @param {string} mime @returns {boolean} */
  static plays(mime) {
    return typeof MediaSource !== 'undefined' && MediaSource.isTypeSupported(mime);
  }

  /** @param {Uint8Array<ArrayBuffer>} payload the first segment of the epoch */
  begin(payload) {
    this.push(payload);
  }

  /** @param {Uint8Array<ArrayBuffer>} payload @param {boolean} keyFrame whether it can be decoded without those before it */
  add(payload, keyFrame) {
    if (this.needsKeyFrame && !keyFrame) {
      return;
    }
    if (this.queuedBytes > MAX_QUEUED_BYTES) {
      this.queue = [];
      this.queuedBytes = 0;
      this.needsKeyFrame = !keyFrame;
      if (!keyFrame) {
        return;
      }
    }
    this.needsKeyFrame = false;
    this.push(payload);
  }

  /**
   * The analysis of a frame has arrived. Video is held so long that the next analysed frame is known when a frame between is shown.
   * @param {number} t of the frame
   * @param {number} interval seconds since the analysed frame before it
   */
  analysed(t, interval) {
    const ranges = this.video.buffered;
    if (!this.closed && ranges.length > 0) {
      const late = ranges.end(ranges.length - 1) - t;
      this.needed = late + Math.min(MAX_INTERVAL_SECONDS, interval) + MARGIN_SECONDS;
      this.hold = Math.min(MAX_HOLD_SECONDS, Math.max(this.hold, this.needed));
    }
  }

  close() {
    if (this.closed) {
      return;
    }
    this.closed = true;
    clearInterval(this.timer);
    this.video.removeEventListener('error', this.failed);
    this.video.removeEventListener('waiting', this.stalled);
    this.queue = [];
    this.video.removeAttribute('src');
    this.video.load();
    URL.revokeObjectURL(this.address);
  }

  /** @param {Uint8Array<ArrayBuffer>} payload @private */
  push(payload) {
    this.queue.push(payload);
    this.queuedBytes += payload.byteLength;
    const ranges = this.video.buffered;
    if (ranges.length > 0 && !this.video.paused) {
      this.smallestLead = Math.min(this.smallestLead, ranges.end(ranges.length - 1) - this.video.currentTime);
    }
    this.feed();
  }

  /** @param {string} mime @private */
  opened(mime) {
    if (this.closed) {
      return;
    }
    try {
      this.buffer = this.source.addSourceBuffer(mime);
    } catch {
      this.fail();
      return;
    }
    this.buffer.addEventListener('updateend', () => this.feed());
    this.buffer.addEventListener('error', this.failed);
    this.feed();
  }

  /** @private */
  fail() {
    if (!this.closed) {
      this.close();
      this.onFailure();
    }
  }

  /** Appends all that waits as one piece. @private */
  feed() {
    if (this.closed || !this.buffer || this.buffer.updating || this.queue.length === 0 || this.source.readyState !== 'open') {
      return;
    }
    const all = new Uint8Array(this.queuedBytes);
    let at = 0;
    for (const payload of this.queue) {
      all.set(payload, at);
      at += payload.byteLength;
    }
    this.queue = [];
    this.queuedBytes = 0;
    try {
      this.buffer.appendBuffer(all);
    } catch {
      this.fail();
    }
  }

  /** Keeps the picture close to the newest fragment, and the buffer small. @private */
  control() {
    const { video, buffer } = this;
    const ranges = video.buffered;
    if (this.closed || !buffer || ranges.length === 0) {
      return;
    }
    const start = ranges.start(ranges.length - 1);
    const end = ranges.end(ranges.length - 1);
    if (video.paused) {
      if (end - start >= this.hold) {
        video.currentTime = Math.max(start, end - this.hold);
        video.play().catch(() => {});
      }
      return;
    }
    const lead = Math.min(this.smallestLead, end - video.currentTime);
    this.smallestLead = Infinity;
    this.hold -= Math.max(0, this.hold - Math.max(HOLD_SECONDS, this.needed)) * RELAXATION;
    if (lead > this.hold + JUMP_SECONDS || video.currentTime < start) {
      video.currentTime = Math.max(start, end - this.hold);
      video.playbackRate = 1;
    } else if (Math.abs(lead - this.hold) > 0.08) {
      video.playbackRate = lead > this.hold ? (lead > this.hold + 0.5 ? 1.15 : 1.05) : lead < this.hold - 0.3 ? 0.8 : 0.94;
    } else {
      video.playbackRate = 1;
    }
    if (!buffer.updating && video.currentTime - ranges.start(0) > KEEP_SECONDS * 2) {
      buffer.remove(0, video.currentTime - KEEP_SECONDS);
    }
  }
}
