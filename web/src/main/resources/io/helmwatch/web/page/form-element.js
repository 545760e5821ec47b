import { Problem } from './api.js';
import { DeskElement } from './element.js';
import { T } from './texts.js';

/** A form that the server answers: what it waits for, what the server said of the fields, and of the whole. */
export class FormElement extends DeskElement {
  /** @type {import('/lib/reactive-element/reactive-element.js').PropertyDeclarations} */
  static properties = { waiting: { state: true }, errors: { state: true }, message: { state: true } };

  constructor() {
    super();
    /** What is being done; empty where nothing is. */
    this.waiting = '';
    /** @type {import('./api.js').FieldError[]} */
    this.errors = [];
    this.message = '';
  }

  /**
   * Does one thing at the server and keeps what it refuses.
   * @param {string} waiting what is done meanwhile
   * @param {() => Promise<void>} action
   */
  async attempt(waiting, action) {
    this.waiting = waiting;
    this.errors = [];
    this.message = '';
    try {
      await action();
    } catch (error) {
      const problem = /** @type {Problem} */ (error);
      this.errors = problem.errors ?? [];
      this.message = this.errors.length ? T.regions.invalid : problem.message;
    } finally {
      this.waiting = '';
    }
  }
}
