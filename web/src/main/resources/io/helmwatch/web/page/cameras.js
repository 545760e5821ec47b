import { html, nothing } from '/lib/lit-html/lit-html.js';
import { DeskElement } from './element.js';
import { fullTime, rate, time } from './format.js';
import { address } from './route.js';
import { store } from './store.js';
import { T } from './texts.js';
import { STATE_SIGNS } from './wall.js';

/** All cameras as a table. */
class Cameras extends DeskElement {
  view() {
    const streams = store.streams;
    return html`
      <div class="bar"><h1>${T.pages.cameras}</h1>
        ${store.mayAdminister ? html`<a class="button primary" href="#/setup">${T.setup.add}</a>` : nothing}</div>
      ${streams === null ? html`<p class="empty" role="status">${store.problem || T.loadingCameras}</p>` : nothing}
      ${streams?.length === 0 ? html`<p class="empty">${T.wall.none} ${store.mayAdminister ? T.wall.addFirst : T.wall.askAdmin}</p>` : nothing}
      ${streams?.length ? this.table(streams) : nothing}
    `;
  }

  /** @param {import('./api.js').Stream[]} streams */
  table(streams) {
    return html`<div class="scroll"><table class="list"><thead><tr>
        <th scope="col">${T.cameraTable.camera}</th><th scope="col">${T.cameraTable.state}</th><th scope="col" class="number">${T.cameraTable.rate}</th>
        <th scope="col" class="number">${T.cameraTable.latency}</th><th scope="col">${T.cameraTable.rules}</th><th scope="col">${T.cameraTable.source}</th></tr></thead>
      <tbody>${streams.map((stream) => this.row(stream))}</tbody></table></div>`;
  }

  /** @param {import('./api.js').Stream} stream */
  row(stream) {
    const { state } = stream;
    const tint = state === 'online' ? 'green' : state === 'degraded' ? 'amber' : state === 'failed' ? 'red' : 'grey';
    const rules = (stream.settings?.rules ?? []).map(({ name }) => name).join(', ');
    return html`<tr>
      <th scope="row"><a href=${address('cameras', stream.id)}>${stream.id}</a></th>
      <td><span class=${tint}>${STATE_SIGNS[state] ?? '?'} ${T.states[state] ?? state}</span>
        ${state === 'online' ? nothing : html`<div class="facts" title=${fullTime(stream.since)}>${stream.reason} (${T.health.since(time(stream.since))})</div>`}</td>
      <td class="number">${stream.wantedFps > 0 ? T.cameraTable.of(rate(stream.analysedFps), rate(stream.wantedFps)) : T.none}</td>
      <td class="number">${stream.latencyMillis === null ? T.none : `${Math.round(stream.latencyMillis)} ms`}</td>
      <td>${rules || html`<a href=${address('cameras', stream.id, { tab: 'rules' })}>${T.cameraTable.noRules}</a>`}</td>
      <td class="address">${stream.url}<div class="facts">${stream.origin === 'file' ? T.cameraTable.file : T.cameraTable.added}</div></td>
    </tr>`;
  }
}

customElements.define('hw-cameras', Cameras);
