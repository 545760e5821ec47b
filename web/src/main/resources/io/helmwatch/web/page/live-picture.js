import { request, serverNow } from './api.js';
import { FrameData, staticHeads } from './frames.js';
import { stopwatch, duration } from './format.js';
import { MEDIA_FRAGMENT, MEDIA_INIT, MEDIA_JPEG, live } from './live.js';
import { clearCanvas, contain, drawBoxes, drawRegions } from './overlay.js';
import { store } from './store.js';
import { T } from './texts.js';
import { VideoBuffer } from './video-buffer.js';

/**
 * @typedef {import('./live.js').StreamMessage} StreamMessage
 * @typedef {import('./live.js').FrameMessage} FrameMessage
 * @typedef {import('./live.js').Media} Media
 * @typedef {{epoch: number, t: number, exact: boolean, boxes: import('./live.js').LiveBox[]}} Drawn
 */

const MIN_STALE_MILLIS = 2500;
const MAX_FAILURES = 2;
const RETRY_MILLIS = 300;
/** A JPEG whose analysis has not arrived waits for it as long as video is held. */
const HOLD_MILLIS = 300;

/**
 * The live picture of one stream with what was detected drawn over exactly the frame that it was detected in. Attributes:
 * `data-state` connecting, live, stale or offline; `data-mode` fmp4, jpeg or none. A picture that is not live is dimmed and says its
 * age. Event "frame" for each analysed frame that arrives.
 */
export class LivePicture extends HTMLElement {
  constructor() {
    super();
    /** @type {string} */
    this.stream = '';
    /** Whether zones and masks are drawn. */
    this.regions = true;
    /** What the canvas shows now. @type {Drawn | null} */
    this.drawn = null;
    /** @type {import('./live.js').VideoWish} */
    this.video = 'auto';
    this.data = new FrameData();
    this.mode = 'none';
    this.mime = '';
    this.epoch = -1;
    this.shownAt = 0;
    this.frameMillis = 0;
    this.failures = 0;
    this.jpegs = 0;
    /** @type {{width: number, height: number}} */
    this.size = { width: 16, height: 9 };
    /** Since when incidents of this stream are shown, by their id. @type {Map<string, {track: number | null, zone: string | null, startedAt: string}>} */
    this.open = new Map();
    /** @type {VideoBuffer | null} */
    this.buffer = null;
    /** @type {(() => void) | null} */
    this.unwatch = null;
    /** @type {(() => void)[]} */
    this.undo = [];
    this.timer = 0;
    this.element = document.createElement('video');
    this.picture = document.createElement('canvas');
    this.overlay = document.createElement('canvas');
    this.note = document.createElement('p');
  }

  connectedCallback() {
    this.element.muted = true;
    this.element.playsInline = true;
    this.element.disablePictureInPicture = true;
    this.element.setAttribute('aria-hidden', 'true');
    this.element.tabIndex = -1;
    this.picture.className = 'picture';
    this.picture.setAttribute('aria-hidden', 'true');
    this.overlay.className = 'overlay';
    this.overlay.setAttribute('role', 'img');
    this.note.className = 'note';
    this.replaceChildren(this.element, this.picture, this.overlay, this.note);
    this.undo = [
      listen(live, 'incident', (event) => this.incidentArrived(/** @type {CustomEvent} */ (event).detail)),
      listen(store, 'change', () => this.showState()),
    ];
    const resized = new ResizeObserver(() => this.paint());
    resized.observe(this);
    this.undo.push(() => resized.disconnect());
    this.timer = setInterval(() => this.showState(), 1000);
    this.onNextVideoFrame();
    this.begin();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    this.undo.forEach((undo) => undo());
    this.end();
  }

  /** Watches another stream. @param {string} id */
  show(id) {
    if (id === this.stream) {
      return;
    }
    this.stream = id;
    if (this.isConnected) {
      this.end();
      this.begin();
    }
  }

  /** @private */
  begin() {
    this.shownAt = 0;
    this.failures = 0;
    this.video = 'auto';
    this.open.clear();
    this.drawn = null;
    this.data.clear();
    this.picture.width = 0;
    if (!this.stream) {
      return;
    }
    this.unwatch = live.watch(this.stream, this);
    this.readOpenIncidents();
    this.showLastPicture();
    this.showState();
  }

  /** @private */
  end() {
    this.unwatch?.();
    this.unwatch = null;
    this.onPause();
  }

  /** Nothing more arrives until the stream is announced again. */
  onPause() {
    this.keepPicture();
    this.buffer?.close();
    this.buffer = null;
    this.mode = 'none';
    this.epoch = -1;
    this.data.clear();
    this.showState();
  }

  /** @param {StreamMessage} message */
  onStream(message) {
    this.keepPicture();
    this.buffer?.close();
    this.buffer = null;
    this.mode = message.mode;
    this.mime = message.mime;
    this.epoch = message.epoch;
    if (message.width && message.height) {
      this.size = { width: message.width, height: message.height };
    }
    if (message.mode === 'fmp4' && !VideoBuffer.plays(message.mime)) {
      this.wish('jpeg');
    }
    this.showState();
  }

  /** @param {FrameMessage} frame */
  onFrame(frame) {
    const previous = this.data.newest;
    this.data.add(frame);
    if (previous && previous.epoch === frame.epoch && frame.t > previous.t) {
      this.frameMillis = (frame.t - previous.t) * 1000;
      this.buffer?.analysed(frame.t, frame.t - previous.t);
    }
    if (this.mode === 'jpeg' && this.drawn?.epoch === frame.epoch && this.drawn.t === frame.t) {
      this.paint();
    }
    this.dispatchEvent(new CustomEvent('frame', { detail: frame }));
  }

  /** @param {Media} media */
  onMedia(media) {
    switch (media.kind) {
      case MEDIA_INIT:
        this.beginEpoch(media);
        break;
      case MEDIA_FRAGMENT:
        if (media.epoch === this.epoch) {
          this.buffer?.add(media.payload, media.keyFrame);
        }
        break;
      case MEDIA_JPEG:
        this.jpegArrived(media);
        break;
      default:
    }
  }

  /** @param {Media} media @private */
  beginEpoch(media) {
    if (this.mode !== 'fmp4' || !VideoBuffer.plays(this.mime)) {
      return;
    }
    this.keepPicture();
    this.buffer?.close();
    this.epoch = media.epoch;
    this.buffer = new VideoBuffer(this.element, this.mime, () => this.videoFailed());
    this.buffer.begin(media.payload);
  }

  /** The stream is asked for once more from its beginning; then JPEG takes over. @private */
  videoFailed() {
    this.failures++;
    if (this.failures >= MAX_FAILURES) {
      this.wish('jpeg');
      return;
    }
    this.wish('none');
    setTimeout(() => this.wish('auto'), RETRY_MILLIS);
  }

  /** @param {import('./live.js').VideoWish} video @private */
  wish(video) {
    this.video = video;
    live.wishChanged();
  }

  /** @param {Media} media @private */
  async jpegArrived(media) {
    const number = ++this.jpegs;
    const isKnown = () => this.data.at(media.epoch, media.t)?.exact === true;
    const bitmap = await createImageBitmap(new Blob([media.payload], { type: 'image/jpeg' })).catch(() => null);
    if (bitmap && !isKnown()) {
      await new Promise((resolve) => setTimeout(resolve, HOLD_MILLIS));
    }
    if (bitmap && this.mode === 'jpeg' && number > this.jpegs - 8) {
      this.epoch = media.epoch;
      this.drawPicture(bitmap, bitmap.width, bitmap.height);
      this.shown(media.t);
    }
    bitmap?.close();
  }

  /** @private */
  onNextVideoFrame() {
    if ('requestVideoFrameCallback' in this.element) {
      this.element.requestVideoFrameCallback((_now, metadata) => this.videoFrameShown(metadata.mediaTime));
    } else {
      requestAnimationFrame(() => this.videoFrameShown(/** @type {HTMLVideoElement} */ (this.element).currentTime));
    }
  }

  /** @param {number} mediaTime @private */
  videoFrameShown(mediaTime) {
    if (!this.isConnected) {
      return;
    }
    if (this.buffer && !this.element.paused && this.element.videoWidth > 0) {
      this.size = { width: this.element.videoWidth, height: this.element.videoHeight };
      this.picture.hidden = true;
      this.shown(mediaTime);
    }
    this.onNextVideoFrame();
  }

  /** @param {number} t of the frame that is on the screen @private */
  shown(t) {
    this.shownAt = performance.now();
    this.drawn = { epoch: this.epoch, t, exact: false, boxes: [] };
    if (this.dataset.state !== 'live') {
      this.showState();
    }
    this.paint();
  }

  /** Copies the video's last frame, which would otherwise vanish with its source. @private */
  keepPicture() {
    if (this.buffer && this.element.videoWidth > 0 && this.element.readyState >= 2) {
      this.drawPicture(this.element, this.element.videoWidth, this.element.videoHeight);
    }
  }

  /** @param {CanvasImageSource} image @param {number} width @param {number} height @private */
  drawPicture(image, width, height) {
    this.size = { width, height };
    this.picture.width = width;
    this.picture.height = height;
    this.picture.hidden = false;
    this.picture.getContext('2d')?.drawImage(image, 0, 0, width, height);
  }

  /** The last picture of a stream that sends none now. @private */
  async showLastPicture() {
    const id = this.stream;
    const image = new Image();
    image.src = `/api/v1/streams/${encodeURIComponent(id)}/frame.jpg`;
    try {
      await image.decode();
    } catch {
      return;
    }
    if (id === this.stream && this.shownAt === 0 && this.isConnected) {
      this.drawPicture(image, image.naturalWidth, image.naturalHeight);
      this.showState();
      this.paint();
    }
  }

  /** @private */
  async readOpenIncidents() {
    const id = this.stream;
    try {
      const answer = await request('GET', `/incidents?state=open&stream=${encodeURIComponent(id)}`);
      if (id === this.stream) {
        answer.incidents.forEach((/** @type {import('./api.js').Incident} */ incident) => this.open.set(incident.id, incident));
      }
    } catch {
      // Incidents that start from now on are announced; the list has the others.
    }
  }

  /** @param {{phase: string, incident: import('./api.js').Incident}} message @private */
  incidentArrived({ phase, incident }) {
    if (incident.stream !== this.stream) {
      return;
    }
    if (phase === 'end') {
      this.open.delete(incident.id);
    } else {
      this.open.set(incident.id, incident);
    }
  }

  /** @returns {boolean} whether frames are shown now */
  get isLive() {
    const patience = Math.max(MIN_STALE_MILLIS, 3 * this.frameMillis);
    return live.connected && this.shownAt > 0 && performance.now() - this.shownAt < patience;
  }

  /** @private */
  showState() {
    const stream = store.stream(this.stream);
    const away = stream && !['online', 'degraded', 'starting'].includes(stream.state);
    const hasPicture = this.picture.width > 0 || this.shownAt > 0;
    const state = this.isLive ? 'live' : away ? 'offline' : hasPicture && this.shownAt > 0 ? 'stale' : 'connecting';
    this.dataset.mode = this.mode;
    this.dataset.picture = hasPicture ? 'yes' : 'no';
    const text = this.isLive ? '' : this.explanation(state, hasPicture);
    if (this.dataset.state !== state || this.note.textContent !== text) {
      this.dataset.state = state;
      this.note.textContent = text;
      this.overlay.setAttribute('aria-label', T.live.pictureOf(this.stream, T.live.states[state]));
      if (state !== 'live') {
        this.drawn = null;
        this.paint();
      }
    }
  }

  /** @param {string} state @param {boolean} hasPicture @returns {string} @private */
  explanation(state, hasPicture) {
    const stream = store.stream(this.stream);
    const age = this.shownAt > 0 ? (performance.now() - this.shownAt) / 1000 : store.age(stream?.lastFrameAt);
    const picture = hasPicture && !isNaN(age) ? T.live.lastPicture(duration(age)) : '';
    const why =
      state === 'offline' && stream
        ? T.live.away(T.states[stream.state] ?? stream.state, stream.reason)
        : store.isAway || !live.connected
          ? T.live.noConnection
          : state === 'stale'
            ? T.live.noFrames
            : hasPicture
              ? T.live.waitingAgain
              : T.live.waiting;
    return picture ? `${why}\n${picture}` : why;
  }

  /** Draws zones, masks and the boxes of the frame that is shown. @private */
  paint() {
    const canvas = clearCanvas(this.overlay);
    if (!canvas) {
      return;
    }
    const { context, width, height } = canvas;
    const area = contain(width, height, this.size.width, this.size.height);
    const incidents = [...this.open.values()];
    if (this.regions && this.dataset.picture === 'yes') {
      const { zones = [], masks = [] } = store.stream(this.stream)?.settings ?? {};
      drawRegions(context, area, [
        ...masks.map((mask) => ({ polygon: mask.polygon, mask: true })),
        ...zones.map((zone) => ({ ...zone, alarm: incidents.some((incident) => incident.zone === zone.name) })),
      ]);
    }
    const found = this.drawn && this.data.at(this.drawn.epoch, this.drawn.t);
    if (this.drawn && found) {
      this.drawn = { ...this.drawn, exact: found.exact, boxes: found.boxes };
      drawBoxes(context, area, found.frame.width, found.frame.height, drawnBoxes(found.boxes, (box) => this.labelOf(box)));
    }
  }

  /** @param {import('./live.js').LiveBox} box @private */
  labelOf(box) {
    const incident = box.track === null ? undefined : [...this.open.values()].find((open) => open.track === box.track);
    const label = `${box.label} ${box.confidence.toFixed(2)}`;
    if (!incident) {
      return label;
    }
    return `${label} \u00B7 ${stopwatch((serverNow() - Date.parse(incident.startedAt)) / 1000)}`;
  }
}

/**
 * How boxes are drawn: heads that never move in grey, with the number that the button for their mask has where there are several.
 * @param {import('./live.js').LiveBox[]} boxes
 * @param {(box: import('./live.js').LiveBox) => string} labelOf of the others
 * @returns {import('./overlay.js').DrawnBox[]}
 */
export function drawnBoxes(boxes, labelOf) {
  const still = staticHeads(boxes);
  return boxes.map((box) => {
    if (!box.static) {
      return { box: box.box, kind: box.kind, text: labelOf(box) };
    }
    const number = still.indexOf(box) + 1;
    return { box: box.box, kind: 'other', text: T.live.staticHead(number, still.length), number: still.length > 1 ? number : undefined };
  });
}

/** @param {EventTarget} target @param {string} type @param {(event: Event) => void} listener @returns {() => void} */
function listen(target, type, listener) {
  target.addEventListener(type, listener);
  return () => target.removeEventListener(type, listener);
}

customElements.define('hw-live', LivePicture);
