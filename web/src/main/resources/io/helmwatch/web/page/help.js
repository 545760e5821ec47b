import { html, nothing } from '/lib/lit-html/lit-html.js';
import { DeskElement } from './element.js';
import { address } from './route.js';
import { store } from './store.js';
import { T } from './texts.js';

/** What the keys and signs of the page mean. */
export class Help extends DeskElement {
  constructor() {
    super();
    /** @type {import('./shortcuts.js').Shortcut[]} */
    this.shortcuts = [];
  }

  /** @param {import('./shortcuts.js').Shortcut[]} shortcuts those that work now */
  open(shortcuts) {
    this.shortcuts = shortcuts;
    this.requestUpdate();
    /** @type {HTMLDialogElement} */ (this.child('dialog')).showModal();
  }

  view() {
    return html`
      <dialog aria-labelledby="help-title">
        <form method="dialog"><h2 id="help-title">${T.help.title}</h2><button class="quiet" aria-label=${T.close}>\u2715</button></form>
        <h3 class="keyboard">${T.help.keys}</h3>
        <dl class="keys keyboard">${this.shortcuts.map(
          ({ keys, text }) => html`<div><dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${text}</dd></div>`,
        )}</dl>
        <h3>${T.help.signs}</h3>
        <dl class="keys">${T.help.signList.map(
          ([sign, tint, text]) => html`<div><dt class=${tint}>${sign}</dt><dd>${text}</dd></div>`,
        )}</dl>
        <p class="facts">${T.help.version(store.session?.version ?? '')}</p>
      </dialog>
    `;
  }
}

/** Goes to a page, a camera or the incidents of a zone by a few letters. */
export class Search extends DeskElement {
  static properties = { text: { state: true }, at: { state: true } };

  constructor() {
    super();
    this.text = '';
    this.at = 0;
  }

  open() {
    this.text = '';
    this.at = 0;
    const dialog = /** @type {HTMLDialogElement} */ (this.child('dialog'));
    const input = /** @type {HTMLInputElement} */ (this.child('input'));
    input.value = '';
    dialog.showModal();
    input.focus();
    this.requestUpdate();
  }

  close() {
    /** @type {HTMLDialogElement} */ (this.child('dialog')).close();
  }

  view() {
    const dialog = /** @type {HTMLDialogElement | null} */ (this.querySelector('dialog'));
    const results = dialog?.open ? this.results() : [];
    return html`
      <dialog class="search" aria-label=${T.search.title}>
        <input type="search" role="combobox" aria-expanded="true" aria-controls="search-results" aria-label=${T.search.title}
          aria-activedescendant=${results.length ? `result-${this.at}` : nothing}
          placeholder=${T.search.placeholder} @input=${this.typed} @keydown=${this.pressed}>
        <ul id="search-results" role="listbox">${results.map(
          ({ text, kind, href }, i) =>
            html`<li role="none"><a id="result-${i}" role="option" aria-selected=${i === this.at} href=${href} tabindex="-1"
              @click=${() => this.close()}>${text} <span class="facts">${kind}</span></a></li>`,
        )}</ul>
        ${results.length === 0 ? html`<p class="facts">${T.search.nothing(this.text)}</p>` : nothing}
      </dialog>
    `;
  }

  /** @returns {{text: string, kind: string, href: string}[]} */
  results() {
    const streams = store.streams ?? [];
    const zones = streams.flatMap((stream) =>
      (stream.settings?.zones ?? []).map((zone) => ({ stream: stream.id, zone: zone.name })),
    );
    const all = [
      ...streams.map(({ id }) => ({ text: id, kind: T.search.camera, href: address('cameras', id) })),
      ...Object.entries(T.pages)
        .filter(([page]) => page !== 'login' && (page !== 'setup' || store.mayAdminister) && (page !== 'nodes' || store.cluster) && (page !== 'notifications' || store.mayOperate))
        .map(([page, text]) => ({ text, kind: T.search.page, href: address(page) })),
      ...zones.map(({ stream, zone }) => ({
        text: `${zone} (${stream})`,
        kind: T.search.zoneIncidents,
        href: address('incidents', '', { stream, zone }),
      })),
    ];
    const words = this.text.toLowerCase().split(/\s+/).filter(Boolean);
    return all.filter(({ text }) => words.every((word) => text.toLowerCase().includes(word))).slice(0, 12);
  }

  /** @param {Event} event */
  typed(event) {
    this.text = /** @type {HTMLInputElement} */ (event.target).value;
    this.at = 0;
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const results = this.results();
    if (event.key === 'Escape') {
      event.preventDefault();
      this.close();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      this.at = (this.at + (event.key === 'ArrowDown' ? 1 : results.length - 1)) % Math.max(1, results.length);
    } else if (event.key === 'Enter' && results[this.at]) {
      event.preventDefault();
      this.close();
      location.hash = results[this.at].href;
    }
  }
}

customElements.define('hw-help', Help);
customElements.define('hw-search', Search);
