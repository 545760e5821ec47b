import { T } from './texts.js';

/** Names in the order that people expect: gate-2 before gate-10, whatever their capitals. */
export const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const clockShort = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

/** @param {Date} date */
function isToday(date) {
  return date.toDateString() === new Date().toDateString();
}

/** @param {string | null | undefined} instant @returns {string} local time of day with seconds, with the day where it is not today */
export function time(instant) {
  const date = new Date(instant ?? NaN);
  if (isNaN(date.getTime())) {
    return T.none;
  }
  return isToday(date) ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`;
}

/** @param {string | null | undefined} instant @returns {string} as time, without seconds */
export function minute(instant) {
  const date = new Date(instant ?? NaN);
  if (isNaN(date.getTime())) {
    return T.none;
  }
  return isToday(date) ? clockShort.format(date) : `${day.format(date)} ${clockShort.format(date)}`;
}

/** @param {string | null | undefined} instant @returns {string} local day, time and zone, for tooltips */
export function fullTime(instant) {
  const date = new Date(instant ?? NaN);
  if (isNaN(date.getTime())) {
    return '';
  }
  const text = full.format(date);
  return text.endsWith(` ${zone}`) ? text : `${text} (${zone})`;
}

/** @param {number | null | undefined} seconds @returns {string} 42 s, 3 min, 2 h 5 min, 4 d */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || isNaN(seconds)) {
    return T.none;
  }
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) {
    return `${whole} s`;
  }
  if (whole < 7200) {
    return `${Math.round(whole / 60)} min`;
  }
  if (whole < 172800) {
    const minutes = Math.round((whole % 3600) / 60);
    return minutes && whole < 36000 ? `${Math.floor(whole / 3600)} h ${minutes} min` : `${Math.round(whole / 3600)} h`;
  }
  return `${Math.round(whole / 86400)} d`;
}

/** @param {number | null | undefined} bytes */
export function bytes(bytes) {
  if (bytes === null || bytes === undefined) {
    return T.none;
  }
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** @param {number | null | undefined} share 0..1 @returns {string} with one digit */
export function percent(share) {
  return share === null || share === undefined || isNaN(share) ? T.none : `${(share * 100).toFixed(1)} %`;
}

/** @param {number} value @returns {string} a whole number with its thousands set apart */
export function count(value) {
  return value.toLocaleString('en-GB');
}

/** @param {string} codec as FFmpeg calls it @returns {string} as people call it */
export function codecName(codec) {
  return { h264: 'H.264', hevc: 'H.265', mjpeg: 'Motion JPEG', av1: 'AV1', mpeg4: 'MPEG-4' }[codec.toLowerCase()] ?? codec.toUpperCase();
}

/** @param {number | null | undefined} value */
export function rate(value) {
  return value === null || value === undefined ? T.none : value.toFixed(1);
}

/** @param {number} seconds @returns {string} 00:12 */
export function stopwatch(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  return `${String(minutes).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}
