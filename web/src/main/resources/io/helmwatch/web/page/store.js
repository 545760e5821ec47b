import { request, query, serverNow, whenUnauthorized } from './api.js';
import { live } from './live.js';

/** @typedef {import('./api.js').Stream} Stream */

const STREAMS_EVERY_MILLIS = 5000;
const COUNTS_EVERY_MILLIS = 15000;
/** Longer lists of streams are read less often; what changes of them is sent. */
const MANY_STREAMS = 500;
const MANY_STREAMS_EVERY_MILLIS = 30000;
const READ_SOON_MILLIS = 400;
/** The server is away when the list of streams takes longer. */
const STREAMS_LIMIT_MILLIS = 15000;
export const MAX_COUNTED = 100;

/** What several parts of the page show: session, streams, numbers of incidents. Event "change" when any of it changes. */
class Store extends EventTarget {
  constructor() {
    super();
    /** @type {import('./api.js').Session | null} */
    this.session = null;
    /** @type {Stream[] | null} null until they are known */
    this.streams = null;
    /** Server's time of the newest list of streams. @private */
    this.streamsAt = 0;
    /** The streams by their id. @type {Map<string, Stream>} */
    this.byId = new Map();
    this.streamsTimer = 0;
    /** Lists of streams that are awaited. @private */
    this.readings = 0;
    /** Why the newest list of streams is not known; empty while it is. */
    this.problem = '';
    /** Incidents that nobody has acknowledged, counted up to a hundred. @type {number | null} */
    this.newIncidents = null;
    /** @type {{text: string, undo?: () => void} | null} */
    this.notice = null;
    this.connected = true;
    /** Whether the server ended a login that was in use. */
    this.loginEnded = false;
    this.timers = /** @type {number[]} */ ([]);
    this.noticeTimer = 0;
    this.countTimer = 0;
    whenUnauthorized(() => this.end());
    live.addEventListener('states', (event) => this.statesChanged(/** @type {CustomEvent} */ (event).detail));
    live.addEventListener('incident', () => this.countSoon());
    live.addEventListener('connection', () => {
      this.connected = live.connected;
      if (!live.connected && this.timers.length > 0) {
        // The login may have ended; the answer says so.
        this.refreshStreams();
      }
      this.changed();
    });
  }

  changed() {
    this.dispatchEvent(new Event('change'));
  }

  /** Asks who is logged in, and starts reading where that is enough. */
  async start() {
    this.session = await request('GET', '/session');
    if (this.mayRead()) {
      this.read();
    }
    this.changed();
  }

  /** @param {string} username @param {string} password */
  async login(username, password) {
    this.session = await request('POST', '/session', { username, password });
    this.loginEnded = false;
    this.read();
    this.changed();
  }

  async logout() {
    await request('DELETE', '/session');
    this.end();
    this.loginEnded = false;
    this.session = await request('GET', '/session');
    this.changed();
  }

  /** The server does not accept the session any more. */
  end() {
    this.timers.forEach(clearInterval);
    this.timers = [];
    live.stop();
    this.keepStreams(null);
    this.newIncidents = null;
    if (this.session) {
      this.loginEnded = this.loginEnded || this.session.user !== null;
      this.session = { ...this.session, user: null, login: 'required' };
    }
    this.changed();
  }

  /** @private */
  read() {
    this.timers.forEach(clearInterval);
    this.timers = [
      setInterval(() => document.hidden || this.readings > 0 || !this.areStreamsDue() || this.refreshStreams(), STREAMS_EVERY_MILLIS),
      setInterval(() => document.hidden || this.refreshCounts(), COUNTS_EVERY_MILLIS),
    ];
    live.start();
    this.refreshStreams();
    this.refreshCounts();
  }

  /** @private */
  areStreamsDue() {
    return (this.streams?.length ?? 0) < MANY_STREAMS || serverNow() - this.streamsAt >= MANY_STREAMS_EVERY_MILLIS;
  }

  /** @param {Stream[] | null} streams @private */
  keepStreams(streams) {
    this.streams = streams;
    this.byId = new Map((streams ?? []).map((stream) => [stream.id, stream]));
  }

  async refreshStreams() {
    this.readings++;
    try {
      this.keepStreams((await request('GET', '/streams', undefined, STREAMS_LIMIT_MILLIS)).streams);
      this.streamsAt = serverNow();
      this.problem = '';
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    } finally {
      this.readings--;
    }
    this.changed();
  }

  async refreshCounts() {
    try {
      const answer = await request('GET', '/incidents' + query({ state: 'new', limit: MAX_COUNTED }));
      this.newIncidents = answer.incidents.length;
      this.changed();
    } catch {
      // The numbers stay as they are; the list of streams says that the server is away.
    }
  }

  /** @private */
  countSoon() {
    clearTimeout(this.countTimer);
    this.countTimer = setTimeout(() => this.refreshCounts(), 400);
  }

  /** @param {{id: string, state: string, reason: string, since: string, analysedFps: number, latencyMillis: number}[]} messages */
  statesChanged(messages) {
    let isUnknown = false;
    for (const { id, state, reason, since, analysedFps, latencyMillis } of messages) {
      const stream = this.stream(id);
      if (stream) {
        Object.assign(stream, { state, reason, since, analysedFps, latencyMillis });
      } else {
        isUnknown = true;
      }
    }
    if (isUnknown && this.streams) {
      clearTimeout(this.streamsTimer);
      this.streamsTimer = setTimeout(() => this.refreshStreams(), READ_SOON_MILLIS);
    }
    this.changed();
  }

  /** @param {string} id @returns {Stream | undefined} */
  stream(id) {
    return this.byId.get(id);
  }

  /** @returns {string} when the newest list of streams was made; empty before */
  get readAt() {
    return this.streamsAt ? new Date(this.streamsAt).toISOString() : '';
  }

  /** @returns {string} name of the cluster that the service is part of; empty where it is part of none */
  get cluster() {
    return this.session?.cluster ?? '';
  }

  /** @param {Stream} stream a stream as the server has just answered it */
  replace(stream) {
    const others = (this.streams ?? []).filter((other) => other.id !== stream.id);
    this.keepStreams([...others, stream].sort((a, b) => (a.id < b.id ? -1 : 1)));
    this.changed();
  }

  /** @returns {boolean} whether the server is away, so that what is known of it is old */
  get isAway() {
    return !this.connected || this.problem !== '';
  }

  /** @returns {boolean} */
  mayRead() {
    return this.session !== null && (this.session.user !== null || this.session.login !== 'required');
  }

  /** @returns {string} viewer, operator or admin */
  get role() {
    return this.session?.user?.role ?? 'viewer';
  }

  /** @returns {boolean} */
  get mayOperate() {
    return this.role === 'operator' || this.role === 'admin';
  }

  /** @returns {boolean} */
  get mayAdminister() {
    return this.role === 'admin';
  }

  /** @param {string} text @param {() => void} [undo] */
  notify(text, undo) {
    this.notice = { text, undo };
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => this.dismiss(), undo ? 12000 : 6000);
    this.changed();
  }

  dismiss() {
    this.notice = null;
    this.changed();
  }

  /** @param {string | null | undefined} instant @returns {number} seconds since then, by the server's clock */
  age(instant) {
    return instant ? Math.max(0, (serverNow() - Date.parse(instant)) / 1000) : NaN;
  }

  /**
   * Age of a stream's latest frame in seconds, as of the list that names it; as of now where no list came since, so that it grows.
   * @param {string | null} instant
   */
  frameAge(instant) {
    const isRecent = serverNow() - this.streamsAt < 2 * STREAMS_EVERY_MILLIS;
    return instant && isRecent ? Math.max(0, (this.streamsAt - Date.parse(instant)) / 1000) : this.age(instant);
  }
}

export const store = new Store();
