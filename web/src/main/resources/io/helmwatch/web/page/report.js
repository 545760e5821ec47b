import { html, nothing } from '/lib/lit-html/lit-html.js';
import { query, request } from './api.js';
import { DeskElement } from './element.js';
import { byName, count, duration, percent } from './format.js';
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
/** As many as the server reports at a time. */
const MOST_DAYS = 400;

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
    const usual = daysOf('7d');
    return { from: from || usual.from, to: to || usual.to };
  }

  /** What is wrong with the days; empty where nothing is. */
  get daysProblem() {
    const length = (Date.parse(this.days.to) - Date.parse(this.days.from)) / DAY_MILLIS;
    return length < 0 ? T.report.reversed : length >= MOST_DAYS ? T.report.tooLong(MOST_DAYS) : '';
  }

  /** The days as the API takes them, in the server's time zone; empty where a day is none, or where there is no report of them. */
  get range() {
    const { from, to } = this.days;
    const end = new Date(Date.parse(to) + DAY_MILLIS);
    return isNaN(Date.parse(from)) || isNaN(end.getTime()) || this.daysProblem ? '' : query({ from, to: end.toISOString().slice(0, 10) });
  }

  /** Name of the period that the days are. */
  get period() {
    const own = JSON.stringify(this.days);
    return ['7d', 'month', 'before'].find((name) => JSON.stringify(daysOf(name)) === own) ?? 'own';
  }

  updated() {
    if (this.daysProblem) {
      this.shown = '';
    } else if (this.range && this.range !== this.shown) {
      this.shown = this.range;
      this.load(this.range);
    }
  }

  /** @param {string} range */
  async load(range) {
    this.report = null;
    this.problem = '';
    try {
      const report = await request('GET', '/report' + range);
      if (range === this.shown) {
        this.report = report;
        this.problem = '';
      }
    } catch (problem) {
      if (range === this.shown) {
        this.problem = /** @type {Error} */ (problem).message;
      }
    }
  }

  /** @param {Event} event */
  choosePeriod(event) {
    replaceWith('report', '', daysOf(/** @type {HTMLSelectElement} */ (event.target).value));
  }

  /** Opens the report and the browser's printing; where that is not possible, the link does what links do. @param {Event} event */
  print(event) {
    const opened = window.open(/** @type {HTMLAnchorElement} */ (event.target).href);
    if (opened) {
      event.preventDefault();
      opened.addEventListener('load', () => opened.print());
    }
  }

  /** @param {string} name @param {Event} event */
  choose(name, event) {
    replaceWith('report', '', { ...this.days, [name]: /** @type {HTMLInputElement} */ (event.target).value });
  }

  view() {
    return html`
      <div class="bar"><h1>${T.pages.report}</h1>
        <select aria-label=${T.report.period} @change=${this.choosePeriod}>${['7d', 'month', 'before', ...(this.period === 'own' ? ['own'] : [])].map(
          (name) => html`<option value=${name} .selected=${name === this.period}>${T.report.periods[name]}</option>`,
        )}</select>
        ${['from', 'to'].map(
          (name) => html`<label>${T.report[name]} <input type="date" name=${name} .value=${this.days[/** @type {'from' | 'to'} */ (name)]}
            @change=${(/** @type {Event} */ event) => this.choose(name, event)}></label>`,
        )}
        ${
          this.range
            ? html`<span class="actions export"><a class="button print" href=${'/api/v1/report.html' + this.range} target="_blank" @click=${this.print}>${T.report.print}</a>
                <a class="button table" href=${'/api/v1/report.csv' + this.range} download>${T.report.csv}</a></span>`
            : nothing
        }</div>
      ${this.alert(this.daysProblem || this.problem)}
      ${this.daysProblem || this.isNews(this.problem) ? nothing : this.report ? this.content(this.report) : html`<p class="empty" role="status">${T.overview.loading}</p>`}
    `;
  }

  /** @param {Report} report */
  content({ timeZone, total, zones, shifts, cameras }) {
    const hasShifts = shifts.some(({ shift }) => shift);
    /** @type {[string, Shift[]][]} */
    const groups = [...new Set(shifts.map(({ shift }) => shift))].map((name) => [name || T.report.outside, shifts.filter(({ shift }) => shift === name)]);
    return html`<dl class="figures">
        <div><dt>${T.overview.compliance}</dt><dd>${percent(total.compliance)}</dd></div>
        <div><dt>${T.overview.incidents}</dt><dd>${count(total.incidents)}</dd><dd class="facts">${T.report.complied(total.complied)}</dd></div>
        <div><dt>${T.overview.wait}</dt><dd>${duration(total.timeToComplianceSeconds)}</dd><dd class="facts">${T.overview.median}</dd></div>
        <div><dt>${T.report.personHours}</dt><dd>${(total.personSeconds / 3600).toFixed(1)}</dd><dd class="facts">${T.report.observed}</dd></div>
      </dl>
      <section class="card zones"><h2>${T.report.zones}</h2>${this.table([['', zones]])}</section>
      <section class="card shifts"><h2>${T.report.shifts}</h2>${
        hasShifts ? this.table(groups) : html`<p class="empty">${shifts.length ? T.report.noShifts : T.report.noData}</p>`
      }<p class="hint">${T.report.timeZone(timeZone)}</p></section>
      <section class="card cameras"><h2>${T.report.cameras}</h2>
        <table class="list report"><thead><tr><th scope="col">${T.report.camera}</th><th scope="col" class="number">${T.report.availability}</th><th scope="col" class="number">${T.report.minutes}</th></tr></thead>
        <tbody>${[...cameras].sort((a, b) => byName.compare(a.stream, b.stream)).map(
          (camera) => html`<tr><th scope="row">${camera.stream}</th><td class="number" data-label=${T.report.availability}>${percent(camera.availability)}</td><td class="number" data-label=${T.report.minutes}>${camera.minutes ? T.overview.of(count(camera.analysedMinutes), count(camera.minutes)) : T.none}</td></tr>`,
        )}</tbody></table></section>`;
  }

  /** @param {[string, (Zone | Shift)[]][]} groups rows with the name of their group; empty where there is one group without a name */
  table(groups) {
    if (groups.every(([, rows]) => rows.length === 0)) {
      return html`<p class="empty">${T.report.noData}</p>`;
    }
    const columns = [T.overview.compliance, T.report.helmet, T.report.bare, T.overview.incidents, T.overview.wait];
    return html`<div class="scroll"><table class="list report"><thead><tr><th scope="col">${T.overview.zone}</th>
      ${columns.map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
      ${groups.map(
        ([name, rows]) => html`<tbody>${name ? html`<tr><th scope="rowgroup" class="group" colspan=${columns.length + 1}>${name}</th></tr>` : nothing}
          ${[...rows].sort(byPlace).map((row) => this.row(row, columns))}</tbody>`,
      )}</table></div>`;
  }

  /** @param {Zone | Shift} row @param {string[]} columns */
  row(row, columns) {
    const { compliance, helmet, bare, incidents, timeToComplianceSeconds } = row.figures;
    return html`<tr class=${row.stream === null ? 'sum' : ''}><th scope="row">${placeOf(row)}</th>
      ${[percent(compliance), count(helmet), count(bare), count(incidents), duration(timeToComplianceSeconds)].map(
        (value, i) => html`<td class="number" data-label=${columns[i]}>${value}</td>`,
      )}</tr>`;
  }
}

/** @param {string} period 7d, month or before @returns {{from: string, to: string}} its first and last day */
function daysOf(period) {
  const now = new Date();
  const day = (/** @type {number} */ month, /** @type {number} */ date) => dayOf(new Date(now.getFullYear(), now.getMonth() + month, date));
  return period === 'month'
    ? { from: day(0, 1), to: dayOf(now) }
    : period === 'before'
      ? { from: day(-1, 1), to: day(0, 0) }
      : { from: day(0, now.getDate() - DEFAULT_DAYS + 1), to: dayOf(now) };
}

/** The sum first, a camera before its zones. @param {Zone | Shift} a @param {Zone | Shift} b */
function byPlace(a, b) {
  return byName.compare(a.stream ?? '', b.stream ?? '') || byName.compare(a.zone ?? '', b.zone ?? '');
}

/** @param {{stream: string | null, zone: string | null}} row */
function placeOf({ stream, zone }) {
  return stream === null ? T.report.allCameras : zone ? `${stream} \u00B7 ${zone}` : stream;
}

customElements.define('hw-report', ReportPage);
