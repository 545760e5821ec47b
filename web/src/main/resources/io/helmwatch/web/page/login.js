import { html, nothing } from '/lib/lit-html/lit-html.js';
import { DeskElement } from './element.js';
import { duration } from './format.js';
import { goTo, route } from './route.js';
import { store } from './store.js';
import { T } from './texts.js';

/** Name and password. */
class Login extends DeskElement {
  static properties = { problem: { state: true }, busy: { state: true }, waitsSeconds: { state: true } };

  constructor() {
    super();
    this.problem = '';
    this.busy = false;
    /** Until the server accepts the next attempt. */
    this.waitsSeconds = 0;
    this.timer = 0;
  }

  firstUpdated() {
    this.child('input').focus();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  /** Counts the seconds down that the server asks to wait. @param {number} seconds @private */
  wait(seconds) {
    clearInterval(this.timer);
    const until = Date.now() + seconds * 1000;
    const tick = () => {
      this.waitsSeconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      if (this.waitsSeconds === 0) {
        clearInterval(this.timer);
        this.problem = this.problem === T.login.tooMany ? '' : this.problem;
      }
    };
    this.timer = setInterval(tick, 500);
    tick();
  }

  view() {
    return html`
      <form class="login" @submit=${this.submit}>
        <h1><img src="/icon.svg" alt="" width="28" height="28"> ${T.name}</h1>
        ${store.session?.site ? html`<p class="facts"><bdi>${store.session.site}</bdi></p>` : nothing}
        ${store.loginEnded && !this.problem ? html`<p class="amber" role="status">${T.login.ended}</p>` : nothing}
        <label>${T.login.name}<input name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required></label>
        <label>${T.login.password}<input name="password" type="password" autocomplete="current-password" required></label>
        <p class="error" role="alert">${this.problem}</p>
        <button class="primary" ?disabled=${this.busy || this.waitsSeconds > 0}>${
          this.busy ? T.login.busy : this.waitsSeconds > 0 ? T.login.wait(duration(this.waitsSeconds)) : T.login.submit
        }</button>
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
      const { message, retrySeconds } = /** @type {import('./api.js').Problem} */ (problem);
      this.problem = retrySeconds ? T.login.tooMany : message;
      this.wait(retrySeconds);
      /** @type {HTMLInputElement} */ (this.child('input[name=password]')).select();
    } finally {
      this.busy = false;
    }
  }
}

customElements.define('hw-login', Login);
