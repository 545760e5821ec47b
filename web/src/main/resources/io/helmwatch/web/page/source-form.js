import { html, nothing } from '/lib/lit-html/lit-html.js';
import { request } from './api.js';
import { Errors, errorList, field } from './fields.js';
import { FormElement } from './form-element.js';
import { goTo } from './route.js';
import { store } from './store.js';
import { T } from './texts.js';

/** @typedef {import('./api.js').Settings} Settings */

/** Address and credentials of a camera that was added on the page; of one from the file they are only shown. */
class SourceForm extends FormElement {
  static properties = { stream: {}, draft: { state: true } };

  constructor() {
    super();
    /** @type {import('./api.js').Stream | null} */
    this.stream = null;
    /** @type {Settings | null} */
    this.draft = null;
  }

  /** @param {Map<PropertyKey, unknown>} changed */
  willUpdate(changed) {
    const before = /** @type {import('./api.js').Stream | null | undefined} */ (changed.get('stream'));
    if (before && before.id !== this.stream?.id) {
      this.draft = null;
      this.errors = [];
      this.message = '';
    }
  }

  view() {
    const stream = this.stream;
    if (!stream) {
      return nothing;
    }
    const readOnly = stream.origin === 'file' || !store.mayAdminister;
    const settings = this.draft ?? stream.settings ?? {};
    const credentials = /** @type {Record<string, unknown>} */ (settings.credentials ?? {});
    const errors = new Errors(this.errors);
    const set = (/** @type {string} */ key) => (/** @type {string} */ text) => this.set({ ...settings, [key]: text.trim() === '' ? undefined : text });
    const setCredential = (/** @type {string} */ key) => (/** @type {string} */ text) =>
      this.set({ ...settings, credentials: { ...credentials, [key]: text === '' ? undefined : text } });
    const fields = html`
      ${field({ label: T.source.url, path: 'url', value: this.draft ? settings.url : stream.url, readOnly, change: set('url') }, errors)}
      <div class="columns">
        ${field({ label: T.source.username, path: 'credentials.username', value: credentials.username, readOnly, change: setCredential('username') }, errors)}
        ${
          store.cluster
            ? field({ label: T.source.passwordVariable, path: 'credentials.password-env', value: credentials['password-env'], hint: T.source.passwordVariableHint, readOnly, change: setCredential('password-env') }, errors)
            : readOnly
              ? nothing
              : field({ label: T.source.password, path: 'credentials.password', value: credentials.password, type: 'password', placeholder: T.source.keep, autocomplete: 'new-password', change: setCredential('password') }, errors)
        }
        ${field({ label: T.source.transport, path: 'transport', value: settings.transport ?? 'tcp', options: [['tcp', 'TCP'], ['udp', 'UDP']], readOnly, change: set('transport') }, errors)}
        ${field({ label: T.source.fps, path: 'analyze-fps', value: settings['analyze-fps'], placeholder: T.source.all, readOnly, change: (text) => this.set({ ...settings, 'analyze-fps': text.trim() === '' ? undefined : isNaN(Number(text)) ? text : Number(text) }) }, errors)}
      </div>`;
    return html`
      <p class="hint">${stream.origin === 'file' ? T.source.fromFile : store.mayAdminister ? T.source.change : T.source.admin}</p>
      <form @submit=${this.save}>${fields}${errorList(errors.rest())}
        ${
          readOnly
            ? nothing
            : html`<div class="actions"><p class="error" role="alert">${this.message}</p>
                <button class="primary" ?disabled=${this.waiting !== '' || !this.draft}>${T.save}</button>
                <button type="button" class="danger" ?disabled=${this.waiting !== ''} @click=${this.askRemove}>${T.source.remove}</button></div>`
        }
      </form>
      <dialog aria-labelledby="remove-title"><h2 id="remove-title">${T.source.removeTitle(stream.id)}</h2><p>${T.source.removeText}</p>
        <form method="dialog" class="actions"><button class="danger" @click=${this.removeStream}>${T.source.remove}</button><button autofocus>${T.cancel}</button></form></dialog>
    `;
  }

  /** @param {Settings} draft */
  set(draft) {
    this.draft = draft;
  }

  askRemove() {
    /** @type {HTMLDialogElement} */ (this.child('dialog')).showModal();
  }

  /** @param {SubmitEvent} event */
  async save(event) {
    event.preventDefault();
    const id = this.stream?.id ?? '';
    await this.attempt('save', async () => {
      store.replace(await request('PUT', `/streams/${encodeURIComponent(id)}`, { ...this.draft, id }));
      this.draft = null;
      store.notify(T.source.saved(id));
    });
  }

  async removeStream() {
    const id = this.stream?.id ?? '';
    await this.attempt('remove', async () => {
      await request('DELETE', `/streams/${encodeURIComponent(id)}`);
      await store.refreshStreams();
      store.notify(T.source.removed(id));
      goTo('cameras');
    });
  }
}

customElements.define('hw-source-form', SourceForm);
