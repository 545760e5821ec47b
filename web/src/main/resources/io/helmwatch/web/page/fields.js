import { html, nothing } from '/lib/lit-html/lit-html.js';
import { live } from '/lib/lit-html/directives/live.js';

/**
 * @typedef {import('./api.js').FieldError} FieldError
 * @typedef {{label: string, path: string, value: unknown, hint?: string, placeholder?: string, type?: string, options?: [string, string][],
 *   readOnly?: boolean, autocomplete?: string, required?: boolean, change: (value: string) => void}} Field
 */

/** Errors of a form: a field takes its own, and what no field took is shown beside the button. */
export class Errors {
  /** @param {FieldError[]} errors */
  constructor(errors) {
    this.errors = errors;
    /** @type {Set<FieldError>} */
    this.taken = new Set();
  }

  /** @param {string} path key path of a field @returns {string[]} sentences */
  take(path) {
    const own = this.errors.filter(({ field }) => field === path || (path !== '' && (field.startsWith(path + '.') || field.startsWith(path + '['))));
    const fresh = own.filter((error) => !this.taken.has(error));
    fresh.forEach((error) => this.taken.add(error));
    return fresh.map(({ message }) => message);
  }

  /** @returns {string[]} sentences that no field took */
  rest() {
    return this.errors
      .filter((error) => !this.taken.has(error))
      .map(({ field, message }) => (field ? `${field}: ${message}` : message));
  }
}

/**
 * A labelled input with what the server said about it.
 * @param {Field} field
 * @param {Errors} errors
 */
export function field(field, errors) {
  const sentences = errors.take(field.path);
  const id = 'field-' + field.path.replace(/[^a-z0-9]+/gi, '-');
  const described = sentences.length || field.hint ? `${id}-about` : nothing;
  return html`<div class="field">
    <label for=${id}>${field.label}</label>
    ${input(field, id, sentences.length > 0, described)}
    ${
      sentences.length || field.hint
        ? html`<p id="${id}-about" class=${sentences.length ? 'error' : 'hint'}>${sentences.join('; ') || field.hint}</p>`
        : nothing
    }
  </div>`;
}

/** @param {Field} field @param {string} id @param {boolean} isInvalid @param {unknown} described */
function input(field, id, isInvalid, described) {
  const change = (/** @type {Event} */ event) => field.change(/** @type {HTMLInputElement} */ (event.target).value);
  const value = field.value === undefined || field.value === null ? '' : String(field.value);
  if (field.options) {
    return html`<select id=${id} name=${field.path} ?disabled=${field.readOnly} aria-invalid=${isInvalid} aria-describedby=${described} @change=${change}>
      ${field.options.map(([key, text]) => html`<option value=${key} ?selected=${key === value}>${text}</option>`)}
    </select>`;
  }
  return html`<input id=${id} name=${field.path} type=${field.type ?? 'text'} .value=${live(value)} ?disabled=${field.readOnly}
    ?required=${field.required} placeholder=${field.placeholder ?? ''} autocomplete=${field.autocomplete ?? 'off'} spellcheck="false"
    autocapitalize="none" aria-invalid=${isInvalid} aria-describedby=${described} @input=${change}>`;
}

/** @param {string[]} sentences */
export function errorList(sentences) {
  return html`<div role="alert">${sentences.length ? html`<ul class="error">${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>` : nothing}</div>`;
}
