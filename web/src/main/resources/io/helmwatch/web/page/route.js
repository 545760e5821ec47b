/**
 * Where the page is: "#/cameras/gate-3?edit=1" is page "cameras", id "gate-3", values {edit: "1"}.
 * @returns {{page: string, id: string, values: Record<string, string>}}
 */
export function route() {
  const [path, parameters = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [page = '', ...rest] = path.split('/');
  return { page: page || 'wall', id: decoded(rest.join('/')), values: Object.fromEntries(new URLSearchParams(parameters)) };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * @param {string} page
 * @param {string} [id]
 * @param {Record<string, string>} [values] empty ones are left out
 * @returns {string} the address, for links
 */
export function address(page, id = '', values = {}) {
  const given = Object.entries(values).filter(([, value]) => value !== '');
  const parameters = new URLSearchParams(given).toString();
  return `#/${page}${id ? '/' + encodeURIComponent(id) : ''}${parameters ? '?' + parameters : ''}`;
}

/** @param {string} page @param {string} [id] @param {Record<string, string>} [values] */
export function goTo(page, id, values) {
  location.hash = address(page, id, values);
}

/** As goTo, without a new entry in the browser's history. @param {string} page @param {string} [id] @param {Record<string, string>} [values] */
export function replaceWith(page, id, values) {
  history.replaceState(null, '', address(page, id, values));
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}
