import { html, nothing } from '/lib/lit-html/lit-html.js';
import { query, request } from './api.js';
import { DeskElement } from './element.js';
import { duration, percent } from './format.js';
import { replaceWith } from './route.js';
import { T } from './texts.js';

/**
 * @typedef {{helmet: number, bare: number, uncertain: number, frames: number, personSeconds: number, compliance: number | null,
 *   incidents: number, complied: number, timeToComplianceSeconds: number | null}} Figures
 * @typedef {{stream: string, zone: string | null, figures: Figures}} Zone
 * @typedef {{shift: string, stream: string | null, zone: string | null, figures: Figures}} Shift
 * @typedef {{stream: string, minutes: number, analysedMinutes: number, availability: number | null}} Camera
 * @typedef {{timeZone: string, total: Figures, zones: Zone[], shifts: Shift[], cameras: Camera[]}} Report
 */

const DAY_MILLIS = 24 * 3600000;
const DEFAULT_DAYS = 7;

/** @param {Date} date @returns {string} its local day, 2026-11-20 */
function dayOf(date) {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
}

/** Compliance, incidents and availability of cameras over days, to look at, to print, and as a table. */
class ReportPage extends DeskElement {
  static properties = { values: { attribute: false }, report: { state: true }, problem: { state: true } };

  constructor() {
    super();
    /** @type {Record<string, string>} */
    this.values = {};
    /** @type {Report | null} */
    this.report = null;
    this.problem = '';
    this.shown = '';
  }

  /** First and last day. */
  get days() {
    const { from, to } = this.values;
    return { from: from || dayOf(new Date(Date.now() - (DEFAULT_DAYS - 1) * DAY_MILLIS)), to: to || dayOf(new Date()) };
  }

  /** The days as times of the API; empty where a day is none. */
  get range() {
    const from = new Date(this.days.from + 'T00:00');
    const last = new Date(this.days.to + 'T00:00');
    if (isNaN(from.getTime()) || isNaN(last.getTime())) {
      return '';
    }
    const to = new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1);
    return query({ from: from.toISOString(), to: to.toISOString() });
  }

  updated() {
    if (this.range && this.range !== this.shown) {
      this.shown = this.range;
      this.load(this.range);
    }
  }

  /** @param {string} range */
  async load(range) {
    try {
      const report = await request('GET', '/report' + range);
      if (range === this.shown) {
        this.report = report;
        this.problem = '';
      }
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
  }

  /** @param {string} name @param {Event} event */
  choose(name, event) {
    replaceWith('report', '', { ...this.days, [name]: /** @type {HTMLInputElement} */ (event.target).value });
  }

  view() {
    return html`
      <div class="bar"><h1>${T.pages.report}</h1>
        ${['from', 'to'].map(
          (name) => html`<label>${T.report[name]} <input type="date" name=${name} .value=${this.days[/** @type {'from' | 'to'} */ (name)]}
            @change=${(/** @type {Event} */ event) => this.choose(name, event)}></label>`,
        )}
        <a class="button print" href=${'/api/v1/report.html' + this.range} target="_blank" rel="noopener">${T.report.print}</a>
        <a class="button export" href=${'/api/v1/report.csv' + this.range} download>${T.report.csv}</a></div>
      ${this.problem ? html`<p class="error" role="alert">${this.problem}</p>` : nothing}
      ${this.report ? this.content(this.report) : this.problem ? nothing : html`<p class="empty" role="status">${T.overview.loading}</p>`}
    `;
  }

  /** @param {Report} report */
  content({ timeZone, total, zones, shifts, cameras }) {
    const hasShifts = shifts.some(({ shift }) => shift);
    return html`<dl class="figures">
        <div><dt>${T.overview.compliance}</dt><dd>${percent(total.compliance)}</dd></div>
        <div><dt>${T.overview.incidents}</dt><dd>${total.incidents}</dd><dd class="facts">${T.report.complied(total.complied)}</dd></div>
        <div><dt>${T.overview.wait}</dt><dd>${duration(total.timeToComplianceSeconds)}</dd></div>
        <div><dt>${T.report.personHours}</dt><dd>${(total.personSeconds / 3600).toFixed(1)}</dd></div>
      </dl>
      <section class="card zones"><h2>${T.report.zones}</h2>${this.table([T.overview.zone], zones.map((row) => [[placeOf(row)], row.figures]))}</section>
      <section class="card shifts"><h2>${T.report.shifts}</h2>${
        hasShifts
          ? this.table([T.report.shift, T.overview.zone], shifts.map((row) => [[row.shift || T.report.outside, placeOf(row)], row.figures]))
          : html`<p class="empty">${T.report.noShifts}</p>`
      }<p class="hint">${T.report.timeZone(timeZone)}</p></section>
      <section class="card cameras"><h2>${T.report.cameras}</h2>
        <table class="list"><thead><tr><th scope="col">${T.report.camera}</th><th scope="col" class="number">${T.report.availability}</th><th scope="col" class="number">${T.report.minutes}</th></tr></thead>
        <tbody>${cameras.map(
          (camera) => html`<tr><th scope="row">${camera.stream}</th><td class="number" data-label=${T.report.availability}>${percent(camera.availability)}</td><td class="number" data-label=${T.report.minutes}>${T.overview.of(camera.analysedMinutes, camera.minutes)}</td></tr>`,
        )}</tbody></table></section>`;
  }

  /** @param {string[]} names @param {[string[], Figures][]} rows */
  table(names, rows) {
    if (rows.length === 0) {
      return html`<p class="empty">${T.overview.noData}</p>`;
    }
    const columns = [T.overview.compliance, T.report.helmet, T.report.bare, T.overview.incidents, T.overview.wait];
    return html`<div class="scroll"><table class="list"><thead><tr>${names.map((name) => html`<th scope="col">${name}</th>`)}
      ${columns.map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
      <tbody>${rows.map(
        ([texts, figures]) => html`<tr>${texts.map((text) => html`<th scope="row">${text}</th>`)}
          ${[percent(figures.compliance), figures.helmet, figures.bare, figures.incidents, duration(figures.timeToComplianceSeconds)].map(
            (value, i) => html`<td class="number" data-label=${columns[i]}>${value}</td>`,
          )}</tr>`,
      )}</tbody></table></div>`;
  }
}

/** @param {{stream: string | null, zone: string | null}} row */
function placeOf({ stream, zone }) {
  return stream === null ? T.report.allCameras : zone ? `${stream} \u00B7 ${zone}` : stream;
}

customElements.define('hw-report', ReportPage);
