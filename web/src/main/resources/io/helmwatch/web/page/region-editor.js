import { html, nothing, svg } from '/lib/lit-html/lit-html.js';
import { DeskElement } from './element.js';
import { T } from './texts.js';

/**
 * @typedef {import('./api.js').Corner} Corner
 * @typedef {import('./api.js').Zone} Zone
 * @typedef {import('./api.js').Mask} Mask
 * @typedef {'zones' | 'masks'} Kind
 * @typedef {{kind: Kind, index: number, corner: number | null, from: Corner, polygon: Corner[]}} Drag
 */

const WIDTH = 1000;
const CLICK_DISTANCE = 0.012;
const STEP = 0.01;
const BIG_STEP = 0.05;
const MIN_CORNERS = 3;
const MAX_CORNERS = 64;

/** @param {number} value */
const rounded = (value) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;

/**
 * Zones and masks over a picture, drawn and changed with mouse, finger or keyboard. Event "regions" with the changed lists; event
 * "selection" when another one is selected.
 */
export class RegionEditor extends DeskElement {
  static properties = {
    zones: {},
    masks: {},
    size: {},
    drawing: { state: true },
    points: { state: true },
    pointer: { state: true },
    selected: { state: true },
  };

  constructor() {
    super();
    /** @type {Zone[]} */
    this.zones = [];
    /** @type {Mask[]} */
    this.masks = [];
    /** Size of the picture. @type {{width: number, height: number}} */
    this.size = { width: 16, height: 9 };
    /** @type {Kind | null} */
    this.drawing = null;
    /** Corners of the polygon that is being drawn. @type {Corner[]} */
    this.points = [];
    /** @type {Corner | null} */
    this.pointer = null;
    /** @type {{kind: Kind, index: number} | null} */
    this.selected = null;
    /** @type {Drag | null} */
    this.drag = null;
    /** @type {Corner | null} */
    this.pressedAt = null;
  }

  get height() {
    return (WIDTH * this.size.height) / this.size.width;
  }

  /**
   * The next clicks draw a polygon; a drag draws a rectangle.
   * @param {Kind} kind
   * @param {boolean} byKeyboard a rectangle is placed at once, to be moved with the arrow keys
   */
  draw(kind, byKeyboard) {
    this.selected = null;
    if (byKeyboard) {
      this.finish(kind, [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]]);
      this.updateComplete.then(() => /** @type {SVGElement | null} */ (this.querySelector('.corner'))?.focus());
      return;
    }
    this.drawing = kind;
    this.points = [];
  }

  cancel() {
    this.drawing = null;
    this.points = [];
    this.pressedAt = null;
  }

  /** @param {Kind} kind @param {number} index */
  removeRegion(kind, index) {
    this.selected = null;
    this.changeList(kind, this[kind].filter((_, i) => i !== index));
  }

  view() {
    return html`<svg class="regions ${this.drawing ? 'drawing' : ''}" viewBox="0 0 ${WIDTH} ${this.height}" preserveAspectRatio="none"
      role="group" aria-label=${T.editor.label} @pointerdown=${this.pressed} @pointermove=${this.moved} @pointerup=${this.released}
      @pointercancel=${this.released} @dblclick=${this.doubleClicked} @keydown=${this.key}>
      ${this.masks.map((mask, i) => this.region('masks', mask.polygon, i, T.editor.mask(i + 1)))}
      ${this.zones.map((zone, i) => this.region('zones', zone.polygon, i, zone.name))}
      ${this.drawing ? this.unfinished() : nothing}
    </svg>`;
  }

  /** @param {Kind} kind @param {Corner[]} polygon @param {number} index @param {string} name */
  region(kind, polygon, index, name) {
    const isSelected = this.selected?.kind === kind && this.selected.index === index;
    const points = polygon.map((corner) => this.at(corner).join(',')).join(' ');
    const [x, y] = this.at(polygon.reduce((best, corner) => (corner[1] < best[1] ? corner : best), polygon[0] ?? [0, 0]));
    return svg`<g class="region ${kind} ${isSelected ? 'selected' : ''}">
      <polygon points=${points} tabindex="0" role="button" aria-label=${T.editor.region(kind, name)} aria-pressed=${isSelected}
        data-kind=${kind} data-index=${index}></polygon>
      <text x=${Math.min(x + 8, WIDTH - 80)} y=${Math.max(22, y + 24)}>${name}</text>
      ${isSelected ? polygon.map((corner, i) => this.middle(polygon, kind, index, i)) : nothing}
      ${isSelected ? polygon.map((corner, i) => this.corner(corner, kind, index, i, name)) : nothing}
    </g>`;
  }

  /** @param {Corner} corner @param {Kind} kind @param {number} index @param {number} i @param {string} name */
  corner(corner, kind, index, i, name) {
    const [x, y] = this.at(corner);
    return svg`<circle class="corner" cx=${x} cy=${y} r="9" tabindex="0" role="button" data-kind=${kind} data-index=${index} data-corner=${i}
      aria-label=${T.editor.corner(i + 1, name, corner)}></circle>`;
  }

  /** A handle that becomes a new corner. @param {Corner[]} polygon @param {Kind} kind @param {number} index @param {number} i */
  middle(polygon, kind, index, i) {
    const [a, b] = [polygon[i], polygon[(i + 1) % polygon.length]];
    const [x, y] = this.at([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
    return svg`<circle class="middle" cx=${x} cy=${y} r="6" data-kind=${kind} data-index=${index} data-middle=${i}></circle>`;
  }

  unfinished() {
    const all = this.pointer ? [...this.points, this.pointer] : this.points;
    const rectangle = this.pressedAt && this.pointer && distance(this.pressedAt, this.pointer) > CLICK_DISTANCE && this.points.length === 0;
    const shown = rectangle && this.pressedAt && this.pointer ? corners(this.pressedAt, this.pointer) : all;
    return svg`<g class="unfinished"><polygon points=${shown.map((corner) => this.at(corner).join(',')).join(' ')}></polygon>
      ${this.points.map((corner) => svg`<circle cx=${this.at(corner)[0]} cy=${this.at(corner)[1]} r="7"></circle>`)}</g>`;
  }

  /** @param {Corner} corner @returns {[number, number]} */
  at([x, y]) {
    return [x * WIDTH, y * this.height];
  }

  /** @param {PointerEvent | MouseEvent} event @returns {Corner} */
  cornerOf(event) {
    const area = this.child('svg').getBoundingClientRect();
    return [rounded((event.clientX - area.left) / area.width), rounded((event.clientY - area.top) / area.height)];
  }

  /** @param {PointerEvent} event */
  pressed(event) {
    if (event.button !== 0) {
      return;
    }
    const at = this.cornerOf(event);
    const target = /** @type {SVGElement} */ (event.target);
    if (this.drawing) {
      event.preventDefault();
      this.child('svg').setPointerCapture(event.pointerId);
      this.pressedAt = at;
      this.pointer = at;
      return;
    }
    const kind = /** @type {Kind | undefined} */ (target.dataset.kind);
    if (!kind) {
      this.select(null);
      return;
    }
    const index = Number(target.dataset.index);
    this.select({ kind, index });
    let polygon = this[kind][index].polygon;
    let corner = target.dataset.corner === undefined ? null : Number(target.dataset.corner);
    if (target.dataset.middle !== undefined && polygon.length < MAX_CORNERS) {
      corner = Number(target.dataset.middle) + 1;
      polygon = [...polygon.slice(0, corner), at, ...polygon.slice(corner)];
    }
    this.drag = { kind, index, corner, from: at, polygon };
    this.child('svg').setPointerCapture(event.pointerId);
    if (corner === null) {
      event.preventDefault();
      target.focus();
    }
  }

  /** @param {PointerEvent} event */
  moved(event) {
    const at = this.cornerOf(event);
    if (this.drawing) {
      this.pointer = at;
      return;
    }
    if (!this.drag) {
      return;
    }
    const { kind, index, corner, from, polygon } = this.drag;
    if (corner === null && distance(from, at) < CLICK_DISTANCE / 2) {
      return;
    }
    this.changePolygon(kind, index, corner === null ? shifted(polygon, at[0] - from[0], at[1] - from[1]) : replaced(polygon, corner, at));
  }

  /** @param {PointerEvent} event */
  released(event) {
    this.drag = null;
    if (!this.drawing || !this.pressedAt) {
      return;
    }
    const from = this.pressedAt;
    const at = this.cornerOf(event);
    this.pressedAt = null;
    if (event.type === 'pointercancel') {
      return;
    }
    if (this.points.length === 0 && distance(from, at) > CLICK_DISTANCE) {
      this.finish(this.drawing, corners(from, at));
    } else if (this.points.length >= MIN_CORNERS && distance(this.points[0], at) < CLICK_DISTANCE * 1.5) {
      this.finish(this.drawing, this.points);
    } else if (this.points.length < MAX_CORNERS) {
      this.points = [...this.points, at];
    }
  }

  doubleClicked() {
    if (this.drawing && this.points.length > MIN_CORNERS) {
      this.finish(this.drawing, this.points.slice(0, -1));
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {SVGElement} */ (event.target);
    const kind = /** @type {Kind | undefined} */ (target.dataset.kind);
    if (!kind) {
      return;
    }
    const index = Number(target.dataset.index);
    const corner = target.dataset.corner === undefined ? null : Number(target.dataset.corner);
    const polygon = this[kind][index].polygon;
    const step = event.shiftKey ? BIG_STEP : STEP;
    const [x, y] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key] ?? [0, 0];
    if (x || y) {
      const moved = corner === null ? shifted(polygon, x, y) : replaced(polygon, corner, [rounded(polygon[corner][0] + x), rounded(polygon[corner][1] + y)]);
      this.changePolygon(kind, index, moved);
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      if (corner === null) {
        this.removeRegion(kind, index);
      } else if (polygon.length > MIN_CORNERS) {
        this.changePolygon(kind, index, polygon.filter((_, i) => i !== corner));
      }
    } else if ((event.key === 'Enter' || event.key === ' ') && corner === null) {
      this.select({ kind, index });
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Keys that do not need the focus. @param {KeyboardEvent} event @returns {boolean} whether it meant the drawing */
  globalKey(event) {
    if (event.key === 'Escape' && (this.drawing || this.selected)) {
      this.drawing ? this.cancel() : this.select(null);
      return true;
    }
    if (event.key === 'Enter' && this.drawing && this.points.length >= MIN_CORNERS) {
      this.finish(this.drawing, this.points);
      return true;
    }
    return false;
  }

  /** @param {Kind} kind @param {Corner[]} polygon @private */
  finish(kind, polygon) {
    this.cancel();
    const list = kind === 'zones' ? [...this.zones, { name: this.freeName(), polygon }] : [...this.masks, { polygon }];
    this.changeList(kind, list);
    this.select({ kind, index: list.length - 1 });
  }

  /** @returns {string} @private */
  freeName() {
    let number = this.zones.length + 1;
    while (this.zones.some(({ name }) => name === T.editor.newZone(number))) {
      number++;
    }
    return T.editor.newZone(number);
  }

  /** @param {{kind: Kind, index: number} | null} selected */
  select(selected) {
    this.selected = selected;
    this.dispatchEvent(new CustomEvent('selection', { detail: selected }));
  }

  /** @param {Kind} kind @param {number} index @param {Corner[]} polygon @private */
  changePolygon(kind, index, polygon) {
    this.changeList(kind, this[kind].map((region, i) => (i === index ? { ...region, polygon } : region)));
  }

  /** @param {Kind} kind @param {(Zone | Mask)[]} list @private */
  changeList(kind, list) {
    if (kind === 'zones') {
      this.zones = /** @type {Zone[]} */ (list);
    } else {
      this.masks = list;
    }
    this.dispatchEvent(new CustomEvent('regions', { detail: { zones: this.zones, masks: this.masks } }));
  }
}

/** @param {Corner} a @param {Corner} b */
function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** @param {Corner} a @param {Corner} b @returns {Corner[]} of the rectangle */
function corners(a, b) {
  const [left, right] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
  const [top, bottom] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])];
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

/** Moved as far as the picture allows. @param {Corner[]} polygon @param {number} x @param {number} y @returns {Corner[]} */
function shifted(polygon, x, y) {
  const within = (/** @type {number} */ shift, /** @type {number[]} */ values) =>
    Math.max(-Math.min(...values), Math.min(1 - Math.max(...values), shift));
  const right = within(x, polygon.map(([value]) => value));
  const down = within(y, polygon.map(([, value]) => value));
  return polygon.map((corner) => [rounded(corner[0] + right), rounded(corner[1] + down)]);
}

/** @param {Corner[]} polygon @param {number} index @param {Corner} corner @returns {Corner[]} */
function replaced(polygon, index, corner) {
  return polygon.map((old, i) => (i === index ? corner : old));
}

customElements.define('hw-region-editor', RegionEditor);
