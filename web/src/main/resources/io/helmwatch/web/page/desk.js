import { html, nothing } from '/lib/lit-html/lit-html.js';
import { DeskElement } from './element.js';
import { goTo, route } from './route.js';
import { shortcuts } from './shortcuts.js';
import { MAX_COUNTED, store } from './store.js';
import { T } from './texts.js';
import { applyTheme, nextTheme, theme } from './theme.js';
import './camera.js';
import './cameras.js';
import './help.js';
import './incidents.js';
import './login.js';
import './nodes.js';
import './notifications.js';
import './overview.js';
import './report.js';
import './setup.js';
import './system.js';
import './wall.js';

const MAIN_PAGES = ['wall', 'incidents', 'overview', 'report', 'cameras', 'system'];
/** In a cluster there is one more. */
const CLUSTER_PAGES = ['wall', 'incidents', 'overview', 'report', 'cameras', 'nodes', 'system'];

/** The whole page: navigation, the page of the address, notices, help. */
class Desk extends DeskElement {
  static properties = { problem: { state: true } };

  constructor() {
    super();
    this.problem = '';
    this.where = '';
    this.hasClusterKeys = false;
  }

  connectedCallback() {
    this.replaceChildren();
    super.connectedCallback();
    applyTheme();
    window.addEventListener('hashchange', () => this.requestUpdate());
    shortcuts.add([
      { keys: '/', text: T.keys.search, action: () => this.search() },
      { keys: 'g w', text: T.pages.wall, action: () => goTo('wall') },
      { keys: 'g i', text: T.pages.incidents, action: () => goTo('incidents') },
      { keys: 'g o', text: T.pages.overview, action: () => goTo('overview') },
      { keys: 'g r', text: T.pages.report, action: () => goTo('report') },
      { keys: 'g c', text: T.pages.cameras, action: () => goTo('cameras') },
      { keys: 'g s', text: T.pages.system, action: () => goTo('system') },
      { keys: '?', text: T.keys.help, action: () => this.help() },
    ]);
    this.begin();
  }

  async begin() {
    try {
      await store.start();
      this.problem = '';
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
      setTimeout(() => this.begin(), 3000);
    }
  }

  updated() {
    if (store.cluster && !this.hasClusterKeys) {
      this.hasClusterKeys = true;
      shortcuts.add([{ keys: 'g n', text: T.pages.nodes, action: () => goTo('nodes') }]);
    }
    const { page, id } = route();
    const where = `${page}/${id}`;
    document.title = T.title(T.pages[page] ?? '', id, store.newIncidents);
    if (this.where && this.where !== where && this.where.split('/')[0] !== page) {
      this.child('main').focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
    if (this.where !== where) {
      this.showCurrentPage();
    }
    this.where = where;
  }

  /** Scrolls the navigation of a narrow screen to the page that is shown. */
  showCurrentPage() {
    const nav = this.querySelector('nav');
    const current = /** @type {HTMLElement | null} */ (nav?.querySelector('[aria-current=page]') ?? null);
    if (nav && current) {
      nav.scrollLeft = current.offsetLeft + current.offsetWidth - nav.offsetLeft - nav.clientWidth;
    }
  }

  help() {
    /** @type {import('./help.js').Help} */ (this.child('hw-help')).open(shortcuts.list);
  }

  search() {
    /** @type {import('./help.js').Search} */ (this.child('hw-search')).open();
  }

  view() {
    if (!store.session) {
      return html`<main class="alone" role="status">${this.problem || T.starting}</main>`;
    }
    if (!store.mayRead()) {
      return html`<main class="alone" tabindex="-1"><hw-login></hw-login></main>`;
    }
    return html`
      <a class="skip" href="#main" @click=${this.skip}>${T.skip}</a>
      ${this.header()}
      ${store.connected && !store.problem ? nothing : html`<p class="banner" role="alert">${T.sign.warning} ${store.problem || T.live.noConnection}</p>`}
      <main id="main" tabindex="-1">${this.page()}</main>
      ${this.notice()}
      <hw-help></hw-help>
      <hw-search></hw-search>
    `;
  }

  /** @param {Event} event */
  skip(event) {
    event.preventDefault();
    this.child('main').focus();
  }

  header() {
    const { page } = route();
    return html`
      <header>
        <a class="brand" href="#/wall"><img src="/icon.svg" alt="" width="22" height="22"><span>${T.name}</span></a>
        <nav aria-label=${T.navigation}>
          ${(store.cluster ? CLUSTER_PAGES : MAIN_PAGES).map(
            (name) => html`<a href="#/${name}" aria-current=${page === name ? 'page' : 'false'}>${T.pages[name]}${this.badge(name)}</a>`,
          )}
        </nav>
        ${this.account()}
      </header>
    `;
  }

  /** @param {string} name */
  badge(name) {
    const count = store.newIncidents;
    if (name !== 'incidents' || !count) {
      return nothing;
    }
    return html`<span class="badge" title=${T.newIncidents(count)}><span aria-hidden="true">${count < MAX_COUNTED ? count : `${count}+`}</span>
      <span class="hidden">${T.newIncidents(count)}</span></span>`;
  }

  account() {
    const { user, site, login } = /** @type {import('./api.js').Session} */ (store.session);
    const name = user?.name ?? '';
    const cameras = store.streams ? T.cameras(store.streams.length) : '';
    return html`
      <details class="account" @toggle=${this.menuToggled} @keydown=${this.menuKey}>
        <summary><span class="facts">${site ? html`<bdi>${site}</bdi>${cameras ? ' \u00B7 ' : ''}` : nothing}${cameras}</span>
          <span class="who">${name || T.menu}</span></summary>
        <div class="menu">
          <p>${name ? T.loggedInAs(name, T.roles[store.role] ?? store.role) : login === 'none' ? T.noLogin : T.notLoggedIn}</p>
          <button @click=${() => this.search()}>${T.search.title} <kbd>/</kbd></button>
          <button @click=${() => this.help()}>${T.help.title} <kbd>?</kbd></button>
          <button @click=${this.changeTheme}>${T.theme[theme()]}</button>
          ${name ? html`<button class="logout" @click=${() => store.logout()}>${T.login.logout}</button>` : nothing}
          ${!name && login !== 'none' ? html`<button class="login-link" @click=${() => goTo('login')}>${T.login.submit}</button>` : nothing}
        </div>
      </details>
    `;
  }

  changeTheme() {
    nextTheme();
    this.requestUpdate();
  }

  /** @param {KeyboardEvent} event */
  menuKey(event) {
    const menu = /** @type {HTMLDetailsElement} */ (event.currentTarget);
    if (event.key === 'Escape' && menu.open) {
      menu.open = false;
      /** @type {HTMLElement} */ (menu.querySelector('summary')).focus();
    }
  }

  /** @param {Event} event The menu closes when something else gets the focus or is clicked. */
  menuToggled(event) {
    const menu = /** @type {HTMLDetailsElement} */ (event.target);
    const close = (/** @type {Event} */ other) => {
      const isInside = menu.contains(/** @type {Node} */ (other.target));
      if (!isInside || other.type === 'click' && /** @type {HTMLElement} */ (other.target).closest('.menu button')) {
        menu.open = false;
        document.removeEventListener('click', close);
        document.removeEventListener('focusin', close);
      }
    };
    if (menu.open) {
      document.addEventListener('click', close);
      document.addEventListener('focusin', close);
    }
  }

  page() {
    const { page, id, values } = route();
    switch (page) {
      case 'incidents':
        return html`<hw-incidents .selected=${id} .filters=${values}></hw-incidents>`;
      case 'overview':
        return html`<hw-overview></hw-overview>`;
      case 'report':
        return html`<hw-report .values=${values}></hw-report>`;
      case 'cameras':
        return id ? html`<hw-camera .stream=${id} .values=${values}></hw-camera>` : html`<hw-cameras .values=${values}></hw-cameras>`;
      case 'nodes':
        return html`<hw-nodes></hw-nodes>`;
      case 'notifications':
        return html`<hw-notifications></hw-notifications>`;
      case 'system':
        return html`<hw-system></hw-system>`;
      case 'setup':
        return html`<hw-setup></hw-setup>`;
      case 'login':
        return html`<hw-login></hw-login>`;
      default:
        return html`<hw-wall></hw-wall>`;
    }
  }

  notice() {
    const notice = store.notice;
    return html`<div class="notice" role="status" aria-live="polite">${
      notice
        ? html`<p>${notice.text}
            ${notice.undo ? html`<button @click=${() => this.undo(notice)}>${T.undo}</button>` : nothing}
            <button class="quiet" @click=${() => store.dismiss()} aria-label=${T.close}>\u2715</button></p>`
        : nothing
    }</div>`;
  }

  /** @param {{undo?: () => void}} notice */
  undo(notice) {
    store.dismiss();
    notice.undo?.();
  }
}

customElements.define('hw-desk', Desk);
