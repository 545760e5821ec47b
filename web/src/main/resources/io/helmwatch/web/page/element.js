import { ReactiveElement } from '/lib/reactive-element/reactive-element.js';
import { html, nothing, render } from '/lib/lit-html/lit-html.js';
import { store } from './store.js';

/**
 * A custom element that renders into the document itself, so that one style sheet, one focus order and labels across
 * elements work. It is drawn again when one of its properties or the store changes.
 */
export class DeskElement extends ReactiveElement {
  constructor() {
    super();
    /** @private */
    this.redraw = () => this.requestUpdate();
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    store.addEventListener('change', this.redraw);
    this.requestUpdate();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    store.removeEventListener('change', this.redraw);
  }

  /** @param {Map<PropertyKey, unknown>} changed */
  update(changed) {
    super.update(changed);
    render(this.view(), this, { host: this });
  }

  /**
   * What the element shows.
   * @returns {unknown}
   */
  view() {
    return nothing;
  }

  /**
   * A problem as the page shows it; what the banner of the whole page says already is not said twice.
   * @param {string} problem
   */
  alert(problem) {
    return this.isNews(problem) ? html`<p class="error" role="alert">${problem}</p>` : nothing;
  }

  /** @param {string} problem @returns {boolean} whether there is a problem that the banner does not say */
  isNews(problem) {
    return problem !== '' && problem !== store.problem;
  }

  /**
   * The descendant that matches, which the view is known to contain.
   * @param {string} selector
   * @returns {HTMLElement}
   */
  child(selector) {
    return /** @type {HTMLElement} */ (this.querySelector(selector));
  }
}
