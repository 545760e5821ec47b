import { html, nothing } from '/lib/lit-html/lit-html.js';
import { Problem, request } from './api.js';
import { DeskElement } from './element.js';
import { codecName, duration, fullTime, percent, rate, time } from './format.js';
import './detection-log.js';
import './live-picture.js';
import './region-editor.js';
import './region-form.js';
import { address, replaceWith } from './route.js';
import { shortcuts } from './shortcuts.js';
import './source-form.js';
import './static-heads.js';
import { store } from './store.js';
import { T } from './texts.js';
import { STATE_SIGNS, tintOfState } from './wall.js';

/**
 * @typedef {import('./api.js').Regions} Regions
 * @typedef {import('./api.js').Stream} Stream
 * @typedef {{name: string, sentence: string, observed: number, violating: number}} Preview
 */

const TABS = /** @type {const} */ (['log', 'rules', 'source', 'health']);
const PREVIEW_MILLIS = 1500;

/** Changes that were not saved yet, by stream, so that leaving the page loses nothing. @type {Map<string, Required<Regions>>} */
const drafts = new Map();

/** One camera: large live picture, zones and rules, log, source, health. */
class Camera extends DeskElement {
  static properties = {
    stream: {},
    values: {},
    errors: { state: true },
    message: { state: true },
    yaml: { state: true },
    busy: { state: true },
    previews: { state: true },
    previewProblem: { state: true },
  };

  constructor() {
    super();
    this.stream = '';
    /** @type {Record<string, string>} */
    this.values = {};
    /** @type {import('./api.js').FieldError[]} */
    this.errors = [];
    this.message = '';
    this.yaml = '';
    this.busy = false;
    /** @type {Preview[]} */
    this.previews = [];
    this.previewProblem = '';
    this.timer = 0;
    this.removeShortcuts = () => {};
    this.keyPressed = (/** @type {KeyboardEvent} */ event) => this.key(event);
  }

  connectedCallback() {
    super.connectedCallback();
    this.timer = setInterval(() => this.preview(), PREVIEW_MILLIS);
    this.removeShortcuts = shortcuts.add([
      { keys: 'j', text: T.keys.nextCamera, action: () => this.step(1) },
      { keys: 'k', text: T.keys.previousCamera, action: () => this.step(-1) },
      { keys: 'f', text: T.keys.full, action: () => this.full() },
    ]);
    document.addEventListener('keydown', this.keyPressed);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
    this.removeShortcuts();
    document.removeEventListener('keydown', this.keyPressed);
  }

  /** @returns {typeof TABS[number]} */
  get tab() {
    return TABS.find((tab) => tab === this.values.tab) ?? 'log';
  }

  /** @returns {Required<Regions>} what is drawn and in the form */
  get regions() {
    const { zones = [], masks = [], rules = [] } = drafts.get(this.stream) ?? store.stream(this.stream)?.settings ?? {};
    return { zones, masks, rules };
  }

  get isChanged() {
    return drafts.has(this.stream);
  }

  /** @param {Map<PropertyKey, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('stream')) {
      this.errors = [];
      this.message = '';
      this.yaml = '';
      this.previews = [];
    }
    this.takeMask();
  }

  /** A mask that an incident proposes is drawn as a change that is not saved. @private */
  takeMask() {
    const corners = (this.values.mask ?? '').split(',').map(Number);
    if (corners.length === 4 && corners.every((corner) => corner >= 0 && corner <= 1) && store.stream(this.stream)) {
      const [left, top, right, bottom] = corners;
      const polygon = /** @type {import('./api.js').Corner[]} */ ([[left, top], [right, top], [right, bottom], [left, bottom]]);
      drafts.set(this.stream, { ...this.regions, masks: [...this.regions.masks, { polygon }] });
      this.values = { tab: 'rules' };
      queueMicrotask(() => replaceWith('cameras', this.stream, this.values));
    }
  }

  updated() {
    const picture = /** @type {import('./live-picture.js').LivePicture | null} */ (this.querySelector('hw-live'));
    const stream = store.stream(this.stream);
    if (picture && stream) {
      picture.regions = this.tab !== 'rules';
      picture.show(this.stream);
      const { width, height } = this.size(stream);
      this.child('.stage').style.aspectRatio = `${width} / ${height}`;
      /** @type {import('./static-heads.js').StaticHeads} */ (this.child('hw-static-heads')).follow(picture);
      /** @type {import('./detection-log.js').DetectionLog | null} */ (this.querySelector('hw-detection-log'))?.follow(picture);
    }
  }

  /** @param {Stream} stream @returns {{width: number, height: number}} */
  size(stream) {
    return stream.size && stream.size.width > 0 ? stream.size : { width: 16, height: 9 };
  }

  view() {
    const stream = store.stream(this.stream);
    if (!stream) {
      return html`<p class="empty" role="status">${store.streams ? T.camera.unknown(this.stream) : T.loadingCameras}
        ${store.streams ? html`<a href="#/cameras">${T.camera.all}</a>` : nothing}</p>`;
    }
    const state = stream.state;
    return html`
      <div class="bar">
        <h1>${T.camera.title} ${stream.id}</h1>
        <span class="status ${tintOfState(state)}">${STATE_SIGNS[state] ?? '?'} ${T.states[state] ?? state}</span>
        ${stream.openIncidents ? html`<a class="tag red" href=${address('incidents', '', { stream: stream.id, state: 'open' })}>\u25B2 ${T.wall.openIncidents(stream.openIncidents)}</a>` : nothing}
        <span class="facts">${rate(stream.analysedFps)} fps${stream.latencyMillis === null ? nothing : ` \u00B7 ${Math.round(stream.latencyMillis)} ms`}</span>
        ${stream.node ? html`<a class="facts" href=${address('cameras', '', { node: stream.node })}>${T.cameraTable.ofNode(stream.node)}</a>` : nothing}
        <a class="button" href=${address('incidents', '', { stream: stream.id })}>${T.camera.incidents}</a>
      </div>
      ${stream.reason && state !== 'online' ? html`<p class="reason ${tintOfState(state)}">${T.camera.why(stream.reason, duration(store.age(stream.since)))}</p>` : nothing}
      <div class="camera">
        <div>
          <div class="stage">
            <hw-live></hw-live>
            ${
              this.tab === 'rules'
                ? html`<hw-region-editor .zones=${this.regions.zones} .masks=${this.regions.masks} .size=${this.size(stream)}
                    @regions=${this.regionsChanged}></hw-region-editor>`
                : nothing
            }
          </div>
          ${this.legend(stream)}
          <hw-static-heads .stream=${this.stream} .mayMask=${store.mayOperate}></hw-static-heads>
          ${this.tab === 'rules' ? this.previewList() : nothing}
        </div>
        <div class="panel">
          <div class="tabs" role="tablist" aria-label=${T.camera.parts}>${TABS.map(
            (tab) => html`<button role="tab" id="tab-${tab}" aria-selected=${tab === this.tab} aria-controls="panel" tabindex=${tab === this.tab ? 0 : -1}
              @click=${() => this.show(tab)} @keydown=${this.tabKey}>${T.camera.tabs[tab]}${tab === 'rules' && this.isChanged ? ' \u2022' : ''}</button>`,
          )}</div>
          <div id="panel" role="tabpanel" aria-labelledby="tab-${this.tab}">${this.panel(stream)}</div>
        </div>
      </div>
    `;
  }

  /** What the boxes mean, and what is estimated. @param {Stream} stream */
  legend(stream) {
    const estimated = stream.sourceFps && stream.analysedFps < stream.sourceFps * 0.8;
    return html`<p class="legend"><span class="green">\u25A3 ${T.kinds.helmet}</span> <span class="red">\u25B2 ${T.kinds.bare}</span>
      ${estimated ? html`<span>${T.camera.estimated(rate(stream.analysedFps), rate(stream.sourceFps))}</span>` : nothing}
      ${stream.masked ? html`<span>${T.camera.masked}</span>` : nothing}</p>`;
  }

  /** @param {Stream} stream */
  panel(stream) {
    switch (this.tab) {
      case 'rules':
        return this.rules(stream);
      case 'source':
        return html`<hw-source-form .stream=${stream}></hw-source-form>`;
      case 'health':
        return this.health(stream);
      default:
        return html`<hw-detection-log></hw-detection-log>`;
    }
  }

  /** @param {Stream} stream */
  rules(stream) {
    const { zones, masks, rules } = this.regions;
    const fromFile = stream.origin === 'file';
    return html`
      ${store.mayOperate ? nothing : html`<p class="hint">${T.regions.viewer}</p>`}
      ${fromFile && store.mayOperate ? html`<p class="hint">${T.regions.fromFile}</p>` : nothing}
      <hw-region-form .zones=${zones} .masks=${masks} .rules=${rules} .errors=${this.errors} .readOnly=${!store.mayOperate}
        @regions=${this.regionsChanged} @draw=${this.draw} @remove=${this.removeRegion}></hw-region-form>
      ${
        store.mayOperate
          ? html`<div class="actions">
              <p class="error" role="alert">${this.message}</p>
              <button class="primary save" ?disabled=${this.busy || (!this.isChanged && !fromFile)} @click=${this.save}>${fromFile ? T.regions.yaml : T.save}</button>
              <button ?disabled=${!this.isChanged} @click=${this.discard}>${T.discard}</button>
              <span class="facts" role="status">${this.isChanged ? T.regions.unsaved : ''}</span>
            </div>`
          : nothing
      }
      ${this.yaml ? html`<pre tabindex="0">${this.yaml}</pre><button @click=${() => this.copy()}>${T.copy}</button>` : nothing}
    `;
  }

  previewList() {
    return html`<section class="preview" aria-live="polite"><h2>${T.camera.preview}</h2>
      ${this.previewProblem ? html`<p class="hint">${this.previewProblem}</p>` : nothing}
      ${!this.previewProblem && (this.regions.rules ?? []).length === 0 ? html`<p class="hint">${T.camera.noPreview}</p>` : nothing}
      <ul>${this.previews.map(
        ({ name, sentence, violating }) => html`<li class=${violating > 0 ? 'red' : ''}>${violating > 0 ? '\u25B2' : '\u25CB'} <b>${name}</b> ${sentence}</li>`,
      )}</ul></section>`;
  }

  /** @param {Stream} stream */
  health(stream) {
    const dropped = Object.entries(stream.droppedFps ?? {}).filter(([, fps]) => fps > 0);
    const share = stream.analysedFps / stream.wantedFps;
    const frameAge = store.frameAge(stream.lastFrameAt);
    /** @type {[string, unknown][]} */
    const rows = [
      [T.health.state, html`<span class=${tintOfState(stream.state)}>${STATE_SIGNS[stream.state] ?? '?'} ${T.states[stream.state] ?? stream.state}</span>, ${T.health.since(time(stream.since))}`],
      [T.health.reason, stream.reason || T.health.noReason],
      [T.health.lastFrame, stream.lastFrameAt ? html`<span title=${fullTime(stream.lastFrameAt)}>${T.health.frameAge(frameAge, duration(frameAge))}</span>` : T.health.noFrame],
      [T.health.picture, stream.size && stream.size.width ? `${stream.size.width} \u00D7 ${stream.size.height}${stream.codec ? `, ${codecName(stream.codec)}` : ''}` : T.none],
      [T.health.source, stream.sourceFps === null ? T.none : `${rate(stream.sourceFps)} fps`],
      [T.health.analysed, stream.wantedFps > 0 ? T.health.ofWanted(rate(stream.analysedFps), rate(stream.wantedFps), percent(share)) : T.none],
      [T.health.dropped, dropped.length ? dropped.map(([cause, fps]) => T.wall.cause(rate(fps), T.causes[cause] ?? cause)).join(', ') : T.health.nothingDropped],
      [T.health.latency, stream.latencyMillis === null ? T.none : `${Math.round(stream.latencyMillis)} ms`],
      [T.health.retries, String(stream.retries)],
    ];
    return html`<dl class="facts-list">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      ${store.mayOperate ? html`<button @click=${this.restart}>${T.camera.restart}</button><p class="hint">${T.camera.restartHint}</p>` : nothing}`;
  }

  /** @param {typeof TABS[number]} tab */
  show(tab) {
    replaceWith('cameras', this.stream, { tab });
  }

  /** @param {KeyboardEvent} event */
  tabKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      const tab = TABS[(TABS.indexOf(this.tab) + step + TABS.length) % TABS.length];
      this.show(tab);
      this.updateComplete.then(() => this.child(`#tab-${tab}`).focus());
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const editor = /** @type {import('./region-editor.js').RegionEditor | null} */ (this.querySelector('hw-region-editor'));
    if (editor?.globalKey(event)) {
      event.preventDefault();
    }
  }

  /** @param {number} by */
  step(by) {
    const ids = (store.streams ?? []).map(({ id }) => id);
    const next = ids[(ids.indexOf(this.stream) + by + ids.length) % ids.length];
    if (next) {
      replaceWith('cameras', next, this.values);
    }
  }

  full() {
    if (document.fullscreenElement) {
      document.exitFullscreen();
    } else {
      this.child('.stage').requestFullscreen().catch(() => {});
    }
  }

  /** @param {CustomEvent<Regions>} event */
  regionsChanged(event) {
    drafts.set(this.stream, { ...this.regions, ...event.detail });
    this.requestUpdate();
  }

  /** @param {CustomEvent<{kind: import('./region-editor.js').Kind, byKeyboard: boolean}>} event */
  draw(event) {
    /** @type {import('./region-editor.js').RegionEditor} */ (this.child('hw-region-editor')).draw(event.detail.kind, event.detail.byKeyboard);
    if (!event.detail.byKeyboard) {
      this.child('.stage').scrollIntoView({ block: 'nearest' });
      store.notify(T.editor.how);
    }
  }

  /** @param {CustomEvent<{kind: import('./region-editor.js').Kind, index: number}>} event */
  removeRegion(event) {
    /** @type {import('./region-editor.js').RegionEditor} */ (this.child('hw-region-editor')).removeRegion(event.detail.kind, event.detail.index);
  }

  discard() {
    const draft = drafts.get(this.stream);
    const id = this.stream;
    drafts.delete(id);
    this.errors = [];
    this.message = '';
    this.yaml = '';
    this.requestUpdate();
    store.notify(T.regions.discarded, () => {
      if (draft) {
        drafts.set(id, draft);
        store.changed();
      }
    });
  }

  async save() {
    const before = store.stream(this.stream)?.settings;
    const id = this.stream;
    if (await this.put(id, this.regions)) {
      const { zones = [], masks = [], rules = [] } = before ?? {};
      store.notify(T.regions.saved(id), () => this.put(id, { zones, masks, rules }));
    }
  }

  /** @param {string} id @param {Regions} regions @returns {Promise<boolean>} whether they were saved @private */
  async put(id, regions) {
    this.busy = true;
    this.errors = [];
    this.message = '';
    this.yaml = '';
    try {
      const stream = await request('PUT', `/streams/${encodeURIComponent(id)}/regions`, regions);
      drafts.delete(id);
      store.replace(stream);
      return true;
    } catch (error) {
      const problem = /** @type {Problem} */ (error);
      this.errors = problem.errors;
      this.yaml = problem.status === 409 ? problem.message.split('\n').slice(1).join('\n') : '';
      this.message = this.yaml ? T.regions.paste : problem.errors.length ? T.regions.invalid : problem.message;
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** What the rules say of the last analysed frame. @private */
  async preview() {
    if (this.tab !== 'rules' || document.hidden || !store.stream(this.stream)) {
      return;
    }
    const id = this.stream;
    try {
      const answer = await request('POST', `/streams/${encodeURIComponent(id)}/preview`, this.regions);
      if (id === this.stream) {
        this.previews = answer.rules;
        this.previewProblem = '';
      }
    } catch (error) {
      const problem = /** @type {Problem} */ (error);
      this.previews = [];
      this.previewProblem = problem.errors.length ? T.camera.previewInvalid(problem.errors.map(({ message }) => message).join('; ')) : problem.message;
    }
  }

  async copy() {
    await navigator.clipboard.writeText(this.yaml);
    store.notify(T.copied);
  }

  async restart() {
    try {
      await request('POST', `/streams/${encodeURIComponent(this.stream)}/restart`);
      store.notify(T.camera.restarted(this.stream));
    } catch (problem) {
      store.notify(/** @type {Error} */ (problem).message);
    }
  }
}

customElements.define('hw-camera', Camera);
