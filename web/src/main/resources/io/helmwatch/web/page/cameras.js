import { html, nothing } from '/lib/lit-html/lit-html.js';
import { DeskElement } from './element.js';
import { fullTime, rate, time } from './format.js';
import { address, replaceWith } from './route.js';
import { store } from './store.js';
import { T } from './texts.js';
import { STATE_SIGNS, tintOfState } from './wall.js';

/** @typedef {import('./api.js').Stream} Stream */

/** A longer list has pages and a filter. */
const PAGE_SIZE = 100;
/** In the address: cameras that no node has. */
const NO_NODE = '-';

/** All cameras as a table. */
class Cameras extends DeskElement {
  static properties = { values: {}, text: { state: true }, first: { state: true } };

  constructor() {
    super();
    /** @type {Record<string, string>} */
    this.values = {};
    this.text = '';
    this.first = 0;
  }

  view() {
    const streams = store.streams;
    const matching = (streams ?? []).filter((stream) => this.isWanted(stream));
    const first = Math.min(this.first, Math.max(0, Math.ceil(matching.length / PAGE_SIZE) - 1) * PAGE_SIZE);
    return html`
      <div class="bar"><h1>${T.pages.cameras}</h1>
        ${(streams?.length ?? 0) > PAGE_SIZE ? html`<input type="search" name="filter" aria-label=${T.cameraTable.filter} placeholder=${T.cameraTable.filter} .value=${this.text} @input=${this.typed}>` : nothing}
        ${this.nodeFilter()}
        ${matching.length > PAGE_SIZE ? this.pages(matching.length, first) : nothing}
        ${store.mayAdminister ? html`<a class="button primary" href="#/setup">${T.setup.add}</a>` : nothing}</div>
      ${streams === null ? html`<p class="empty" role="status">${store.problem || T.loadingCameras}</p>` : nothing}
      ${streams?.length === 0 ? html`<p class="empty">${T.wall.none} ${store.mayAdminister ? T.wall.addFirst : T.wall.askAdmin}</p>` : nothing}
      ${streams?.length && matching.length === 0 ? html`<p class="empty">${T.cameraTable.noneMatch}</p>` : nothing}
      ${matching.length ? this.table(matching.slice(first, first + PAGE_SIZE)) : nothing}
    `;
  }

  /** @param {Stream} stream */
  isWanted({ id, node, state }) {
    const wanted = this.values.node ?? '';
    const isOnNode = !wanted || (wanted === NO_NODE ? !node : node === wanted);
    return isOnNode && (!this.text || id.toLowerCase().includes(this.text) || state.startsWith(this.text));
  }

  /** Which node is looked at, with a way back to all. */
  nodeFilter() {
    const { node } = this.values;
    return node
      ? html`<span class="facts">${node === NO_NODE ? T.cameraTable.withoutNode : T.cameraTable.ofNode(node)}
          <button class="quiet" aria-label=${T.cameraTable.allNodes} title=${T.cameraTable.allNodes} @click=${() => replaceWith('cameras')}>\u2715</button></span>`
      : nothing;
  }

  /** @param {number} count @param {number} first */
  pages(count, first) {
    return html`<span class="pages">
      <button ?disabled=${first === 0} @click=${() => (this.first = first - PAGE_SIZE)} aria-label=${T.wall.previous}>\u2039</button>
      ${T.wall.range(first + 1, Math.min(count, first + PAGE_SIZE), count)}
      <button ?disabled=${first + PAGE_SIZE >= count} @click=${() => (this.first = first + PAGE_SIZE)} aria-label=${T.wall.next}>\u203A</button>
    </span>`;
  }

  /** @param {Event} event */
  typed(event) {
    this.text = /** @type {HTMLInputElement} */ (event.target).value.trim().toLowerCase();
    this.first = 0;
  }

  /** @param {Stream[]} streams */
  table(streams) {
    return html`<section class="card"><div class="scroll"><table class="list cameras"><thead><tr>
        <th scope="col" class="camera-name">${T.cameraTable.camera}</th><th scope="col" class="state">${T.cameraTable.state}</th>
        ${store.cluster ? html`<th scope="col" class="node">${T.cameraTable.node}</th>` : nothing}
        <th scope="col" class="number">${T.cameraTable.rate}</th>
        <th scope="col" class="number latency">${T.cameraTable.latency}</th><th scope="col" class="rules">${T.cameraTable.rules}</th><th scope="col">${T.cameraTable.source}</th></tr></thead>
      <tbody>${streams.map((stream) => this.row(stream))}</tbody></table></div></section>`;
  }

  /** @param {Stream} stream */
  row(stream) {
    const { state, node } = stream;
    const rules = (stream.settings?.rules ?? []).map(({ name }) => name).join(', ');
    const origins = /** @type {Record<string, string>} */ ({ file: T.cameraTable.file, cluster: T.cameraTable.cluster });
    return html`<tr>
      <th scope="row"><a href=${address('cameras', stream.id)}>${stream.id}</a></th>
      <td><span class=${tintOfState(state)}>${STATE_SIGNS[state] ?? '?'} ${T.states[state] ?? state}</span>
        ${state === 'online' ? nothing : html`<div class="facts" title=${fullTime(stream.since)}>${stream.reason} (${T.health.since(time(stream.since))})</div>`}</td>
      ${store.cluster ? html`<td class="node" data-label=${T.cameraTable.node}>${node ? html`<a href=${address('cameras', '', { node })}>${node}</a>` : T.none}</td>` : nothing}
      <td class="number" data-label=${T.cameraTable.rate}>${stream.wantedFps > 0 ? T.cameraTable.of(rate(stream.analysedFps), rate(stream.wantedFps)) : T.none}</td>
      <td class="number" data-label=${T.cameraTable.latency}>${stream.latencyMillis === null ? T.none : `${Math.round(stream.latencyMillis)} ms`}</td>
      <td class="wide" data-label=${T.cameraTable.rules}>${rules || html`<a href=${address('cameras', stream.id, { tab: 'rules' })}>${T.cameraTable.noRules}</a>`}</td>
      <td class="address wide" data-label=${T.cameraTable.source}>${stream.url}<div class="facts">${origins[stream.origin] ?? T.cameraTable.added}</div></td>
    </tr>`;
  }
}

customElements.define('hw-cameras', Cameras);
