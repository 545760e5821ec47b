import { html, nothing } from '/lib/lit-html/lit-html.js';
import { request } from './api.js';
import { bytes, duration, fullTime, rate, time } from './format.js';
import { ReloadingPage } from './reloading.js';
import { address } from './route.js';
import { store } from './store.js';
import { T } from './texts.js';

/**
 * @typedef {{name: string, state: 'online' | 'silent', version: string, weight: number, partitions: number, cameras: number,
 *   openIncidents: number, url: string | null, startedAt: string, heardAt: string, processors: number, gpus: string[], backend: string,
 *   coresInUse: number, memoryBytes: number, wantedFps: number, analysedFps: number}} Node
 * @typedef {{cluster: string, node: string, cameras: number, unassigned: number, nodes: Node[]}} Snapshot
 */

const REFRESH_MILLIS = 5000;

/** The machines that share the cameras: which are there, and what each of them has. */
class NodesPage extends ReloadingPage {
  static properties = { snapshot: { state: true }, problem: { state: true } };

  constructor() {
    super(REFRESH_MILLIS);
    /** @type {Snapshot | null} */
    this.snapshot = null;
    this.problem = '';
  }

  async load() {
    try {
      this.snapshot = await request('GET', '/nodes');
      this.problem = '';
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
  }

  view() {
    const snapshot = this.snapshot;
    return html`
      <div class="bar"><h1>${T.pages.nodes}</h1>
        ${snapshot ? html`<p class="facts" role="status">${this.facts(snapshot)}</p>` : nothing}</div>
      ${this.alert(this.problem)}
      ${!snapshot && !this.isNews(this.problem) ? html`<p class="empty" role="status">${T.nodes.loading}</p>` : nothing}
      ${snapshot?.nodes.length === 0 ? html`<p class="empty">${T.nodes.none}</p>` : nothing}
      ${snapshot?.nodes.length ? this.table(snapshot) : nothing}
    `;
  }

  /** @param {Snapshot} snapshot */
  facts({ cluster, nodes, cameras, unassigned }) {
    const silent = nodes.filter(({ state }) => state === 'silent').length;
    return html`${T.nodes.summary(cluster, nodes.length, cameras)}
      ${silent ? html` \u00B7 <span class="red">\u2715 ${T.nodes.silentNodes(silent)}</span>` : nothing}
      ${unassigned ? html` \u00B7 <a class="amber" href=${address('cameras', '', { node: '-' })}>${T.sign.warning} ${T.nodes.unassigned(unassigned)}</a>` : nothing}`;
  }

  /** @param {Snapshot} snapshot */
  table({ node: here, nodes }) {
    const t = T.nodes;
    return html`<section class="card"><div class="scroll"><table class="list nodes"><thead><tr>
        <th scope="col">${t.node}</th><th scope="col">${t.state}</th><th scope="col" class="number">${t.cameras}</th>
        <th scope="col" class="number">${t.analysed}</th><th scope="col" class="number">${t.load}</th><th scope="col">${t.capacity}</th>
        <th scope="col" class="number">${t.weight}</th><th scope="col">${t.version}</th><th scope="col">${t.address}</th></tr></thead>
      <tbody>${nodes.map((node) => this.row(node, here))}</tbody></table></div></section>`;
  }

  /** @param {Node} node @param {string} here */
  row(node, here) {
    const t = T.nodes;
    const isSilent = node.state === 'silent';
    const behind = !isSilent && node.wantedFps > 0 && node.analysedFps < 0.9 * node.wantedFps;
    return html`<tr data-node=${node.name}>
      <th scope="row">${node.name}${node.name === here ? html` <span class="facts">${t.here}</span>` : nothing}</th>
      <td><span class=${isSilent ? 'red' : 'green'}>${isSilent ? `\u2715 ${t.silent}` : `\u25CF ${t.online}`}</span>
        <div class="facts" title=${fullTime(node.heardAt)}>${t.heard(duration(store.age(node.heardAt)))}</div></td>
      <td class="number" data-label=${t.cameras}>${
        isSilent ? html`${T.none}<div class="facts">${t.had(node.cameras)}</div>` : html`<a href=${address('cameras', '', { node: node.name })}>${node.cameras}</a>`
      }
        ${node.openIncidents && !isSilent ? html`<div class="red">\u25B2 ${T.wall.openIncidents(node.openIncidents)}</div>` : nothing}</td>
      <td class="number" data-label=${t.analysed}><span class=${behind ? 'amber' : ''}>${behind ? `${T.sign.warning} ` : ''}${isSilent ? T.none : T.cameraTable.of(rate(node.analysedFps), rate(node.wantedFps))}</span></td>
      <td class="number" data-label=${t.load}>${isSilent ? T.none : t.cores(rate(node.coresInUse))}<div class="facts">${isSilent ? '' : bytes(node.memoryBytes)}</div></td>
      <td data-label=${t.capacity}>${t.processors(node.processors)}<div class="facts">${[node.backend, ...node.gpus].filter(Boolean).join(', ')}</div></td>
      <td class="number" data-label=${t.weight}>${node.weight}<div class="facts">${isSilent ? '' : t.partitions(node.partitions)}</div></td>
      <td data-label=${t.version}>${node.version}<div class="facts" title=${fullTime(node.startedAt)}>${t.since(time(node.startedAt))}</div></td>
      <td class="address wide" data-label=${t.address}>${node.url ? html`<a href=${node.url} rel="noreferrer">${new URL(node.url).host}</a>` : t.noDesk}</td>
    </tr>`;
  }
}

customElements.define('hw-nodes', NodesPage);
