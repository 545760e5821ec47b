import { DeskElement } from './element.js';

/** A page that loads what it shows again and again while it is visible. */
export class ReloadingPage extends DeskElement {
  /** @param {number} everyMillis */
  constructor(everyMillis) {
    super();
    this.everyMillis = everyMillis;
    this.timer = 0;
  }

  connectedCallback() {
    super.connectedCallback();
    this.load();
    this.timer = setInterval(() => document.hidden || this.load(), this.everyMillis);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  /** Loads what the page shows; problems are shown, not thrown. */
  async load() {}
}
