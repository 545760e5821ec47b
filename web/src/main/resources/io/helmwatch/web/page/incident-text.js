import { T } from './texts.js';

/** @typedef {import('./api.js').Incident} Incident */

/** @param {Incident} incident @returns {string} class of its colour */
export function tintOf(incident) {
  return incident.superseded ? 'grey' : incident.state === 'open' ? 'red' : incident.acknowledged ? 'grey' : '';
}

/** @param {Incident} incident @returns {string} */
export function signOf(incident) {
  return incident.superseded ? '\u21BB' : incident.acknowledged ? '\u2713' : incident.state === 'open' ? '\u25B2' : '\u25CF';
}

/** @param {Incident} incident @returns {string} what happened, in a few words */
export function summaryOf(incident) {
  const what = incident.kind === 'occupancy' ? T.incident.people(incident.people) : (T.incident.kinds[incident.kind] ?? incident.kind);
  return incident.zone ? T.incident.inZone(what, incident.zone) : what;
}
