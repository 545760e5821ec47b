import { html, nothing } from '/lib/lit-html/lit-html.js';
import { repeat } from '/lib/lit-html/directives/repeat.js';
import { query, request } from './api.js';
import { DeskElement } from './element.js';
import { byName, duration, fullTime, minute } from './format.js';
import './incident.js';
import { signOf, summaryOf, tintOf } from './incident-text.js';
import { live } from './live.js';
import { address, replaceWith } from './route.js';
import { shortcuts } from './shortcuts.js';
import { store } from './store.js';
import { T } from './texts.js';

/** @typedef {import('./api.js').Incident} Incident */

const PAGE_SIZE = 50;
const MOST_OPTIONS = 200;
const STATES = /** @type {const} */ (['all', 'new', 'open', 'acknowledged']);
const PERIODS = /** @type {const} */ (['24h', 'today', '7d', '30d', 'all']);

/** The list of incidents with the selected one beside it. */
class Incidents extends DeskElement {
  static properties = {
    selected: {},
    filters: {},
    incidents: { state: true },
    problem: { state: true },
  };

  constructor() {
    super();
    /** Id of the incident beside the list. */
    this.selected = '';
    /** @type {Record<string, string>} */
    this.filters = {};
    /** @type {Incident[] | null} */
    this.incidents = null;
    /** @type {number | null} */
    this.total = null;
    /** @type {string | null} */
    this.next = null;
    /** Shown until one is chosen; stays when newer ones arrive, so that nobody's note ends at another incident. */
    this.unchosen = '';
    this.problem = '';
    this.loaded = '';
    this.timer = 0;
    this.removeShortcuts = () => {};
    this.changedSoon = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(), 500);
    };
  }

  connectedCallback() {
    super.connectedCallback();
    live.addEventListener('incident', this.changedSoon);
    this.removeShortcuts = shortcuts.add([
      { keys: 'j', text: T.keys.next, action: () => this.step(1) },
      { keys: 'k', text: T.keys.previous, action: () => this.step(-1) },
      { keys: 'a', text: T.keys.acknowledge, action: () => this.detail?.acknowledge() },
      { keys: 'u', text: T.keys.undo, action: () => this.detail?.undoAcknowledgement() },
      { keys: 'n', text: T.keys.note, action: () => this.detail?.focusNote() },
    ]);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    live.removeEventListener('incident', this.changedSoon);
    clearTimeout(this.timer);
    this.removeShortcuts();
  }

  /** @returns {import('./incident.js').IncidentDetail | null} */
  get detail() {
    return this.querySelector('hw-incident');
  }

  updated() {
    this.toggleAttribute('data-chosen', this.selected !== '');
    const wanted = JSON.stringify(this.filters);
    if (wanted !== this.loaded) {
      this.loaded = wanted;
      this.load();
    }
  }

  /** @param {string} [cursor] */
  parameters(cursor) {
    const { stream = '', zone = '', rule = '', state = '', period = '24h' } = this.filters;
    return { from: startOf(period), stream, zone, rule, state: state === 'all' ? '' : state, limit: PAGE_SIZE, cursor };
  }

  /** The first page again. */
  async load() {
    try {
      const answer = await request('GET', '/incidents' + query(this.parameters()));
      this.total = answer.total ?? null;
      this.next = answer.next ?? null;
      this.incidents = answer.incidents;
      if (!answer.incidents.some((/** @type {Incident} */ { id }) => id === this.unchosen)) {
        this.unchosen = answer.incidents[0]?.id ?? '';
      }
      this.problem = '';
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
  }

  async more() {
    try {
      const answer = await request('GET', '/incidents' + query(this.parameters(this.next ?? '')));
      this.next = answer.next ?? null;
      this.incidents = [...(this.incidents ?? []), ...answer.incidents];
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
  }

  view() {
    const shown = this.selected || (matchMedia('(min-width: 900px)').matches ? this.unchosen : '');
    return html`
      <div class="bar">
        <h1>${T.pages.incidents}</h1>
        ${this.filter('period', T.filters.period, PERIODS.map((period) => [period, T.filters.periods[period]]), '24h')}
        ${this.filter('stream', T.filters.camera, this.names((store.streams ?? []).map(({ id }) => id), T.filters.allCameras))}
        ${this.filter('zone', T.filters.zone, this.names(this.zones(), T.filters.allZones))}
        ${this.filter('rule', T.filters.rule, this.names(this.rules(), T.filters.allRules))}
        ${this.filter('state', T.filters.state, STATES.map((state) => [state, T.filters.states[state]]), 'all')}
        <a class="button export" href=${'/api/v1/incidents.csv' + query({ ...this.parameters(), limit: undefined })} download>${T.filters.export}</a>
      </div>
      <p class="hidden" role="status">${this.incidents ? T.filters.found(this.total ?? this.incidents.length) : ''}</p>
      ${this.alert(this.problem)}
      ${this.incidents === null && !this.isNews(this.problem) ? html`<p class="empty" role="status">${T.filters.loading}</p>` : nothing}
      ${this.incidents?.length === 0 && !this.selected ? this.empty() : nothing}
      ${this.incidents?.length || this.selected ? this.both(this.incidents ?? [], shown) : nothing}
    `;
  }

  /** @param {Incident[]} incidents @param {string} shown */
  both(incidents, shown) {
    return html`<div class="incidents ${this.selected ? 'chosen' : ''}">
      <div class="incident-list">
        <ul aria-label=${T.pages.incidents}>${repeat(incidents, ({ id }) => id, (incident) => this.item(incident, incident.id === shown))}</ul>
        ${incidents.length === 0 ? this.empty() : nothing}
        ${this.next ? html`<button @click=${this.more}>${T.filters.more}</button>` : nothing}
      </div>
      <hw-incident .incident=${shown} .filters=${this.filters} .hasVideos=${incidents.some(({ clip }) => clip)} @changed=${() => this.load()}></hw-incident>
    </div>`;
  }

  /** @param {Incident} incident @param {boolean} isShown */
  item(incident, isShown) {
    return html`<li><a class="item ${tintOf(incident)}" href=${address('incidents', incident.id, this.filters)} aria-current=${isShown ? 'true' : 'false'}>
      <span class="sign" aria-hidden="true">${signOf(incident)}</span>
      <time title=${fullTime(incident.startedAt)} datetime=${incident.startedAt}>${minute(incident.startedAt)}</time>
      <span class="what"><b>${incident.stream}</b> ${summaryOf(incident)}
        ${incident.superseded ? html`<span class="tag superseded" title=${T.incident.supersededHint}>${T.incident.superseded}</span>` : nothing}</span>
      <span class="long">${incident.state === 'open' ? T.incident.open : duration(incident.durationSeconds)}</span>
      <span class="hidden">${incident.acknowledged ? T.incident.isAcknowledged : T.incident.isNew}</span>
    </a></li>`;
  }

  /**
   * @param {string} name
   * @param {string} label
   * @param {[string, string][]} options
   * @param {string} usual
   */
  filter(name, label, options, usual = '') {
    if (options.length < 2) {
      return nothing;
    }
    const value = this.filters[name] ?? usual;
    if (options.length > MOST_OPTIONS) {
      return this.longFilter(name, label, options, value);
    }
    return html`<select aria-label=${label} name=${name} @change=${(/** @type {Event} */ event) => this.choose(name, /** @type {HTMLSelectElement} */ (event.target).value, usual)}>
      ${options.map(([key, text]) => html`<option value=${key} ?selected=${key === value}>${text}</option>`)}
    </select>`;
  }

  /**
   * A list that is too long to choose from: what is typed is chosen once it is one of the options.
   * @param {string} name
   * @param {string} label
   * @param {[string, string][]} options
   * @param {string} value
   */
  longFilter(name, label, options, value) {
    const found = (/** @type {string} */ text) => text === '' || options.some(([key]) => key === text);
    return html`<input type="search" name=${name} aria-label=${label} placeholder=${options[0][1]} .value=${value}
      @change=${(/** @type {Event} */ event) => {
        const text = /** @type {HTMLInputElement} */ (event.target).value.trim();
        if (found(text)) {
          this.choose(name, text, '');
        }
      }}>`;
  }

  /** @param {string[]} names @param {string} all @returns {[string, string][]} */
  names(names, all) {
    return [['', all], .../** @type {[string, string][]} */ ([...new Set(names)].sort(byName.compare).map((name) => [name, name]))];
  }

  zones() {
    const configured = (store.streams ?? []).flatMap((stream) => (stream.settings?.zones ?? []).map(({ name }) => name));
    return [...configured, ...(this.filters.zone ? [this.filters.zone] : [])];
  }

  rules() {
    const configured = (store.streams ?? []).flatMap((stream) => (stream.settings?.rules ?? []).map(({ name }) => name));
    return [...configured, ...(this.filters.rule ? [this.filters.rule] : [])];
  }

  /** @param {string} name @param {string} value @param {string} usual */
  choose(name, value, usual) {
    replaceWith('incidents', '', { ...this.filters, [name]: value === usual ? '' : value });
  }

  /** Why the list is empty, and what to do. */
  empty() {
    const hasRules = (store.streams ?? []).some((stream) => (stream.settings?.rules ?? []).length > 0);
    const isFiltered = Object.values(this.filters).some((value) => value !== '');
    if (!hasRules && store.streams) {
      return html`<div class="empty"><p>${T.filters.noRules}</p><a class="button" href="#/cameras">${T.filters.toCameras}</a></div>`;
    }
    return html`<div class="empty"><p>${isFiltered ? T.filters.noneMatch : T.filters.noneNow}</p>
      <button @click=${() => replaceWith('incidents', '', { period: 'all' })}>${T.filters.showAll}</button></div>`;
  }

  /** @param {number} by */
  step(by) {
    const all = this.incidents ?? [];
    const now = all.findIndex(({ id }) => id === (this.selected || this.unchosen));
    const next = all[Math.min(all.length - 1, Math.max(0, now + by))];
    if (next) {
      replaceWith('incidents', next.id, this.filters);
      this.updateComplete.then(() => this.querySelector('[aria-current=true]')?.scrollIntoView({ block: 'nearest' }));
    }
    if (now + by >= all.length - 1 && this.next) {
      this.more();
    }
  }
}

/** @param {string} period @returns {string} instant, empty for all */
function startOf(period) {
  const hours = { '24h': 24, '7d': 168, '30d': 720 }[period];
  if (period === 'all') {
    return '';
  }
  if (hours) {
    return new Date(Date.now() - hours * 3600000).toISOString();
  }
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  return midnight.toISOString();
}

customElements.define('hw-incidents', Incidents);
