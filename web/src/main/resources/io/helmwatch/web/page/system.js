import { html, nothing } from '/lib/lit-html/lit-html.js';
import { Problem, query, request } from './api.js';
import { bytes, duration, fullTime, percent, rate, time } from './format.js';
import { ReloadingPage } from './reloading.js';
import { store } from './store.js';
import { T } from './texts.js';

/**
 * @typedef {{version: string, startedAt: string, site: string, backend: string, model: string,
 *   workers: number, cpus: number,
 *   pipeline: {wantedFps: number, analysedFps: number, droppedFps: Record<string, number>},
 *   kafka: {state: string, queued: number, lastAcknowledgedAt: string | null} | null,
 *   spool: {messages: number, bytes: number, oldestAt: string | null, deadLetters: number} | null,
 *   disks: {path: string, freeBytes: number, totalBytes: number}[],
 *   process: {cpuCores: number, residentBytes: number, heapBytes: number, heapMaxBytes: number},
 *   gpus: {name: string, memoryUsedBytes: number, memoryTotalBytes: number}[]}} System
 * @typedef {{at: string, user: string, role: string, action: string, target: string, outcome: string, remote: string}} Entry
 */

const REFRESH_MILLIS = 3000;
const AUDIT_LIMIT = 100;
const LITTLE_DISK = 0.1;

/** Is the system healthy? */
class SystemPage extends ReloadingPage {
  static properties = { system: { state: true }, problem: { state: true }, entries: { state: true }, auditProblem: { state: true } };

  constructor() {
    super(REFRESH_MILLIS);
    /** @type {System | null} */
    this.system = null;
    this.problem = '';
    /** @type {Entry[] | null} */
    this.entries = null;
    this.auditProblem = '';
  }

  connectedCallback() {
    super.connectedCallback();
    this.loadAudit();
  }

  async load() {
    try {
      this.system = await request('GET', '/system');
      this.problem = '';
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
  }

  async loadAudit() {
    if (!store.mayAdminister) {
      return;
    }
    try {
      this.entries = (await request('GET', '/audit' + query({ limit: AUDIT_LIMIT }))).entries;
      this.auditProblem = '';
    } catch (problem) {
      this.auditProblem = /** @type {Problem} */ (problem).message;
    }
  }

  view() {
    const system = this.system;
    return html`
      <div class="bar"><h1>${T.pages.system}</h1>
        ${system ? html`<p class="facts">${T.system.running(system.version, duration(store.age(system.startedAt)))}</p>` : nothing}
        ${store.mayOperate ? html`<a class="button" href="#/notifications">${T.pages.notifications}</a>` : nothing}
        ${store.mayAdminister ? html`<button class="reload" @click=${this.reload}>${T.system.reload}</button>` : nothing}</div>
      ${this.alert(this.problem)}
      ${!system && !this.isNews(this.problem) ? html`<p class="empty" role="status">${T.system.loading}</p>` : nothing}
      ${system ? html`<div class="cards">${this.pipeline(system)}${this.delivery(system)}${this.machine(system)}${this.software(system)}</div>` : nothing}
      ${this.audit()}
    `;
  }

  /** @param {string} title @param {[string, unknown, string?, string?][]} rows name, value, metric, class */
  card(title, rows) {
    return html`<section class="card"><h2>${title}</h2><dl class="facts-list">${rows.map(
      ([name, value, metric, tint]) => html`<div><dt>${metric ? html`<a href="/metrics" title=${T.system.metric(metric)}>${name}</a>` : name}</dt>
        <dd class=${tint ?? ''}>${value}</dd></div>`,
    )}</dl></section>`;
  }

  /** @param {System} system */
  pipeline({ pipeline, backend, workers, cpus }) {
    const dropped = Object.entries(pipeline.droppedFps ?? {}).filter(([, fps]) => fps >= 0.05);
    const behind = pipeline.wantedFps > 0 && pipeline.analysedFps < 0.9 * pipeline.wantedFps;
    return this.card(T.system.pipeline, [
      [T.system.wanted, `${rate(pipeline.wantedFps)} fps`, 'helmwatch_frames_decoded_total'],
      [T.system.analysed, `${behind ? T.sign.warning + ' ' : ''}${rate(pipeline.analysedFps)} fps${behind ? `, ${T.system.behind}` : ''}`, 'helmwatch_frames_analysed_total', behind ? 'amber' : ''],
      ...(dropped.length
        ? dropped.map(([cause, fps]) => /** @type {[string, string, string]} */ ([T.system.dropped(T.causes[cause] ?? cause), `${rate(fps)} fps`, 'helmwatch_frames_dropped_total']))
        : [/** @type {[string, string, string]} */ ([T.health.dropped, T.health.nothingDropped, 'helmwatch_frames_dropped_total'])]),
      [T.system.backend, T.system.workers(backend, workers, cpus)],
    ]);
  }

  /** @param {System} system */
  delivery({ kafka, spool }) {
    /** @type {[string, unknown, string?, string?][]} */
    const rows = kafka
      ? [
          [T.system.kafka, T.system.kafkaStates[kafka.state] ?? kafka.state, undefined, kafka.state === 'available' || kafka.state === 'connected' ? 'green' : 'amber'],
          [T.system.queued, String(kafka.queued)],
          [T.system.acknowledged, kafka.lastAcknowledgedAt ? T.ago(duration(store.age(kafka.lastAcknowledgedAt))) : T.system.never],
        ]
      : [[T.system.kafka, T.system.noKafka]];
    if (spool) {
      const age = store.age(spool.oldestAt);
      rows.push(
        [T.system.spool, spool.messages ? T.system.waiting(spool.messages, bytes(spool.bytes)) : T.system.spoolEmpty, 'helmwatch_incident_spool_messages'],
        [T.system.oldest, isNaN(age) ? T.none : duration(age), 'helmwatch_incident_spool_oldest_age_seconds', age > 60 ? 'amber' : ''],
        [T.system.deadLetters, String(spool.deadLetters), undefined, spool.deadLetters ? 'red' : ''],
      );
    }
    return this.card(T.system.delivery, rows);
  }

  /** @param {System} system */
  machine({ process, cpus, disks, gpus }) {
    return this.card(T.system.machine, [
      [T.system.cpu, T.system.cores(rate(process.cpuCores), cpus), 'process_cpu_usage'],
      [T.system.memory, bytes(process.residentBytes)],
      [T.system.heap, `${bytes(process.heapBytes)} / ${bytes(process.heapMaxBytes)}`, 'jvm_memory_used_bytes'],
      ...(gpus.length
        ? gpus.map((gpu) => /** @type {[string, string]} */ ([gpu.name, T.system.gpuMemory(bytes(gpu.memoryUsedBytes), bytes(gpu.memoryTotalBytes))]))
        : [/** @type {[string, string]} */ ([T.system.gpu, T.system.noGpu])]),
      ...disks.map((disk) => {
        const free = disk.freeBytes / disk.totalBytes;
        return /** @type {[string, string, undefined, string]} */ ([T.system.disk(disk.path), `${free < LITTLE_DISK ? T.sign.warning + ' ' : ''}${T.system.free(bytes(disk.freeBytes), percent(free))}`, undefined, free < LITTLE_DISK ? 'amber' : '']);
      }),
    ]);
  }

  /** @param {System} system */
  software({ version, model, site, startedAt }) {
    return this.card(T.system.software, [
      [T.name, version],
      [T.system.model, model || T.none],
      [T.system.site, site ? html`<bdi>${site}</bdi>` : T.none],
      [T.system.started, html`<span title=${fullTime(startedAt)}>${time(startedAt)}</span>`],
      [T.system.metrics, html`<a href="/metrics">/metrics</a>`],
      [T.system.api, html`<a href="/api/v1/openapi.json">OpenAPI</a>`],
    ]);
  }

  audit() {
    if (!store.mayAdminister) {
      return html`<section class="card"><h2>${T.audit.title}</h2><p class="hint">${T.audit.admin}</p></section>`;
    }
    return html`<section class="card"><h2>${T.audit.title}</h2>
      ${this.alert(this.auditProblem)}
      ${this.entries?.length === 0 ? html`<p class="hint">${T.audit.empty}</p>` : nothing}
      ${
        this.entries?.length
          ? html`<div class="scroll"><table class="list"><thead><tr><th scope="col">${T.audit.time}</th><th scope="col">${T.audit.user}</th><th scope="col">${T.audit.action}</th><th scope="col">${T.audit.target}</th><th scope="col">${T.audit.outcome}</th><th scope="col">${T.audit.from}</th></tr></thead>
              <tbody>${this.entries.map(
                (entry) => html`<tr><td data-label=${T.audit.time} title=${fullTime(entry.at)}>${time(entry.at)}</td><td data-label=${T.audit.user}>${entry.user || T.none} <span class="facts">${entry.role}</span></td><td data-label=${T.audit.action}>${entry.action}</td><td data-label=${T.audit.target}>${entry.target || T.none}</td><td data-label=${T.audit.outcome} class=${entry.outcome === 'ok' ? '' : 'amber'}>${entry.outcome}</td><td data-label=${T.audit.from}>${entry.remote}</td></tr>`,
              )}</tbody></table></div>`
          : nothing
      }</section>`;
  }

  async reload() {
    try {
      const answer = await request('POST', '/reload');
      store.notify(answer?.message ?? T.system.reloaded);
      await store.refreshStreams();
    } catch (error) {
      const problem = /** @type {Problem} */ (error);
      store.notify([problem.message, ...problem.errors.map(({ field, message }) => `${field}: ${message}`)].join('; '));
    }
    this.loadAudit();
  }
}

customElements.define('hw-system', SystemPage);
