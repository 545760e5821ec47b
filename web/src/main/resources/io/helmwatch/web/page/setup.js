import { html, nothing } from '/lib/lit-html/lit-html.js';
import { request } from './api.js';
import { Errors, errorList, field } from './fields.js';
import { codecName } from './format.js';
import { FormElement } from './form-element.js';
import './region-editor.js';
import { goTo } from './route.js';
import { store } from './store.js';
import { T } from './texts.js';

/**
 * @typedef {{ok: boolean, problem: string | null, advice: string | null, codec: string | null, width: number, height: number,
 *   fps: number | null, keyFrameSeconds: number | null, clockOffsetMillis: number | null, image: string | null}} Probe
 */

const PRESETS = /** @type {const} */ (['no-helmet', 'occupancy', 'none']);
const IMAGE = /^data:image\/jpeg;base64,/;

/** Adds a camera: address, picture, zone, rule, done. */
class Setup extends FormElement {
  static properties = {
    url: { state: true },
    username: { state: true },
    password: { state: true },
    camera: { state: true },
    probe: { state: true },
    zones: { state: true },
    preset: { state: true },
    limit: { state: true },
  };

  constructor() {
    super();
    this.url = '';
    this.username = '';
    this.password = '';
    /** The id. */
    this.camera = '';
    this.isNamed = false;
    /** @type {Probe | null} */
    this.probe = null;
    /** @type {import('./api.js').Zone[]} */
    this.zones = [];
    /** @type {typeof PRESETS[number]} */
    this.preset = 'no-helmet';
    this.limit = '5';
    this.keyPressed = (/** @type {KeyboardEvent} */ event) => this.key(event);
  }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener('keydown', this.keyPressed);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener('keydown', this.keyPressed);
  }

  firstUpdated() {
    /** @type {HTMLElement | null} */ (this.querySelector('input'))?.focus();
  }

  view() {
    if (!store.mayAdminister) {
      return html`<p class="empty">${T.setup.admin}</p>`;
    }
    const errors = new Errors(this.errors);
    const source = this.source(errors);
    const next = this.probe?.ok ? html`${this.place(this.probe)}${this.rule(errors)}` : nothing;
    return html`<div class="setup"><h1>${T.setup.title}</h1>
      ${source}${next}
      ${errorList(errors.rest())}<p class="error" role="alert">${this.message}</p>
      ${
        this.probe?.ok
          ? html`<div class="actions"><button class="primary finish" ?disabled=${this.waiting !== ''} @click=${this.finish}>${this.waiting === 'add' ? T.setup.adding : T.setup.finish}</button></div>`
          : nothing
      }</div>`;
  }

  /** @param {Errors} errors */
  source(errors) {
    return html`<section><h2><span class="step">1</span> ${T.setup.source}</h2>
      <form @submit=${this.test}>
        ${field({ label: T.source.url, path: 'url', value: this.url, placeholder: 'rtsp://192.0.2.10/stream1', hint: T.setup.urlHint, required: true, change: (text) => this.setUrl(text) }, errors)}
        <div class="columns">
          ${field({ label: T.source.username, path: 'credentials.username', value: this.username, placeholder: T.setup.optional, change: (text) => this.changed(() => (this.username = text)) }, errors)}
          ${
            store.cluster
              ? field({ label: T.source.passwordVariable, path: 'credentials.password-env', value: this.password, hint: T.source.passwordVariableHint, placeholder: 'GATE3_PASSWORD', change: (text) => this.changed(() => (this.password = text.trim())) }, errors)
              : field({ label: T.source.password, path: 'credentials.password', value: this.password, type: 'password', autocomplete: 'new-password', placeholder: T.setup.optional, change: (text) => this.changed(() => (this.password = text)) }, errors)
          }
          ${field({ label: T.setup.name, path: 'id', value: this.camera, hint: T.setup.nameHint, placeholder: 'gate-3', required: true, change: (text) => this.name(text) }, errors)}
        </div>
        <button class=${this.probe?.ok ? 'test' : 'primary test'} ?disabled=${this.waiting !== ''}>${this.waiting === 'test' ? T.setup.testing : T.setup.test}</button>
        <p role="status" class="hint">${this.waiting === 'test' ? T.setup.testingHint : ''}</p>
      </form>
      <div role="alert">${
        this.probe && !this.probe.ok ? html`<p class="error">${T.sign.warning} ${this.probe.problem}</p>${this.probe.advice ? html`<p>${this.probe.advice}</p>` : nothing}` : nothing
      }</div></section>`;
  }

  /** The picture, what it is in words, and the zone. @param {Probe} probe */
  place(probe) {
    return html`<section><h2><span class="step">2</span> ${T.setup.zone}</h2>
      <p role="status">\u2713 ${facts(probe)}</p>
      <p class="hint">${T.setup.zoneHint}</p>
      <div class="stage">
        ${probe.image && IMAGE.test(probe.image) ? html`<img src=${probe.image} alt=${T.setup.picture}>` : nothing}
        <hw-region-editor .zones=${this.zones} .size=${{ width: probe.width, height: probe.height }} @regions=${this.regionsChanged}></hw-region-editor>
      </div>
      <div class="actions">
        <button class="draw" @click=${this.draw}>\u270E ${this.zones.length ? T.setup.drawAgain : T.regions.drawZone}</button>
        <button class="whole" aria-pressed=${this.zones.length === 0} @click=${() => (this.zones = [])}>${T.setup.whole}</button>
        <span class="facts" role="status">${this.zones.length ? T.setup.zoneIs(this.zones[0].name) : T.setup.wholeIs}</span>
      </div></section>`;
  }

  /** @param {Errors} errors */
  rule(errors) {
    return html`<section><h2><span class="step">3</span> ${T.setup.rule}</h2>
      <div role="radiogroup" aria-label=${T.setup.rule}>${PRESETS.map(
        (preset) => html`<label class="preset"><input type="radio" name="preset" value=${preset} .checked=${this.preset === preset}
          @change=${() => (this.preset = preset)}> <span><b>${T.setup.presets[preset].title}</b><br>${T.setup.presets[preset].text}</span></label>`,
      )}</div>
      ${this.preset === 'occupancy' ? field({ label: T.rule['more-than'], path: 'rules[0].more-than', value: this.limit, change: (text) => (this.limit = text) }, errors) : nothing}
    </section>`;
  }

  /** Something that the picture depends on changed. @param {() => void} change */
  changed(change) {
    change();
    this.probe = null;
    this.errors = [];
    this.message = '';
  }

  /** @param {string} text */
  setUrl(text) {
    this.changed(() => (this.url = text.trim()));
    if (!this.isNamed) {
      this.camera = proposedName(this.url);
    }
  }

  /** @param {string} text */
  name(text) {
    this.camera = text.trim();
    this.isNamed = this.camera !== '';
    this.errors = this.errors.filter(({ field }) => field !== 'id');
  }

  /** @returns {import('./api.js').Settings} */
  settings() {
    const given = Object.entries({ username: this.username, [store.cluster ? 'password-env' : 'password']: this.password }).filter(([, text]) => text !== '');
    const credentials = given.length ? { credentials: Object.fromEntries(given) } : {};
    return { id: this.camera, url: this.url, ...credentials };
  }

  /** @param {SubmitEvent} event */
  async test(event) {
    event.preventDefault();
    await this.attempt('test', async () => {
      this.probe = null;
      this.probe = await request('POST', '/probe', this.settings());
      await this.updateComplete;
      const stage = /** @type {HTMLElement | null} */ (this.querySelector('.stage'));
      if (stage && this.probe) {
        stage.style.aspectRatio = `${this.probe.width} / ${this.probe.height}`;
        stage.scrollIntoView({ block: 'center' });
      }
    });
  }

  async finish() {
    await this.attempt('add', async () => {
      const stream = await request('POST', '/streams', { ...this.settings(), zones: this.zones, rules: this.rules() });
      store.replace(stream);
      store.notify(T.setup.added(stream.id));
      goTo('cameras', stream.id);
    });
  }

  /** @returns {import('./api.js').Rule[]} */
  rules() {
    const where = this.zones.length ? { zones: this.zones.map(({ name }) => name) } : {};
    switch (this.preset) {
      case 'no-helmet':
        return [{ name: 'no-helmet', kind: 'no-helmet', ...where }];
      case 'occupancy':
        return [{ name: 'crowd', kind: 'occupancy', 'more-than': isNaN(Number(this.limit)) ? this.limit : Number(this.limit), ...where }];
      default:
        return [];
    }
  }

  /** @param {MouseEvent} event */
  draw(event) {
    this.zones = [];
    const editor = /** @type {import('./region-editor.js').RegionEditor} */ (this.child('hw-region-editor'));
    editor.zones = [];
    editor.draw('zones', event.detail === 0);
    if (event.detail !== 0) {
      store.notify(T.editor.how);
    }
  }

  /** @param {CustomEvent<import('./api.js').Regions>} event */
  regionsChanged(event) {
    this.zones = event.detail.zones ?? [];
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const editor = /** @type {import('./region-editor.js').RegionEditor | null} */ (this.querySelector('hw-region-editor'));
    if (editor?.globalKey(event)) {
      event.preventDefault();
    }
  }
}

/** @param {string} url @returns {string} a name made of the host or the file, which nothing has yet */
function proposedName(url) {
  const file = url.includes('://') ? '' : (url.split('/').pop() ?? '').replace(/\.[a-z0-9]+$/i, '');
  const host = /^[a-z]+:\/\/(?:[^@/]*@)?([^:/]+)/i.exec(url)?.[1] ?? '';
  const base = (file || (host && `camera-${host}`)).replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '').slice(0, 60);
  let name = base;
  for (let number = 2; name && store.stream(name); number++) {
    name = `${base}-${number}`;
  }
  return name;
}

/** @param {Probe} probe @returns {string} what the camera sends, in words */
function facts(probe) {
  const parts = [T.setup.facts.picture(probe.width, probe.height, probe.codec ? codecName(probe.codec) : '')];
  if (probe.fps) {
    parts.push(T.setup.facts.fps(Math.round(probe.fps * 10) / 10));
  }
  if (probe.keyFrameSeconds) {
    parts.push(T.setup.facts.keyFrames(Math.round(probe.keyFrameSeconds * 10) / 10));
  }
  if (probe.clockOffsetMillis !== null && probe.clockOffsetMillis !== undefined) {
    parts.push(T.setup.facts.clock(probe.clockOffsetMillis));
  }
  return parts.join(' ') + (probe.advice ? ` ${probe.advice}` : '');
}

customElements.define('hw-setup', Setup);
