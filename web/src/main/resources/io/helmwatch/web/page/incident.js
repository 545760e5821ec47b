import { html, nothing } from '/lib/lit-html/lit-html.js';
import { live } from '/lib/lit-html/directives/live.js';
import { incidentPath, request } from './api.js';
import './clip.js';
import { DeskElement } from './element.js';
import { duration, fullTime, time } from './format.js';
import { curve, drawPath, hasConfidences, sharesOf, snapshotIndex } from './incident-positions.js';
import { signOf, summaryOf, tintOf } from './incident-text.js';
import { live as messages } from './live.js';
import { clearCanvas, contain, drawBoxes, drawRegions } from './overlay.js';
import { address } from './route.js';
import { store } from './store.js';
import { T } from './texts.js';

/** @typedef {import('./api.js').Incident} Incident */

/** After its end an incident has its video within this time, or never. */
const VIDEO_WITHIN_SECONDS = 90;

/** One incident: its snapshot plain or drawn, positions over time, and whether it is dealt with. */
export class IncidentDetail extends DeskElement {
  static properties = {
    incident: {},
    filters: {},
    data: { state: true },
    problem: { state: true },
    isDrawn: { state: true },
    position: { state: true },
    note: { state: true },
    busy: { state: true },
    hasPicture: { state: true },
    showsVideo: { state: true },
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
    this.isDrawn = true;
    /** Index of the position that is drawn; -1 is the one of the snapshot. */
    this.position = -1;
    this.note = '';
    this.busy = false;
    this.hasPicture = true;
    this.showsVideo = false;
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
    this.resized = new ResizeObserver(() => this.paint());
  }

  connectedCallback() {
    super.connectedCallback();
    messages.addEventListener('incident', this.messageArrived);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    messages.removeEventListener('incident', this.messageArrived);
    clearTimeout(this.timer);
    this.resized.disconnect();
  }

  /** @param {Map<PropertyKey, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('incident')) {
      this.data = null;
      this.problem = '';
      this.position = -1;
      this.note = '';
      this.hasPicture = true;
      this.showsVideo = false;
      this.load();
    }
  }

  updated() {
    const canvas = this.canvas();
    const stage = /** @type {HTMLElement | null} */ (this.querySelector('.stage'));
    if (stage && this.data) {
      const { width, height } = this.data;
      stage.style.aspectRatio = `${width || 16} / ${height || 9}`;
      this.resized.disconnect();
      this.resized.observe(canvas ?? stage);
    }
    this.paint();
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
      ${this.picture(incident)}
      ${this.deal(incident)}
      ${this.facts(incident)}
    </article>`;
  }

  /** @param {Incident} incident */
  picture(incident) {
    const path = `/api/v1${incidentPath(incident.id)}/snapshot.jpg`;
    const hasSnapshot = incident.snapshot && this.hasPicture;
    if (incident.clip && this.showsVideo) {
      return this.video(incident);
    }
    return html`
      <div class="stage">
        ${hasSnapshot ? html`<p class="note" aria-hidden="true">${T.incident.loadingImage}</p><img src=${path} alt=${T.incident.snapshotOf(incident.stream, time(incident.startedAt))} @error=${() => (this.hasPicture = false)}>` : html`<p class="note">${T.incident.noSnapshot}</p>`}
        <canvas class="overlay" aria-hidden="true"></canvas>
      </div>
      <div class="actions">
        <label class="check"><input type="checkbox" .checked=${this.isDrawn} @change=${() => (this.isDrawn = !this.isDrawn)}> ${T.incident.draw}</label>
        ${incident.clip ? html`<button class="video" @click=${() => this.showVideo(true)}>${T.incident.showVideo}</button>` : nothing}
        ${hasSnapshot ? html`<a class="button" href=${path} download=${`${incident.stream}-${incident.startedAt.replaceAll(':', '-')}.jpg`}>${T.incident.download}</a>` : nothing}
        <a class="button" href=${address('cameras', incident.stream)}>${T.incident.camera}</a>
        ${this.maskLink(incident)}
        ${incident.clip || !this.hasVideos ? nothing : html`<span class="facts">${isVideoDue(incident) ? T.incident.videoDue : T.incident.noClip}</span>`}
      </div>
      ${incident.boxes.length > 1 ? this.positions(incident) : nothing}
    `;
  }

  /** @param {Incident} incident */
  video(incident) {
    const path = `/api/v1${incidentPath(incident.id)}/clip.mp4`;
    return html`
      <div class="stage"><hw-clip .incident=${incident} .isDrawn=${this.isDrawn}></hw-clip></div>
      <div class="actions">
        <label class="check"><input type="checkbox" .checked=${this.isDrawn} @change=${() => (this.isDrawn = !this.isDrawn)}> ${T.incident.draw}</label>
        <button class="image" @click=${() => this.showVideo(false)}>${T.incident.showImage}</button>
        <a class="button" href=${path} download=${`${incident.stream}-${incident.startedAt.replaceAll(':', '-')}.mp4`}>${T.incident.downloadVideo}</a>
        <a class="button" href=${address('cameras', incident.stream)}>${T.incident.camera}</a>
      </div>`;
  }

  /** The focus stays at the button that was pressed, which is another one then. @param {boolean} shows */
  async showVideo(shows) {
    this.showsVideo = shows;
    await this.updateComplete;
    this.child(shows ? '.actions .image' : '.actions .video').focus();
  }

  /** @param {Incident} incident */
  maskLink(incident) {
    const box = incident.boxes[this.index(incident)]?.box;
    if (!store.mayOperate || !box || !incident.width || incident.kind === 'occupancy') {
      return nothing;
    }
    const mask = sharesOf(incident, box).join(',');
    return html`<a class="button" href=${address('cameras', incident.stream, { tab: 'rules', mask })} title=${T.incident.maskTitle}>${T.incident.mask}</a>`;
  }

  /** Where it was, and how sure, over time. @param {Incident} incident */
  positions(incident) {
    const index = this.index(incident);
    const { at, confidence } = incident.boxes[index];
    const varies = hasConfidences(incident);
    return html`<div class="positions">
      <label>${T.incident.positions}
        <input type="range" min="0" max=${incident.boxes.length - 1} .value=${live(String(index))} @input=${this.scrub}
          aria-valuetext=${time(at)}></label>
      <span class="facts">${time(at)}${varies ? ` \u00B7 ${T.incident.confidence(confidence)}` : ''}${this.position >= 0 && this.position !== snapshotIndex(incident) ? ` \u00B7 ${T.incident.pictureFrom(time(incident.snapshotAt ?? incident.startedAt))}` : ''}</span>
      ${varies ? curve(incident, index) : nothing}
    </div>`;
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

  /** @param {Event} event */
  scrub(event) {
    this.position = Number(/** @type {HTMLInputElement} */ (event.target).value);
    this.isDrawn = true;
  }

  /** @param {Incident} incident @returns {number} index of the position that is drawn */
  index(incident) {
    return this.position >= 0 ? Math.min(this.position, incident.boxes.length - 1) : snapshotIndex(incident);
  }

  /** @returns {HTMLCanvasElement | null} the canvas over the image; null while the video is shown, which has its own */
  canvas() {
    return this.querySelector('.stage > canvas');
  }

  paint() {
    const canvas = this.canvas();
    const incident = this.data;
    const cleared = canvas && clearCanvas(canvas);
    if (!cleared || !incident || !this.isDrawn) {
      return;
    }
    const { context, width, height } = cleared;
    const area = contain(width, height, incident.width || 16, incident.height || 9);
    if (incident.polygon.length > 0) {
      drawRegions(context, area, [{ polygon: incident.polygon.map(({ x, y }) => [x, y]), name: incident.zone ?? '' }]);
    }
    const box = incident.boxes[this.index(incident)];
    if (box) {
      drawPath(context, area, incident);
      const kind = incident.kind === 'no-helmet' ? 'bare' : 'other';
      drawBoxes(context, area, incident.width, incident.height, [{ box: box.box, kind, text: hasConfidences(incident) ? `${box.label} ${box.confidence.toFixed(2)}` : box.label }]);
    }
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

/** @param {Incident} incident @returns {boolean} whether its video is still being recorded or stored */
function isVideoDue({ endedAt }) {
  return endedAt === null || store.age(endedAt) < VIDEO_WITHIN_SECONDS;
}

customElements.define('hw-incident', IncidentDetail);
