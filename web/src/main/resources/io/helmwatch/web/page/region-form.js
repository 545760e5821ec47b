import { html, nothing } from '/lib/lit-html/lit-html.js';
import { DeskElement } from './element.js';
import { Errors, errorList, field } from './fields.js';
import { T } from './texts.js';

/**
 * @typedef {import('./api.js').Zone} Zone
 * @typedef {import('./api.js').Mask} Mask
 * @typedef {import('./api.js').Rule} Rule
 */

const NUMBERS = ['confidence', 'required', 'of', 'more-than', 'fewer-than'];
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** @param {string} key @param {string} text @returns {unknown} what is sent: a number where one is meant, so that the server judges it */
function valueOf(key, text) {
  const trimmed = text.trim();
  if (trimmed === '') {
    return undefined;
  }
  return NUMBERS.includes(key) && !isNaN(Number(trimmed)) ? Number(trimmed) : trimmed;
}

/** @template {object} R @param {R} object @param {string} key @param {unknown} value undefined removes the key @returns {R} */
function having(object, key, value) {
  const copy = /** @type {Record<string, unknown>} */ ({ ...object });
  if (value === undefined) {
    delete copy[key];
  } else {
    copy[key] = value;
  }
  return /** @type {R} */ (copy);
}

/** Names of zones, list of masks, and rules as a form. Events "regions" with all three lists, "draw" and "remove" with what to draw or remove. */
export class RegionForm extends DeskElement {
  static properties = { zones: {}, masks: {}, rules: {}, errors: {}, readOnly: {} };

  constructor() {
    super();
    /** @type {Zone[]} */
    this.zones = [];
    /** @type {Mask[]} */
    this.masks = [];
    /** @type {Rule[]} */
    this.rules = [];
    /** @type {import('./api.js').FieldError[]} */
    this.errors = [];
    this.readOnly = false;
  }

  view() {
    const errors = new Errors(this.errors);
    const fields = [this.zoneFields(errors), this.maskFields(errors), this.ruleFields(errors)];
    return html`${fields}${errorList(errors.rest())}`;
  }

  /** @param {Errors} errors */
  zoneFields(errors) {
    return html`<section><h3>${T.regions.zones}</h3>
      ${this.zones.length === 0 ? html`<p class="hint">${T.regions.noZones}</p>` : nothing}
      ${this.zones.map(
        (zone, i) => html`<div class="row">
          ${field({ label: T.regions.zoneName(i + 1), path: `zones[${i}].name`, value: zone.name, readOnly: this.readOnly, change: (name) => this.rename(i, name) }, errors)}
          ${this.readOnly ? nothing : html`<button class="quiet" @click=${() => this.ask('remove', { kind: 'zones', index: i })} aria-label=${T.regions.removeZone(zone.name)}>${T.remove}</button>`}
        </div>${errorsOf(errors, `zones[${i}]`)}`,
      )}
      ${this.drawButton('zones', T.regions.drawZone)}</section>`;
  }

  /** @param {Errors} errors */
  maskFields(errors) {
    return html`<section><h3>${T.regions.masks}</h3>
      <p class="hint">${T.regions.maskHint}</p>
      ${this.masks.map(
        (_, i) => html`<div class="row"><span>${T.editor.mask(i + 1)}</span>
          ${this.readOnly ? nothing : html`<button class="quiet" @click=${() => this.ask('remove', { kind: 'masks', index: i })} aria-label=${T.regions.removeMask(i + 1)}>${T.remove}</button>`}
        </div>${errorsOf(errors, `masks[${i}]`)}`,
      )}
      ${this.drawButton('masks', T.regions.drawMask)}</section>`;
  }

  /** @param {'zones' | 'masks'} kind @param {string} text */
  drawButton(kind, text) {
    if (this.readOnly) {
      return nothing;
    }
    return html`<button class="draw-${kind}" @click=${(/** @type {MouseEvent} */ event) => this.ask('draw', { kind, byKeyboard: event.detail === 0 })}>\u270E ${text}</button>`;
  }

  /** @param {Errors} errors */
  ruleFields(errors) {
    return html`<section><h3>${T.regions.rules}</h3>
      ${this.rules.length === 0 ? html`<p class="hint">${T.regions.noRules}</p>` : nothing}
      ${this.rules.map((rule, i) => this.rule(rule, i, errors))}
      ${
        this.readOnly
          ? nothing
          : html`<button class="add-no-helmet" @click=${() => this.addRule({ kind: 'no-helmet' }, 'no-helmet')}>+ ${T.regions.addNoHelmet}</button>
              <button class="add-occupancy" @click=${() => this.addRule({ kind: 'occupancy', 'more-than': 5 }, 'crowd')}>+ ${T.regions.addOccupancy}</button>`
      }</section>`;
  }

  /** @param {Rule} rule @param {number} i @param {Errors} errors */
  rule(rule, i, errors) {
    const path = `rules[${i}]`;
    const simple = (/** @type {string} */ key, /** @type {string} */ placeholder) =>
      field({
        label: T.rule[key],
        path: `${path}.${key}`,
        value: rule[key],
        placeholder,
        readOnly: this.readOnly,
        change: (text) => this.changeRule(i, key, valueOf(key, text)),
      }, errors);
    const limit = rule['fewer-than'] === undefined ? 'more-than' : 'fewer-than';
    return html`<fieldset class="rule">
      <legend>${rule.name || T.regions.unnamed}</legend>
      <div class="columns">
        ${simple('name', '')}
        ${field({ label: T.rule.kind, path: `${path}.kind`, value: rule.kind, options: this.kinds(rule.kind), readOnly: this.readOnly, change: (kind) => this.changeKind(i, kind) }, errors)}
        ${
          rule.kind === 'occupancy'
            ? html`${field({ label: T.rule.limit, path: `${path}.limit`, value: limit, options: T.rule.limits, readOnly: this.readOnly, change: (key) => this.changeLimit(i, key) }, errors)}
                ${simple(limit, '')}`
            : nothing
        }
      </div>
      ${this.zoneChoice(rule, i, errors)}
      <div class="columns">${simple('at-least', '2s')}${simple('end-after', '10s')}</div>
      <details ?open=${this.hasMore(rule)}><summary>${T.regions.more}</summary>
        <div class="columns">
          ${simple('confidence', '0.5')}${simple('update-every', '30s')}${simple('required', '3')}${simple('of', '5')}
        </div>
        ${this.schedule(rule, i, errors)}
      </details>
      ${errorsOf(errors, path)}
      ${this.readOnly ? nothing : html`<button class="quiet" @click=${() => this.change({ rules: this.rules.filter((_, j) => j !== i) })}>${T.regions.removeRule}</button>`}
    </fieldset>`;
  }

  /** @param {string} kind @returns {[string, string][]} also a kind that this page does not know */
  kinds(kind) {
    const known = /** @type {[string, string][]} */ (Object.entries(T.rule.kinds));
    return known.some(([key]) => key === kind) ? known : [...known, [kind, kind]];
  }

  /** @param {Rule} rule */
  hasMore(rule) {
    return ['confidence', 'update-every', 'required', 'of', 'schedule'].some((key) => rule[key] !== undefined);
  }

  /** @param {Rule} rule @param {number} i @param {Errors} errors */
  zoneChoice(rule, i, errors) {
    const chosen = rule.zones ?? [];
    const sentences = errors.take(`rules[${i}].zones`);
    return html`<div class="field" role="group" aria-label=${T.rule.zones}>
      <span class="label">${T.rule.zones}</span>
      ${this.zones.map(
        ({ name }) => html`<label class="check"><input type="checkbox" .checked=${chosen.includes(name)} ?disabled=${this.readOnly}
          @change=${() => this.toggleZone(i, name)}> ${name}</label>`,
      )}
      ${chosen.length === 0 ? html`<span class="hint">${T.rule.wholePicture}</span>` : nothing}
      ${sentences.length ? html`<p class="error">${sentences.join('; ')}</p>` : nothing}
    </div>`;
  }

  /** @param {Rule} rule @param {number} i @param {Errors} errors */
  schedule(rule, i, errors) {
    const schedule = /** @type {Record<string, unknown> | undefined} */ (rule.schedule);
    const part = (/** @type {string} */ key, /** @type {string} */ placeholder) =>
      field({
        label: T.rule[key],
        path: `rules[${i}].schedule.${key}`,
        value: schedule?.[key],
        placeholder,
        readOnly: this.readOnly,
        change: (text) => this.changeRule(i, 'schedule', having(schedule ?? {}, key, valueOf(key, text))),
      }, errors);
    const days = /** @type {string[]} */ (schedule?.days ?? DAYS);
    return html`<label class="check"><input type="checkbox" .checked=${schedule !== undefined} ?disabled=${this.readOnly}
        @change=${() => this.changeRule(i, 'schedule', schedule ? undefined : { 'time-zone': Intl.DateTimeFormat().resolvedOptions().timeZone, from: '06:00', to: '18:00' })}>
        ${T.rule.schedule}</label>
      ${
        schedule
          ? html`<div class="columns">${part('from', '00:00')}${part('to', '00:00')}${part('time-zone', 'Europe/Berlin')}</div>
              <div class="field" role="group" aria-label=${T.rule.days}>${DAYS.map(
                (day) => html`<label class="check"><input type="checkbox" .checked=${days.includes(day)} ?disabled=${this.readOnly}
                  @change=${() => this.changeRule(i, 'schedule', having(schedule, 'days', DAYS.filter((other) => (other === day) !== days.includes(other))))}> ${T.rule.dayNames[day]}</label>`,
              )}</div>`
          : nothing
      }`;
  }

  /** @param {number} i @param {string} name A rule follows the new name of its zone. */
  rename(i, name) {
    const old = this.zones[i].name;
    this.change({
      zones: this.zones.map((zone, j) => (j === i ? { ...zone, name } : zone)),
      rules: this.rules.map((rule) => (rule.zones?.includes(old) ? { ...rule, zones: rule.zones.map((zone) => (zone === old ? name : zone)) } : rule)),
    });
  }

  /** @param {number} i @param {string} name */
  toggleZone(i, name) {
    const chosen = this.rules[i].zones ?? [];
    const zones = chosen.includes(name) ? chosen.filter((zone) => zone !== name) : [...chosen, name];
    this.changeRule(i, 'zones', zones.length ? zones : undefined);
  }

  /** @param {number} i @param {string} key @param {unknown} value */
  changeRule(i, key, value) {
    this.change({ rules: this.rules.map((rule, j) => (j === i ? having(rule, key, value) : rule)) });
  }

  /** @param {number} i @param {string} kind */
  changeKind(i, kind) {
    const plain = having(having(this.rules[i], 'more-than', undefined), 'fewer-than', undefined);
    const rule = { ...plain, kind, ...(kind === 'occupancy' ? { 'more-than': 5 } : {}) };
    this.change({ rules: this.rules.map((old, j) => (j === i ? rule : old)) });
  }

  /** @param {number} i @param {string} key */
  changeLimit(i, key) {
    const { 'more-than': more, 'fewer-than': fewer, ...rest } = this.rules[i];
    this.change({ rules: this.rules.map((old, j) => (j === i ? /** @type {Rule} */ ({ ...rest, [key]: more ?? fewer ?? 1 }) : old)) });
  }

  /** @param {Record<string, unknown> & {kind: string}} start @param {string} name */
  addRule(start, name) {
    let free = name;
    for (let number = 2; this.rules.some((rule) => rule.name === free); number++) {
      free = `${name}-${number}`;
    }
    const zones = this.zones.length ? { zones: [this.zones[this.zones.length - 1].name] } : {};
    this.change({ rules: [...this.rules, { name: free, ...start, ...zones }] });
  }

  /** @param {import('./api.js').Regions} changed @private */
  change(changed) {
    const { zones, masks, rules } = this;
    this.dispatchEvent(new CustomEvent('regions', { detail: { zones, masks, rules, ...changed } }));
  }

  /** @param {string} type @param {object} detail @private */
  ask(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** @param {Errors} errors @param {string} path */
function errorsOf(errors, path) {
  const sentences = errors.take(path);
  return sentences.length ? html`<p class="error">${sentences.join('; ')}</p>` : nothing;
}

customElements.define('hw-region-form', RegionForm);
