import { html, nothing } from '/lib/lit-html/lit-html.js';
import { request } from './api.js';
import { duration, fullTime, time } from './format.js';
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
const SIGNS = /** @type {Record<string, string>} */ ({ delivered: '\u25CF', retried: '\u25D0', rejected: '\u2715', acknowledged: '\u25CB' });
const TINTS = /** @type {Record<string, string>} */ ({ delivered: 'green', retried: 'amber', rejected: 'red', acknowledged: 'grey' });

/** Targets of notifications: settings, test, what became of the newest messages. */
class NotificationsPage extends ReloadingPage {
  static properties = { targets: { state: true }, problem: { state: true }, results: { state: true }, testing: { state: true } };

  constructor() {
    super(REFRESH_MILLIS);
    /** @type {Target[] | null} */
    this.targets = null;
    this.problem = '';
    /** Answers of tests, by target. @type {Record<string, TestResult>} */
    this.results = {};
    /** The target that is being tested. */
    this.testing = '';
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
      <div class="bar"><h1>${T.pages.notifications}</h1></div>
      ${this.problem ? html`<p class="error" role="alert">${this.problem}</p>` : nothing}
      ${!targets && !this.problem ? html`<p class="empty" role="status">${T.notifications.loading}</p>` : nothing}
      ${targets && targets.length === 0 ? html`<p class="empty">${T.notifications.none}</p>` : nothing}
      ${(targets ?? []).map((target) => this.target(target))}
    `;
  }

  /** @param {Target} target */
  target(target) {
    const result = this.results[target.name];
    return html`<section class="target" data-target=${target.name}>
      <div class="bar"><h2>${target.name}</h2>
        <span class="status ${target.problem ? 'amber' : 'green'}">${target.problem ? SIGNS.retried : SIGNS.delivered}
          ${T.notifications.kinds[target.kind] ?? target.kind}${target.problem ? `: ${target.problem}` : ''}</span>
        ${
          store.mayAdminister
            ? html`<button class="test" ?disabled=${this.testing !== ''} @click=${() => this.test(target.name)}>
                ${this.testing === target.name ? T.notifications.testing : T.notifications.test}</button>`
            : nothing
        }</div>
      ${result ? html`<p class=${result.delivered ? 'green' : 'error'} role="status">${result.message}</p>` : nothing}
      <p class="facts">${T.notifications.counts(target.delivered, target.waiting, target.rejected, target.refused)}
        ${target.oldestWaitingAt ? T.notifications.oldest(duration(store.age(target.oldestWaitingAt))) : nothing}</p>
      <details><summary>${T.notifications.settings}</summary><pre tabindex="0">${JSON.stringify(target.settings, null, 2)}</pre></details>
      ${target.deliveries.length ? this.log(target.deliveries) : html`<p class="hint">${T.notifications.nothing}</p>`}
    </section>`;
  }

  /** @param {Delivery[]} deliveries */
  log(deliveries) {
    return html`<div class="scroll"><table class="table">
      <thead><tr>${T.notifications.columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
      <tbody>${deliveries.map(
        (delivery) => html`<tr><td title=${fullTime(delivery.at)}>${time(delivery.at)}</td>
          <td class=${TINTS[delivery.outcome] ?? ''}>${SIGNS[delivery.outcome] ?? '?'} ${T.notifications.outcomes[delivery.outcome] ?? delivery.outcome}${
            delivery.attempts > 1 ? ` (${T.notifications.attempts(delivery.attempts)})` : ''
          }</td>
          <td>${T.notifications.types[delivery.type] ?? delivery.type}${delivery.messages > 1 ? ` (${T.notifications.digest(delivery.messages)})` : ''}</td>
          <td>${delivery.stream}</td><td>${delivery.reason || delivery.id}</td></tr>`,
      )}</tbody></table></div>`;
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

customElements.define('hw-notifications', NotificationsPage);
