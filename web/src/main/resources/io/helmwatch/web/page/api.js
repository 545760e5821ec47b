import { T } from './texts.js';

/**
 * @typedef {[number, number]} Corner fractions of the frame's width and height, from the top left
 * @typedef {[number, number, number, number]} Box left, top, right, bottom in pixels of the frame
 * @typedef {{name: string, polygon: Corner[]}} Zone
 * @typedef {{polygon: Corner[]}} Mask
 * @typedef {Record<string, unknown> & {name: string, kind: string, zones?: string[]}} Rule
 * @typedef {{zones?: Zone[], masks?: Mask[], rules?: Rule[]}} Regions
 * @typedef {Regions & Record<string, unknown>} Settings
 * @typedef {{id: string, url: string, origin: string, state: string, reason: string, reasonCode?: string, since: string,
 *   retries: number, size: {width: number, height: number} | null, codec: string | null, sourceFps: number | null,
 *   wantedFps: number, analysedFps: number, droppedFps: Record<string, number>, latencyMillis: number | null,
 *   lastFrameAt: string | null, openIncidents: number, masked: boolean, settings: Settings, node: string | null}} Stream
 * @typedef {{at: string, box: Box, confidence: number, label: string}} Position
 * @typedef {{id: string, stream: string, rule: string, kind: string, zone: string | null, polygon: {x: number, y: number}[], state: string,
 *   startedAt: string, endedAt: string | null, endReason: string | null, durationSeconds: number, confidence: number,
 *   people: number, track: number, snapshotAt?: string | null,
 *   acknowledged: {at: string, by: string, note: string} | null, snapshot: boolean, width: number, height: number,
 *   boxes: Position[], clip?: {from: string, to: string, masked: boolean} | null, node?: string | null, superseded?: boolean}} Incident
 * @typedef {{user: {name: string, role: string} | null, login: string, site: string, cluster: string | null, version: string}} Session
 * @typedef {{field: string, message: string}} FieldError
 */

/** An answer other than the one that was asked for; the message is a sentence for people. */
export class Problem extends Error {
  /**
   * @param {number} status HTTP status, 0 where no answer came
   * @param {string} message
   * @param {FieldError[]} errors
   * @param {number} retrySeconds when it may be tried again, 0 where the server does not say
   */
  constructor(status, message, errors = [], retrySeconds = 0) {
    super(message);
    this.status = status;
    this.errors = errors;
    this.retrySeconds = retrySeconds;
  }
}

/** Milliseconds that the server's clock is ahead of this one; the Date header has whole seconds. */
let clockAhead = 0;
let onUnauthorized = () => {};
/** An answer that takes longer does not come; tests of cameras and long reports take their time. */
const LONGEST_MILLIS = 60000;

/** @returns {number} the server's time, milliseconds since 1970 */
export function serverNow() {
  return Date.now() + clockAhead;
}

/** @param {() => void} listener called when the server does not accept the session any more */
export function whenUnauthorized(listener) {
  onUnauthorized = listener;
}

/**
 * @param {string} method
 * @param {string} path below /api/v1
 * @param {unknown} [body] sent as JSON
 * @param {number} [limitMillis] how long the answer may take
 * @returns {Promise<any>} the JSON of the answer, null where there is none
 */
export async function request(method, path, body, limitMillis = LONGEST_MILLIS) {
  const started = Date.now();
  let response;
  try {
    response = await fetch('/api/v1' + path, {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(limitMillis),
    });
  } catch {
    throw new Problem(0, T.error.unreachable);
  }
  readClock(response, started);
  if (response.ok) {
    return response.status === 204 ? null : response.json();
  }
  if (response.status === 401 && path !== '/session') {
    onUnauthorized();
  }
  throw await problemOf(response);
}

/** @param {Response} response @param {number} started */
function readClock(response, started) {
  const date = Date.parse(response.headers.get('Date') ?? '');
  const now = Date.now();
  if (date && now - started < 2000) {
    const ahead = date + 500 - (started + now) / 2;
    clockAhead = Math.abs(ahead) < 1500 ? 0 : ahead;
  }
}

/** @param {Response} response */
async function problemOf(response) {
  /** @type {Record<string, any>} */
  let body = {};
  try {
    body = await response.json();
  } catch {
    // An answer of something between the server and us: its status says enough.
  }
  const retry = Number(response.headers.get('Retry-After'));
  const sentence =
    response.status === 429 && retry ? T.error.retryAfter(retry) : asSentence(String(body.detail || body.title || T.error.status(response.status)));
  const errors = Array.isArray(body.errors) ? body.errors.map(fieldError) : [];
  return new Problem(response.status, sentence, errors, response.status === 429 ? retry : 0);
}

/**
 * A message of the server as a sentence of the page: programs get it without.
 * @param {string} message
 * @returns {string} with a capital letter and a full stop; unchanged where it begins with a name or an address, or has several lines
 */
export function asSentence(message) {
  if (message.includes('\n')) {
    return message;
  }
  const begun = /^[a-z]+ /.test(message) ? message[0].toUpperCase() + message.slice(1) : message;
  return /[\p{L}\p{N})]$/u.test(begun) ? `${begun}.` : begun;
}

/** @param {any} error @returns {FieldError} */
function fieldError(error) {
  const field = String(error.field ?? '').replace(/^streams\[\d+\](?: \([^)]*\))?\.?/, '');
  return { field, message: String(error.message ?? '') };
}

/** @param {string} id @returns {string} path of an incident below /api/v1; a slash of the id would end the path's segment */
export function incidentPath(id) {
  return `/incidents/${encodeURIComponent(id.replaceAll('/', '~'))}`;
}

/** @param {Record<string, string | number | undefined | null>} values @returns {string} "?a=b", empty without values */
export function query(values) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== '') {
      parameters.set(name, String(value));
    }
  }
  const text = parameters.toString();
  return text ? '?' + text : '';
}
