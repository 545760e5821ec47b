import { html, nothing } from '/lib/lit-html/lit-html.js';
import { query, request } from './api.js';
import './trend-chart.js';
import { byName, count, duration, percent } from './format.js';
import { ReloadingPage } from './reloading.js';
import { address } from './route.js';
import { store } from './store.js';
import { T } from './texts.js';
import { STATE_SIGNS, tintOfState } from './wall.js';

/**
 * @typedef {{stream: string, zone: string | null, hour: string, helmet: number, bare: number, uncertain: number, frames: number,
 *   incidents: number, timeToComplianceSeconds: number | null}} Row counts of an hour of a zone
 * @typedef {{helmet: number, bare: number, incidents: number}} Sum
 */

const DAYS = [1, 7, 30, 90];
const HOUR_MILLIS = 3600000;
const DAY_MILLIS = 24 * HOUR_MILLIS;
const HOURS = [...Array(24).keys()];
const REFRESH_MILLIS = 60000;
/** Below this share a cell has the strongest colour. */
const WORST_SHARE = 0.5;
const HEAT_STEPS = 6;
/** Cameras with a problem that are named. */
const MOST_CAMERAS = 20;

/** @param {Iterable<Row>} rows @returns {Sum} */
function sum(rows) {
  const total = { helmet: 0, bare: 0, incidents: 0 };
  for (const row of rows) {
    total.helmet += row.helmet;
    total.bare += row.bare;
    total.incidents += row.incidents;
  }
  return total;
}

/** Rows that count each head once: those of whole pictures, which contain those of zones. @param {Row[]} rows @returns {Row[]} */
function withoutOverlap(rows) {
  const whole = new Set(rows.filter(({ zone }) => zone === null).map(({ stream }) => stream));
  return rows.filter(({ stream, zone }) => zone === null || !whole.has(stream));
}

/** @param {Sum} sum @returns {number} NaN where nobody was seen */
const shareOf = ({ helmet, bare }) => helmet / (helmet + bare);

/** @param {number[]} values @returns {number} NaN of none */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Are we getting better? Compliance by zone and hour, its trend, incidents, health of the cameras. */
class Overview extends ReloadingPage {
  static properties = { days: { state: true }, rows: { state: true }, problem: { state: true } };

  constructor() {
    super(REFRESH_MILLIS);
    this.days = 7;
    /** Twice the period: the second half is shown, the first compared with. @type {Row[] | null} */
    this.rows = null;
    this.problem = '';
    this.now = Date.now();
  }

  async load() {
    const days = this.days;
    const now = Date.now();
    try {
      const range = { from: new Date(now - 2 * days * DAY_MILLIS).toISOString(), to: new Date(now).toISOString() };
      const answer = await request('GET', '/compliance' + query(range));
      if (days === this.days) {
        this.now = now;
        this.rows = answer.rows;
        this.problem = '';
      }
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
  }

  view() {
    return html`
      <div class="bar"><h1>${T.pages.overview}</h1>
        <select aria-label=${T.overview.period} @change=${this.choose}>${DAYS.map(
          (days) => html`<option value=${days} ?selected=${days === this.days}>${T.overview.lastDays(days)}</option>`,
        )}</select></div>
      ${this.alert(this.problem)}
      ${this.rows ? this.content(this.rows) : this.isNews(this.problem) ? nothing : html`<p class="empty" role="status">${T.overview.loading}</p>`}
    `;
  }

  /** @param {Row[]} all */
  content(all) {
    const start = this.now - this.days * DAY_MILLIS;
    const rows = all.filter(({ hour }) => Date.parse(hour) >= start);
    const before = all.filter(({ hour }) => Date.parse(hour) < start);
    return html`
      ${this.figures(withoutOverlap(rows), withoutOverlap(before))}
      <section class="card"><h2>${T.overview.heatMap}</h2>${this.heatMap(rows)}</section>
      <div class="two">
        <section class="card"><h2>${T.overview.trend}</h2>
          ${rows.length ? html`<hw-trend-chart .points=${this.trend(withoutOverlap(rows), start)} .days=${this.days}></hw-trend-chart>` : html`<p class="empty">${T.overview.noData}</p>`}</section>
        <section class="card"><h2>${T.overview.worst}</h2>${this.worst(rows)}</section>
      </div>
      <section class="card"><h2>${T.overview.cameras}</h2>${this.cameras()}</section>
    `;
  }

  /** @param {Row[]} rows @param {Row[]} before */
  figures(rows, before) {
    const now = sum(rows);
    const then = sum(before);
    const share = shareOf(now);
    const change = share - shareOf(then);
    const wait = median(rows.flatMap((row) => (row.timeToComplianceSeconds === null ? [] : [row.timeToComplianceSeconds])));
    const waitBefore = median(before.flatMap((row) => (row.timeToComplianceSeconds === null ? [] : [row.timeToComplianceSeconds])));
    const streams = store.streams ?? [];
    const up = streams.filter(({ state }) => state === 'online' || state === 'degraded').length;
    return html`<dl class="figures">
      <div><dt>${T.overview.compliance}</dt><dd>${percent(share)}</dd><dd class="facts">${isNaN(change) ? T.overview.nothingBefore : T.overview.points(change)}</dd></div>
      <div><dt>${T.overview.incidents}</dt><dd><a href=${address('incidents', '', { period: this.days === 1 ? '' : this.days === 7 ? '7d' : this.days === 30 ? '30d' : 'all' })}>${count(now.incidents)}</a></dd>
        <dd class="facts">${before.length ? T.overview.before(count(then.incidents)) : T.overview.nothingBefore}</dd></div>
      <div><dt>${T.overview.wait}</dt><dd>${isNaN(wait) ? T.none : duration(wait)}</dd><dd class="facts">${isNaN(wait) ? T.overview.noWait : isNaN(waitBefore) ? T.overview.median : T.overview.medianBefore(duration(waitBefore))}</dd></div>
      <div><dt>${T.overview.up}</dt><dd>${streams.length ? T.overview.of(up, streams.length) : T.none}</dd><dd class="facts">${T.overview.now}</dd></div>
    </dl>`;
  }

  /** @param {Row[]} rows */
  heatMap(rows) {
    if (rows.length === 0) {
      return html`<p class="empty">${T.overview.noData}</p>`;
    }
    const places = grouped(rows, placeOf);
    return html`<div class="scroll" tabindex="0" role="group" aria-label=${T.overview.heatMap}><table class="heat">
      <thead><tr><th scope="col">${T.overview.zone}</th>${HOURS.map((hour) => html`<th scope="col">${String(hour).padStart(2, '0')}</th>`)}</tr></thead>
      <tbody>${[...places].sort(([a], [b]) => byName.compare(a, b)).map(([place, own]) => {
        const hours = grouped(own, ({ hour }) => new Date(hour).getHours());
        return html`<tr><th scope="row" title=${place}>${place}</th>${HOURS.map((hour) => this.cell(place, hour, sum(hours.get(hour) ?? [])))}</tr>`;
      })}</tbody></table></div>
      <p class="legend">${T.overview.legend} <span class="heat-scale" aria-hidden="true">${[...Array(HEAT_STEPS).keys()].map((step) => html`<i class="heat-${step}"></i>`)}</span> ${T.overview.legendWorst}</p>`;
  }

  /** @param {string} place @param {number} hour @param {Sum} sum */
  cell(place, hour, sum) {
    const share = shareOf(sum);
    if (isNaN(share)) {
      return html`<td class="no-data" title=${T.overview.cellEmpty(place, hour)}>\u00B7</td>`;
    }
    const step = Math.min(HEAT_STEPS - 1, Math.ceil(((1 - share) / (1 - WORST_SHARE)) * (HEAT_STEPS - 1)));
    return html`<td class="heat-${step}" title=${T.overview.cell(place, hour, percent(share), sum.helmet + sum.bare, sum.incidents)}>${Math.floor(share * 100)}</td>`;
  }

  /** @param {Row[]} rows */
  worst(rows) {
    const places = [...grouped(rows, placeOf)].map(([place, own]) => ({ place, total: sum(own), row: own[0] }));
    const worst = places.filter(({ total }) => !isNaN(shareOf(total))).sort((a, b) => shareOf(a.total) - shareOf(b.total)).slice(0, 8);
    if (worst.length === 0) {
      return html`<p class="empty">${T.overview.noData}</p>`;
    }
    return html`<table class="list"><thead><tr><th scope="col">${T.overview.zone}</th><th scope="col" class="number">${T.overview.compliance}</th><th scope="col" class="number">${T.overview.incidents}</th></tr></thead>
      <tbody>${worst.map(
        ({ place, total, row }) => html`<tr><th scope="row"><a href=${address('incidents', '', { stream: row.stream, zone: row.zone ?? '', period: '30d' })}>${place}</a></th>
          <td class="number">${percent(shareOf(total))}</td><td class="number">${count(total.incidents)}</td></tr>`,
      )}</tbody></table>`;
  }

  cameras() {
    const streams = store.streams ?? [];
    const bad = streams.filter(({ state }) => state !== 'online');
    if (streams.length === 0) {
      return html`<p class="empty">${T.wall.none}</p>`;
    }
    if (bad.length === 0) {
      return html`<p>${T.overview.allOnline(streams.length)}</p>`;
    }
    return html`<ul>${bad.slice(0, MOST_CAMERAS).map(
      (stream) => html`<li class="trouble"><span class=${tintOfState(stream.state)} aria-hidden="true">${STATE_SIGNS[stream.state] ?? '?'}</span>
        <a href=${address('cameras', stream.id, { tab: 'health' })}>${stream.id}</a> ${T.overview.trouble(T.states[stream.state] ?? stream.state, stream.reason || T.health.noReason, duration(store.age(stream.since)))}</li>`,
    )}</ul>
    ${bad.length > MOST_CAMERAS ? html`<p><a href="#/cameras">${T.overview.more(bad.length - MOST_CAMERAS)}</a></p>` : nothing}`;
  }

  /** By hour for a day, by day for longer. @param {Row[]} rows @param {number} start */
  trend(rows, start) {
    const length = this.days === 1 ? HOUR_MILLIS : DAY_MILLIS;
    const bucketOf = (/** @type {number} */ millis) => {
      const date = new Date(millis);
      return length === HOUR_MILLIS ? date.setMinutes(0, 0, 0) : date.setHours(0, 0, 0, 0);
    };
    const buckets = grouped(rows, ({ hour }) => bucketOf(Date.parse(hour)));
    const points = [];
    for (let at = start; at <= this.now; at += length) {
      const bucket = bucketOf(at);
      const total = sum(buckets.get(bucket) ?? []);
      const share = shareOf(total);
      points.push({ at: bucket / 1000, share: isNaN(share) ? null : share * 100, incidents: total.incidents });
    }
    return points;
  }

  /** @param {Event} event */
  choose(event) {
    this.days = Number(/** @type {HTMLSelectElement} */ (event.target).value);
    this.rows = null;
    this.load();
  }
}

/** @param {Row} row */
function placeOf({ stream, zone }) {
  return zone ? `${stream} \u00B7 ${zone}` : stream;
}

/** @template K @param {Row[]} rows @param {(row: Row) => K} keyOf @returns {Map<K, Row[]>} */
function grouped(rows, keyOf) {
  /** @type {Map<K, Row[]>} */
  const groups = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) {
      group.push(row);
    } else {
      groups.set(key, [row]);
    }
  }
  return groups;
}

customElements.define('hw-overview', Overview);
