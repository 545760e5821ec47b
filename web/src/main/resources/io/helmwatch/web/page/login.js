import { html, nothing } from '/lib/lit-html/lit-html.js';
import { DeskElement } from './element.js';
import { goTo, route } from './route.js';
import { store } from './store.js';
import { T } from './texts.js';

/** Name and password. */
class Login extends DeskElement {
  static properties = { problem: { state: true }, busy: { state: true } };

  constructor() {
    super();
    this.problem = '';
    this.busy = false;
  }

  firstUpdated() {
    this.child('input').focus();
  }

  view() {
    return html`
      <form class="login" @submit=${this.submit}>
        <h1><img src="/icon.svg" alt="" width="28" height="28"> ${T.name}</h1>
        ${store.session?.site ? html`<p class="facts">${store.session.site}</p>` : nothing}
        <label>${T.login.name}<input name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required></label>
        <label>${T.login.password}<input name="password" type="password" autocomplete="current-password" required></label>
        <p class="error" role="alert">${this.problem}</p>
        <button class="primary" ?disabled=${this.busy}>${this.busy ? T.login.busy : T.login.submit}</button>
      </form>
    `;
  }

  /** @param {SubmitEvent} event */
  async submit(event) {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    this.busy = true;
    this.problem = '';
    try {
      await store.login(String(form.get('username')), String(form.get('password')));
      if (route().page === 'login') {
        goTo('wall');
      }
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
      /** @type {HTMLInputElement} */ (this.child('input[name=password]')).select();
    } finally {
      this.busy = false;
    }
  }
}

customElements.define('hw-login', Login);
