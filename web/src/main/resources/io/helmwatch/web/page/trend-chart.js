import { isDark, whenColoursChange } from './theme.js';
import { T } from './texts.js';

/** @typedef {{at: number, share: number | null, incidents: number}} Point at in seconds since 1970, share in percent */

const HEIGHT = 220;

/** @type {Promise<typeof import('uplot')> | null} */
let library = null;

/** uPlot and its style sheet, once they are needed. @returns {Promise<typeof import('uplot')>} */
function uPlot() {
  library ??= new Promise((resolve, reject) => {
    const style = document.createElement('link');
    style.rel = 'stylesheet';
    style.href = '/lib/uplot/uPlot.min.css';
    const script = document.createElement('script');
    script.src = '/lib/uplot/uPlot.iife.min.js';
    script.onload = () => resolve(/** @type {any} */ (window).uPlot);
    script.onerror = reject;
    document.head.append(style, script);
  });
  return library;
}

/** Compliance as a line and incidents as bars over time. Screen readers get a sentence. */
class TrendChart extends HTMLElement {
  constructor() {
    super();
    /** @type {Point[]} */
    this.list = [];
    this.days = 7;
    /** @type {import('uplot') | null} */
    this.chart = null;
    this.unobserve = () => {};
    this.resized = new ResizeObserver(() => this.chart?.setSize({ width: this.clientWidth, height: HEIGHT }));
  }

  /** @param {Point[]} points */
  set points(points) {
    if (JSON.stringify(points) !== JSON.stringify(this.list)) {
      this.list = points;
      this.draw();
    }
  }

  connectedCallback() {
    this.setAttribute('role', 'img');
    this.resized.observe(this);
    this.unobserve = whenColoursChange(() => this.draw());
    this.draw();
  }

  disconnectedCallback() {
    this.resized.disconnect();
    this.unobserve();
    this.chart?.destroy();
    this.chart = null;
  }

  /** @private */
  async draw() {
    const seen = this.list.filter(({ share }) => share !== null);
    this.setAttribute('aria-label', T.overview.trendInWords(seen[0]?.share ?? null, seen[seen.length - 1]?.share ?? null));
    const Chart = await uPlot();
    if (!this.isConnected || this.list.length === 0) {
      return;
    }
    this.chart?.destroy();
    this.replaceChildren();
    const data = /** @type {import('uplot').AlignedData} */ ([
      this.list.map(({ at }) => at),
      this.list.map(({ incidents }) => incidents),
      this.list.map(({ share }) => share),
    ]);
    this.chart = new Chart(options(Chart, this.clientWidth, this.days), data, this);
  }
}

/** @param {typeof import('uplot')} Chart @param {number} width @param {number} days @returns {import('uplot').Options} */
function options(Chart, width, days) {
  const dark = isDark();
  const text = dark ? '#b4bac4' : '#4b5563';
  const grid = { stroke: dark ? '#2b3038' : '#e5e7eb', width: 1 };
  const line = dark ? '#7cb3ff' : '#1d5fbf';
  const bar = dark ? '#565d69' : '#c3c9d2';
  const half = days === 1 ? 1800 : 43200;
  const axis = { stroke: text, grid, ticks: grid };
  const dates = days === 1 ? '{HH}:{mm}' : '{D} {MMM}';
  const format = Chart.fmtDate(dates);
  return {
    width,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: (_chart, low, high) => [low - half, high + half] },
      '%': { range: (_chart, low) => [Math.max(0, Math.floor(((low ?? 95) - 5) / 5) * 5), 100] },
      n: { range: (_chart, _low, high) => [0, Math.max(4, (high ?? 0) * 2.5)] },
    },
    axes: [
      { ...axis, values: (_chart, ticks) => ticks.map((tick) => format(new Date(tick * 1000))) },
      { ...axis, scale: '%', size: 56, values: (_chart, ticks) => ticks.map((tick) => `${tick} %`) },
      { ...axis, scale: 'n', side: 1, grid: { show: false }, values: (_chart, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? String(tick) : '')) },
    ],
    series: [
      { label: T.overview.time, value: (_chart, value) => (value === null || value === undefined ? T.none : Chart.fmtDate(days === 1 ? '{HH}:{mm}' : '{D} {MMM} {YYYY}')(new Date(value * 1000))) },
      { label: T.overview.incidents, scale: 'n', stroke: bar, fill: bar, paths: Chart.paths.bars?.({ size: [0.6, 40] }), points: { show: false }, value: (_chart, value) => (value === null || value === undefined ? T.none : String(value)) },
      { label: T.overview.compliance, scale: '%', stroke: line, width: 2, spanGaps: false, points: { show: true, size: 5 }, value: (_chart, value) => (value === null || value === undefined ? T.none : `${value.toFixed(1)} %`) },
    ],
  };
}

customElements.define('hw-trend-chart', TrendChart);
