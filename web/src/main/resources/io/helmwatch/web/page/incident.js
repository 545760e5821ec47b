import { html, nothing } from '/lib/lit-html/lit-html.js';
import { live } from '/lib/lit-html/directives/live.js';
import { incidentPath, request } from './api.js';
import { DeskElement } from './element.js';
import { duration, fullTime, time } from './format.js';
import './incident-picture.js';
import { signOf, summaryOf, tintOf } from './incident-text.js';
import { live as messages } from './live.js';
import { address } from './route.js';
import { store } from './store.js';
import { T } from './texts.js';

/** @typedef {import('./api.js').Incident} Incident */

/** One incident: what it was, its picture, and whether it is dealt with. */
export class IncidentDetail extends DeskElement {
  static properties = {
    incident: {},
    filters: {},
    data: { state: true },
    problem: { state: true },
    isDrawn: { state: true },
    note: { state: true },
    busy: { state: true },
    hasVideos: {},
  };

  constructor() {
    super();
    /** The id. */
    this.incident = '';
    /** @type {Record<string, string>} */
    this.filters = {};
    /** @type {Incident | null} */
    this.data = null;
    this.problem = '';
    /** Whether boxes are drawn, also over the picture of the next incident. */
    this.isDrawn = true;
    this.note = '';
    this.busy = false;
    /** Whether videos are stored at all, as other incidents show. */
    this.hasVideos = false;
    this.timer = 0;
    /** @private @param {Event} event the incident that is shown goes on or ends, or its video is stored; the history has that soon */
    this.messageArrived = (event) => {
      const { incident } = /** @type {CustomEvent} */ (event).detail;
      if (incident.id.replaceAll('/', '~') === this.incident.replaceAll('/', '~')) {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.load(), 500);
      }
    };
  }

  connectedCallback() {
    super.connectedCallback();
    messages.addEventListener('incident', this.messageArrived);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    messages.removeEventListener('incident', this.messageArrived);
    clearTimeout(this.timer);
  }

  /** @param {Map<PropertyKey, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('incident')) {
      this.data = null;
      this.problem = '';
      this.note = '';
      this.load();
    }
  }

  async load() {
    const id = this.incident;
    if (!id) {
      return;
    }
    try {
      const data = await request('GET', incidentPath(id));
      if (id === this.incident) {
        this.data = data;
      }
    } catch (problem) {
      if (id === this.incident) {
        this.problem = /** @type {Error} */ (problem).message;
      }
    }
  }

  view() {
    const incident = this.data;
    if (!incident) {
      return html`<p class="empty" role="status">${this.problem || (this.incident ? T.incident.loading : T.incident.choose)}</p>`;
    }
    return html`<article class="incident">
      <a class="back" href=${address('incidents', '', this.filters)}>\u2039 ${T.pages.incidents}</a>
      <h2><span class=${tintOf(incident)}>${signOf(incident)}</span> ${incident.stream} \u00B7 ${summaryOf(incident)}</h2>
      <p class="facts"><time title=${fullTime(incident.startedAt)} datetime=${incident.startedAt}>${time(incident.startedAt)}</time>,
        ${incident.state === 'open' ? T.incident.stillOpen(duration(store.age(incident.startedAt))) : T.incident.ended(duration(incident.durationSeconds), reasonOf(incident))}</p>
      ${incident.superseded ? html`<p class="hint superseded">\u21BB ${T.incident.supersededHint}</p>` : nothing}
      <hw-incident-picture .incident=${incident} .isDrawn=${this.isDrawn} .hasVideos=${this.hasVideos}
        @draw=${(/** @type {CustomEvent} */ { detail }) => (this.isDrawn = detail)}></hw-incident-picture>
      ${this.deal(incident)}
      ${this.facts(incident)}
    </article>`;
  }

  /** @param {Incident} incident */
  deal(incident) {
    const done = incident.acknowledged;
    if (done) {
      return html`<div class="deal done"><p>\u2713 ${T.incident.acknowledgedBy(done.by, time(done.at))}</p>
        ${done.note ? html`<blockquote>${done.note}</blockquote>` : nothing}
        ${store.mayOperate ? html`<button class="undo" ?disabled=${this.busy} @click=${() => this.undoAcknowledgement()}>${T.incident.undo} <kbd>u</kbd></button>` : nothing}</div>`;
    }
    if (!store.mayOperate) {
      return html`<p class="hint">${T.incident.viewer}</p>`;
    }
    return html`<form class="deal" @submit=${this.submit}>
      <label>${T.incident.note} <input name="note" maxlength="1000" .value=${live(this.note)} autocomplete="off" placeholder=${T.incident.notePlaceholder}
        @input=${(/** @type {Event} */ event) => (this.note = /** @type {HTMLInputElement} */ (event.target).value)} @keydown=${this.noteKey}></label>
      <button class="primary acknowledge" ?disabled=${this.busy}>${T.incident.acknowledge} <kbd>a</kbd></button>
    </form>`;
  }

  /** @param {Incident} incident */
  facts(incident) {
    /** @type {[string, unknown][]} */
    const rows = [
      [T.incident.rule, incident.rule],
      [T.incident.zone, incident.zone ?? T.rule.wholePicture],
      [T.incident.started, fullTime(incident.startedAt)],
      [T.incident.end, incident.endedAt ? fullTime(incident.endedAt) : T.incident.open],
      [T.incident.peak, incident.confidence.toFixed(2)],
      ...(incident.node ? [/** @type {[string, unknown]} */ ([T.incident.node, incident.node])] : []),
      [T.incident.id, incident.id.replaceAll('~', '/')],
    ];
    return html`<dl class="facts-list">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
  }

  /** @param {SubmitEvent} event */
  submit(event) {
    event.preventDefault();
    this.acknowledge();
  }

  /** @param {KeyboardEvent} event Escape leaves the note, so that the keys of the page work. */
  noteKey(event) {
    if (event.key === 'Escape') {
      /** @type {HTMLElement} */ (event.target).blur();
    }
  }

  focusNote() {
    /** @type {HTMLElement | null} */ (this.querySelector('input[name=note]'))?.focus();
  }

  async acknowledge() {
    const incident = this.data;
    if (!incident || incident.acknowledged || !store.mayOperate) {
      return;
    }
    await this.change('POST', { note: this.note.trim() });
    if (this.data?.acknowledged) {
      store.notify(T.incident.acknowledgedNow(incident.stream), () => this.withdraw(incident.id));
    }
  }

  async undoAcknowledgement() {
    if (this.data?.acknowledged && store.mayOperate) {
      this.note = this.data.acknowledged.note;
      store.dismiss();
      await this.change('DELETE');
    }
  }

  /** @param {string} id also when another incident is shown by now */
  async withdraw(id) {
    if (id === this.incident) {
      await this.undoAcknowledgement();
      return;
    }
    try {
      await request('DELETE', `${incidentPath(id)}/acknowledgement`);
    } catch (problem) {
      store.notify(/** @type {Error} */ (problem).message);
    }
    this.notifyChanged();
  }

  /** @param {string} method @param {object} [body] @private */
  async change(method, body) {
    const id = this.incident;
    const hadFocus = this.querySelector('.deal')?.contains(document.activeElement);
    this.busy = true;
    try {
      const data = await request(method, `${incidentPath(id)}/acknowledgement`, body);
      if (id === this.incident) {
        this.data = { ...data, boxes: data.boxes?.length ? data.boxes : (this.data?.boxes ?? []) };
      }
    } catch (problem) {
      store.notify(/** @type {Error} */ (problem).message);
    } finally {
      this.busy = false;
    }
    if (hadFocus && id === this.incident) {
      await this.updateComplete;
      /** @type {HTMLElement | null} */ (this.querySelector('.deal button'))?.focus();
    }
    this.notifyChanged();
  }

  /** @private */
  notifyChanged() {
    store.refreshCounts();
    this.dispatchEvent(new Event('changed'));
  }
}

/** @param {Incident} incident @returns {string} why it ended */
function reasonOf({ kind, endReason }) {
  const reason = endReason ?? '';
  return kind === 'occupancy' && reason === 'compliance' ? T.incident.numberComplied : (T.incident.reasons[reason] ?? reason);
}

customElements.define('hw-incident', IncidentDetail);
