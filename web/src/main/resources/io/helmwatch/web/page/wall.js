import { html, nothing } from '/lib/lit-html/lit-html.js';
import { repeat } from '/lib/lit-html/directives/repeat.js';
import { DeskElement } from './element.js';
import { byName, duration, fullTime, rate, time } from './format.js';
import './live-picture.js';
import { address, goTo } from './route.js';
import { store } from './store.js';
import { T } from './texts.js';

/** @typedef {import('./api.js').Stream} Stream */

const SIZES = [1, 4, 9, 16];
const SIZE_KEY = 'helmwatch-wall';

/** Symbol and words of a state; colour is added by its class. */
export const STATE_SIGNS = /** @type {Record<string, string>} */ ({
  online: '\u25CF',
  degraded: '\u25D0',
  offline: '\u25CB',
  starting: '\u25CC',
  ended: '\u25A0',
  failed: '\u2715',
  stale: '\u25CB',
});

/** @param {string} state of a stream @returns {string} class of its colour */
export function tintOfState(state) {
  return state === 'online' ? 'green' : state === 'degraded' ? 'amber' : state === 'failed' ? 'red' : 'grey';
}

/** @param {Stream} stream @returns {boolean} */
export function hasProblem(stream) {
  return stream.openIncidents > 0 || !['online', 'starting'].includes(stream.state);
}

/** One camera on the wall. */
class Tile extends DeskElement {
  static properties = { stream: {}, shown: { state: true } };

  constructor() {
    super();
    /** @type {string} */
    this.stream = '';
    /** State of the picture itself. @type {string} */
    this.shown = 'connecting';
    /** @type {MutationObserver | null} */
    this.observer = null;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.observer?.disconnect();
  }

  firstUpdated() {
    const picture = this.child('hw-live');
    this.observer = new MutationObserver(() => {
      this.shown = picture.dataset.state ?? 'connecting';
    });
    this.observer.observe(picture, { attributes: true, attributeFilter: ['data-state'] });
  }

  updated() {
    this.dataset.stream = this.stream;
    /** @type {import('./live-picture.js').LivePicture} */ (this.child('hw-live')).show(this.stream);
  }

  view() {
    const stream = store.stream(this.stream);
    const state = stream?.state ?? 'starting';
    const alarm = (stream?.openIncidents ?? 0) > 0;
    return html`
      <article class="tile ${alarm ? 'alarm' : ''}">
        <h2><a href=${address('cameras', this.stream)} title=${this.stream}>${this.stream}</a>
          ${stream?.node ? html`<span class="facts node">${stream.node}</span>` : nothing}
          ${alarm ? html`<span class="tag red">\u25B2 ${T.wall.openIncidents(stream?.openIncidents ?? 0)}</span>` : nothing}
          ${this.status(stream, state)}</h2>
        <hw-live @click=${() => goTo('cameras', this.stream)}></hw-live>
        ${stream ? this.dropped(stream) : nothing}
      </article>
    `;
  }

  /** @param {Stream | undefined} stream @param {string} state */
  status(stream, state) {
    if (!stream) {
      return nothing;
    }
    if (store.isAway) {
      return html`<span class="status grey" title=${fullTime(store.readAt)}>${STATE_SIGNS.stale} ${T.wall.unknown}</span>`;
    }
    // Not known in the first seconds; a stream of which nothing is analysed for longer is degraded, with the reason.
    const analysed = stream.analysedFps > 0 ? rate(stream.analysedFps) : '\u2013';
    const rates = `${analysed} fps${stream.latencyMillis === null ? '' : ` \u00B7 ${Math.round(stream.latencyMillis)} ms`}`;
    if (state === 'online') {
      const isLive = this.shown === 'live';
      const sign = isLive ? STATE_SIGNS.online : STATE_SIGNS.stale;
      return html`<span class="status ${isLive ? 'green' : 'grey'}" title=${T.wall.ratesTitle}>${sign}
        ${isLive ? T.wall.live : T.wall.pictures[this.shown] ?? this.shown} <span class="rates">${rates}</span></span>`;
    }
    const text = state === 'degraded' ? T.wall.degradedFor(stream.reason, duration(store.age(stream.since))) : T.wall.since(T.states[state] ?? state, time(stream.since));
    return html`<span class="status ${tintOfState(state)}" title=${`${stream.reason || text}\n${fullTime(stream.since)}`}>${STATE_SIGNS[state] ?? '?'} ${text}</span>`;
  }

  /** What is dropped, and why. @param {Stream} stream */
  dropped(stream) {
    const causes = Object.entries(stream.droppedFps ?? {}).filter(([cause, fps]) => cause !== 'sampled' && fps >= 0.05);
    if (causes.length === 0 || store.isAway) {
      return nothing;
    }
    const text = T.wall.dropped(causes.map(([cause, fps]) => T.wall.cause(rate(fps), T.causes[cause] ?? cause)).join(', '));
    return html`<p class="dropped" title=${text}>${T.sign.warning} ${text}</p>`;
  }
}

/** All cameras at once. */
class Wall extends DeskElement {
  static properties = { size: { state: true }, zone: { state: true }, problemsOnly: { state: true }, first: { state: true } };

  constructor() {
    super();
    /** Number of cameras that are shown at a time; 0 is chosen by their number. */
    this.size = Number(localStorage.getItem(SIZE_KEY)) || 0;
    this.zone = '';
    this.problemsOnly = false;
    this.first = 0;
  }

  view() {
    const all = store.streams;
    if (!all) {
      return html`<p class="empty" role="status">${store.problem || T.loadingCameras}</p>`;
    }
    if (all.length === 0) {
      return html`<div class="empty"><h1>${T.wall.none}</h1><p>${store.mayAdminister ? T.wall.addFirst : T.wall.askAdmin}</p>
        ${store.mayAdminister ? html`<a class="button primary" href="#/setup">${T.setup.add}</a>` : nothing}</div>`;
    }
    const matching = all.filter((stream) => this.isWanted(stream));
    const size = this.size || SIZES.find((count) => count >= all.length) || 16;
    const first = Math.min(this.first, Math.max(0, Math.ceil(matching.length / size) - 1) * size);
    const shown = matching.slice(first, first + size);
    return html`
      <h1 class="hidden">${T.pages.wall}</h1>
      <div class="bar">
        <div class="choice" role="group" aria-label=${T.wall.sizes}>${SIZES.map(
          (count) => html`<button aria-pressed=${size === count} @click=${() => this.choose(count)}>${count}</button>`,
        )}</div>
        ${this.zones(all)}
        <label class="check"><input type="checkbox" .checked=${this.problemsOnly} @change=${this.toggleProblems}> ${T.wall.problemsOnly}</label>
        ${matching.length > size ? this.pages(matching.length, first, size) : nothing}
        <p class="facts" role="status">${this.facts(all)}</p>
      </div>
      ${shown.length === 0 ? html`<p class="empty">${this.problemsOnly ? T.wall.allWell : T.wall.noneInZone}</p>` : nothing}
      <div class="wall size-${size}">
        ${repeat(shown, (stream) => stream.id, (stream) => html`<hw-tile .stream=${stream.id}></hw-tile>`)}
      </div>
    `;
  }

  /** @param {Stream} stream */
  isWanted(stream) {
    const inZone = !this.zone || (stream.settings?.zones ?? []).some((zone) => zone.name === this.zone);
    return inZone && (!this.problemsOnly || hasProblem(stream));
  }

  /** @param {Stream[]} all */
  zones(all) {
    const names = [...new Set(all.flatMap((stream) => (stream.settings?.zones ?? []).map((zone) => zone.name)))].sort(byName.compare);
    if (names.length === 0) {
      return nothing;
    }
    return html`<select aria-label=${T.wall.zone} @change=${this.chooseZone}>
      <option value="">${T.wall.allZones}</option>
      ${names.map((name) => html`<option value=${name} ?selected=${name === this.zone}>${name}</option>`)}
    </select>`;
  }

  /** @param {number} count @param {number} first @param {number} size */
  pages(count, first, size) {
    return html`<span class="pages">
      <button ?disabled=${first === 0} @click=${() => (this.first = first - size)} aria-label=${T.wall.previous}>\u2039</button>
      ${T.wall.range(first + 1, Math.min(count, first + size), count)}
      <button ?disabled=${first + size >= count} @click=${() => (this.first = first + size)} aria-label=${T.wall.next}>\u203A</button>
    </span>`;
  }

  /** @param {Stream[]} all */
  facts(all) {
    const count = (/** @type {string[]} */ ...states) => all.filter((stream) => states.includes(stream.state)).length;
    const open = all.reduce((sum, stream) => sum + stream.openIncidents, 0);
    const parts = [
      open ? html`<span class="red">\u25B2 ${T.wall.openIncidents(open)}</span>` : html`<span>${T.wall.noOpenIncidents}</span>`,
      count('offline', 'failed') ? html`<span class="grey">\u25CB ${T.wall.offline(count('offline', 'failed'))}</span>` : nothing,
      count('degraded') ? html`<span class="amber">\u25D0 ${T.wall.degraded(count('degraded'))}</span>` : nothing,
    ];
    if (store.isAway && store.readAt) {
      parts.push(html`<span class="amber">${T.wall.asOf(time(store.readAt))}</span>`);
    }
    return parts.filter((part) => part !== nothing).map((part, i) => (i ? html` \u00B7 ${part}` : part));
  }

  /** @param {number} count */
  choose(count) {
    this.size = count;
    this.first = 0;
    localStorage.setItem(SIZE_KEY, String(count));
  }

  /** @param {Event} event */
  chooseZone(event) {
    this.zone = /** @type {HTMLSelectElement} */ (event.target).value;
    this.first = 0;
  }

  toggleProblems() {
    this.problemsOnly = !this.problemsOnly;
    this.first = 0;
  }
}

customElements.define('hw-tile', Tile);
customElements.define('hw-wall', Wall);
