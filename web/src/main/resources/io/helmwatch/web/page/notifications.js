import { html, nothing } from '/lib/lit-html/lit-html.js';
import { asSentence, request } from './api.js';
import { count, duration, fullTime, time } from './format.js';
import { ReloadingPage } from './reloading.js';
import { store } from './store.js';
import { T } from './texts.js';

/**
 * @typedef {{at: string, id: string, type: string, stream: string, messages: number, outcome: string, attempts: number, reason: string}} Delivery
 * @typedef {{name: string, kind: string, settings: Record<string, unknown>, problem: string, waiting: number, oldestWaitingAt: string | null,
 *   delivered: number, rejected: number, refused: number, deliveries: Delivery[]}} Target
 * @typedef {{delivered: boolean, message: string}} TestResult
 */

const REFRESH_MILLIS = 3000;
/** Messages of a target that are shown until all are asked for. */
const SHOWN_MESSAGES = 5;
const SIGNS = /** @type {Record<string, string>} */ ({ delivered: '\u25CF', retried: '\u25D0', rejected: '\u2715', acknowledged: '\u25CB' });
const TINTS = /** @type {Record<string, string>} */ ({ delivered: 'green', retried: 'amber', rejected: 'red', acknowledged: 'grey' });

/** Targets of notifications: whether they work, what became of the newest messages, settings, test. */
class NotificationsPage extends ReloadingPage {
  static properties = { targets: { state: true }, problem: { state: true }, results: { state: true }, testing: { state: true }, whole: { state: true } };

  constructor() {
    super(REFRESH_MILLIS);
    /** @type {Target[] | null} */
    this.targets = null;
    this.problem = '';
    /** Answers of tests, by target. @type {Record<string, TestResult>} */
    this.results = {};
    /** The target that is being tested. */
    this.testing = '';
    /** Targets of which all messages are shown. @type {Set<string>} */
    this.whole = new Set();
  }

  async load() {
    try {
      this.targets = (await request('GET', '/notifications')).targets;
      this.problem = '';
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
  }

  view() {
    const targets = this.targets;
    return html`
      <div class="bar"><h1>${T.pages.notifications}</h1>
        ${targets?.length ? html`<p class="facts" role="status">${this.summary(targets)}</p>` : nothing}</div>
      ${this.alert(this.problem)}
      ${!targets && !this.isNews(this.problem) ? html`<p class="empty" role="status">${T.notifications.loading}</p>` : nothing}
      ${targets && targets.length === 0 ? html`<p class="empty">${T.notifications.none}</p>` : nothing}
      ${(targets ?? []).map((target) => this.target(target))}
    `;
  }

  /** @param {Target[]} targets */
  summary(targets) {
    const bad = targets.filter((target) => !['delivered', 'acknowledged'].includes(healthOf(target)));
    return bad.length === 0
      ? html`<span class="green">${SIGNS.delivered} ${T.notifications.allWork(targets.length)}</span>`
      : html`<span class="amber">${T.sign.warning} ${T.notifications.someFail(bad.length, targets.length)}</span> ${bad.map(
          ({ name }, i) => html`${i ? ', ' : ''}<a href="#/notifications" @click=${(/** @type {Event} */ event) => this.showTarget(event, name)}>${name}</a>`,
        )}`;
  }

  /** @param {Event} event @param {string} name */
  showTarget(event, name) {
    event.preventDefault();
    const target = this.child(`[data-target="${name}"]`);
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: 'start' });
  }

  /** @param {Target} target */
  target(target) {
    const result = this.results[target.name];
    const health = healthOf(target);
    return html`<section class="card target" data-target=${target.name} tabindex="-1" aria-label=${target.name}>
      <div class="bar"><h2>${target.name}</h2><span class="facts">${T.notifications.kinds[target.kind] ?? target.kind}</span>
        <span class="status ${TINTS[health]}">${SIGNS[health]} ${T.notifications.health[health]}</span>
        ${
          store.mayAdminister
            ? html`<button class="test" ?disabled=${this.testing !== ''} @click=${() => this.test(target.name)}>
                ${this.testing === target.name ? T.notifications.testing : T.notifications.test}</button>`
            : nothing
        }</div>
      ${result ? html`<p class="result ${result.delivered ? 'green' : 'red'}" role="status">${result.delivered ? '\u2713' : SIGNS.rejected} ${asSentence(result.message)}</p>` : nothing}
      ${target.problem ? html`<p class=${TINTS[health]}>${asSentence(target.problem)}</p>` : nothing}
      <p class="facts">${T.notifications.counts(count(target.delivered), count(target.waiting), count(target.rejected))}
        ${target.oldestWaitingAt ? T.notifications.oldest(duration(store.age(target.oldestWaitingAt))) : nothing}
        ${target.refused ? html`<span class="red">${T.notifications.refused(target.refused)}</span>` : nothing}</p>
      ${target.deliveries.length ? this.log(target) : html`<p class="hint">${T.notifications.nothing}</p>`}
      <details><summary>${T.notifications.settings}</summary><pre tabindex="0">${JSON.stringify(target.settings, null, 2)}</pre></details>
    </section>`;
  }

  /** @param {Target} target */
  log({ name, deliveries }) {
    const shown = this.whole.has(name) ? deliveries : deliveries.slice(0, SHOWN_MESSAGES);
    const { when, outcome, message, camera, detail } = T.notifications.columns;
    return html`<div class="scroll"><table class="list deliveries">
      <thead><tr>${[when, outcome, message, camera, detail].map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
      <tbody>${shown.map((delivery) => this.delivery(delivery))}</tbody></table></div>
      ${
        deliveries.length > SHOWN_MESSAGES
          ? html`<button class="more" aria-expanded=${this.whole.has(name)} @click=${() => this.toggle(name)}>${
              this.whole.has(name) ? T.notifications.fewer : T.notifications.all(deliveries.length)
            }</button>`
          : nothing
      }`;
  }

  /** @param {Delivery} delivery */
  delivery({ at, id, type, stream, messages, outcome, attempts, reason }) {
    const t = T.notifications;
    return html`<tr><td class="at" title=${fullTime(at)}>${time(at)}</td>
      <td class="outcome ${TINTS[outcome] ?? ''}">${SIGNS[outcome] ?? '?'} ${t.outcomes[outcome] ?? outcome}${attempts > 1 ? ` (${t.attempts(attempts)})` : ''}</td>
      <td>${messages > 1 ? t.digest(messages) : (t.types[type] ?? type)}</td>
      <td>${stream || T.none}</td><td class="detail">${reason ? asSentence(reason) : html`<span class="facts">${id}</span>`}</td></tr>`;
  }

  /** @param {string} name */
  toggle(name) {
    this.whole = new Set(this.whole.has(name) ? [...this.whole].filter((other) => other !== name) : [...this.whole, name]);
  }

  /** @param {string} name */
  async test(name) {
    this.testing = name;
    try {
      this.results = { ...this.results, [name]: await request('POST', `/notifications/${encodeURIComponent(name)}/test`) };
    } catch (problem) {
      this.results = { ...this.results, [name]: { delivered: false, message: /** @type {Error} */ (problem).message } };
    } finally {
      this.testing = '';
    }
    this.load();
  }
}

/** @param {Target} target @returns {string} outcome that stands for the whole target: that of its newest message, unless something is wrong now */
function healthOf({ problem, refused, deliveries }) {
  const newest = deliveries[0]?.outcome ?? 'acknowledged';
  return newest === 'rejected' || refused > 0 ? 'rejected' : problem ? 'retried' : newest === 'retried' ? 'retried' : deliveries.length ? 'delivered' : 'acknowledged';
}

customElements.define('hw-notifications', NotificationsPage);
