/** @typedef {'system' | 'light' | 'dark'} Theme */

const KEY = 'helmwatch-theme';
const THEMES = /** @type {const} */ (['system', 'light', 'dark']);

/** @returns {Theme} */
export function theme() {
  const stored = localStorage.getItem(KEY);
  return THEMES.find((name) => name === stored) ?? 'system';
}

export function applyTheme() {
  const name = theme();
  if (name === 'system') {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = name;
  }
}

export function nextTheme() {
  localStorage.setItem(KEY, THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
  applyTheme();
}

/**
 * @param {() => void} listener called when the page or the system changes its colours
 * @returns {() => void} ends that
 */
export function whenColoursChange(listener) {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = new MutationObserver(listener);
  system.addEventListener('change', listener);
  chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => {
    system.removeEventListener('change', listener);
    chosen.disconnect();
  };
}

/** @returns {boolean} whether dark colours are shown now */
export function isDark() {
  const name = theme();
  return name === 'dark' || (name === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
}
