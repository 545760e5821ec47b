/**
 * @typedef {{type: string, channel: number, id: string, mode: 'fmp4' | 'jpeg' | 'none', mime: string, width: number, height: number,
 *   epoch: number, reason: string}} StreamMessage
 * @typedef {{box: import('./api.js').Box, label: string, kind: 'helmet' | 'bare' | 'other', confidence: number, track: number | null, static: boolean}} LiveBox
 * @typedef {{type: string, channel: number, epoch: number, t: number, capturedAt: string, width: number, height: number,
 *   boxes: LiveBox[], incidents: string[]}} FrameMessage
 * @typedef {{kind: number, keyFrame: boolean, epoch: number, t: number, payload: Uint8Array<ArrayBuffer>}} Media
 * @typedef {'auto' | 'jpeg' | 'none'} VideoWish
 * @typedef {{video: VideoWish, onStream(message: StreamMessage): void, onFrame(message: FrameMessage): void,
 *   onMedia(media: Media): void, onPause(): void}} Viewer
 */

export const MEDIA_INIT = 0;
export const MEDIA_FRAGMENT = 1;
export const MEDIA_JPEG = 2;
const HEADER_BYTES = 16;
const FIRST_DELAY_MILLIS = 500;
const MAX_DELAY_MILLIS = 10000;

/** @returns {boolean} whether this browser plays HEVC */
function playsHevc() {
  return typeof MediaSource !== 'undefined' && MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L120.B0"');
}

/**
 * The one connection for all live pictures. It says which streams are watched, hands what arrives to their viewers, and is opened
 * again when it is lost. A hidden page watches nothing. Events: "connection", "states", "incident".
 */
class Live extends EventTarget {
  constructor() {
    super();
    this.connected = false;
    /** @type {Map<string, Set<Viewer>>} */
    this.viewers = new Map();
    /** @type {Map<number, string>} */
    this.channels = new Map();
    /** Streams that the server sends already and that a new viewer needs from their beginning. @type {Set<string>} */
    this.again = new Set();
    /** Streams of the message that was sent last. @type {Set<string>} */
    this.sent = new Set();
    /** @type {WebSocket | null} */
    this.socket = null;
    this.wanted = false;
    this.delayMillis = FIRST_DELAY_MILLIS;
    this.timer = 0;
    this.sending = 0;
    this.hevc = playsHevc();
    document.addEventListener('visibilitychange', () => this.visibilityChanged());
  }

  start() {
    this.wanted = true;
    if (!this.socket) {
      this.open();
    }
  }

  stop() {
    this.wanted = false;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  /**
   * @param {string} id of the stream
   * @param {Viewer} viewer gets everything that arrives for the stream
   * @returns {() => void} ends watching
   */
  watch(id, viewer) {
    const viewers = this.viewers.get(id) ?? new Set();
    viewers.add(viewer);
    this.viewers.set(id, viewers);
    if (this.sent.has(id)) {
      this.again.add(id);
    }
    this.sendSoon();
    return () => {
      viewers.delete(viewer);
      if (viewers.size === 0 && this.viewers.get(id) === viewers) {
        this.viewers.delete(id);
      }
      this.sendSoon();
    };
  }

  /** The wish of a viewer changed. */
  wishChanged() {
    this.sendSoon();
  }

  /** @private */
  open() {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.connected = true;
      this.delayMillis = FIRST_DELAY_MILLIS;
      this.dispatchEvent(new Event('connection'));
      this.sendSoon();
    };
    socket.onmessage = (event) => {
      if (typeof event.data === 'string') {
        this.textArrived(JSON.parse(event.data));
      } else {
        this.mediaArrived(event.data);
      }
    };
    socket.onclose = () => this.closed(socket);
    this.socket = socket;
  }

  /** @param {WebSocket} socket @private */
  closed(socket) {
    if (this.socket !== socket) {
      return;
    }
    this.socket = null;
    this.connected = false;
    this.channels.clear();
    this.sent.clear();
    this.again.clear();
    this.pauseAll();
    this.dispatchEvent(new Event('connection'));
    if (this.wanted) {
      this.timer = setTimeout(() => this.open(), this.delayMillis * (0.75 + Math.random() / 2));
      this.delayMillis = Math.min(MAX_DELAY_MILLIS, this.delayMillis * 2);
    }
  }

  /** @private */
  visibilityChanged() {
    if (document.hidden) {
      this.pauseAll();
    }
    this.sendSoon();
  }

  /** @private */
  pauseAll() {
    this.viewers.forEach((viewers) => viewers.forEach((viewer) => viewer.onPause()));
  }

  /** Several changes of one moment are one message. @private */
  sendSoon() {
    clearTimeout(this.sending);
    this.sending = setTimeout(() => this.send(), 20);
  }

  /** @private */
  send() {
    if (this.socket?.readyState !== WebSocket.OPEN) {
      return;
    }
    const streams = document.hidden
      ? []
      : [...this.viewers].map(([id, viewers]) => ({ id, video: strongest(viewers), hevc: this.hevc }));
    if (this.again.size > 0) {
      this.socket.send(JSON.stringify({ type: 'watch', streams: streams.filter(({ id }) => !this.again.has(id)) }));
      this.again.clear();
    }
    this.socket.send(JSON.stringify({ type: 'watch', streams }));
    this.sent = new Set(streams.map(({ id }) => id));
  }

  /** @param {any} message @private */
  textArrived(message) {
    switch (message.type) {
      case 'stream':
        this.channels.set(message.channel, message.id);
        this.viewersOf(message.channel).forEach((viewer) => viewer.onStream(message));
        break;
      case 'frame':
        this.viewersOf(message.channel).forEach((viewer) => viewer.onFrame(message));
        break;
      case 'state':
        this.dispatchEvent(new CustomEvent('states', { detail: [message] }));
        break;
      case 'states':
        this.dispatchEvent(new CustomEvent('states', { detail: message.states }));
        break;
      case 'incident':
        this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
        break;
      default:
      // Messages of newer servers are not needed to show what this page shows.
    }
  }

  /** @param {ArrayBuffer} buffer @private */
  mediaArrived(buffer) {
    if (buffer.byteLength < HEADER_BYTES) {
      return;
    }
    const header = new DataView(buffer, 0, HEADER_BYTES);
    const media = {
      kind: header.getUint8(0),
      keyFrame: (header.getUint8(1) & 1) === 1,
      epoch: header.getUint32(4),
      t: header.getFloat64(8),
      payload: new Uint8Array(buffer, HEADER_BYTES),
    };
    this.viewersOf(header.getUint16(2)).forEach((viewer) => viewer.onMedia(media));
  }

  /** @param {number} channel @returns {Set<Viewer>} @private */
  viewersOf(channel) {
    return (!document.hidden && this.viewers.get(this.channels.get(channel) ?? '')) || new Set();
  }
}

/** @param {Set<Viewer>} viewers @returns {VideoWish} */
function strongest(viewers) {
  const wishes = [...viewers].map((viewer) => viewer.video);
  return wishes.includes('auto') ? 'auto' : wishes.includes('jpeg') ? 'jpeg' : 'none';
}

export const live = new Live();
