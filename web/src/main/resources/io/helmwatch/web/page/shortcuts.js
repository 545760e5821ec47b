/** @typedef {{keys: string, text: string, action: () => void}} Shortcut */

const SEQUENCE_MILLIS = 1200;

/** Keys of the page. They do nothing while somebody types, in dialogs, or with a modifier. */
class Shortcuts {
  constructor() {
    /** @type {Shortcut[]} */
    this.list = [];
    this.before = '';
    this.beforeAt = 0;
    document.addEventListener('keydown', (event) => this.pressed(event));
  }

  /**
   * @param {Shortcut[]} added each with one key, or two separated by a space
   * @returns {() => void} removes them
   */
  add(added) {
    this.list = [...this.list, ...added];
    return () => {
      this.list = this.list.filter((shortcut) => !added.includes(shortcut));
    };
  }

  /** @param {KeyboardEvent} event @private */
  pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const isElsewhere = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented;
    if (isElsewhere || isTyping(target) || document.querySelector('dialog[open]')) {
      return;
    }
    const sequence = performance.now() - this.beforeAt < SEQUENCE_MILLIS ? `${this.before} ${event.key}` : '';
    const found = this.list.find(({ keys }) => keys === sequence) ?? this.list.find(({ keys }) => keys === event.key);
    this.before = found ? '' : event.key;
    this.beforeAt = performance.now();
    if (found) {
      event.preventDefault();
      found.action();
    }
  }
}

/** @param {HTMLElement} element */
function isTyping(element) {
  return element.matches('input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]');
}

export const shortcuts = new Shortcuts();
