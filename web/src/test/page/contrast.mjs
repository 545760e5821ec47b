/**
 * Computes the contrast of the page's colours (WCAG 2.2: 4.5:1 for text, 3:1 for graphics and edges of inputs) in both themes. Colours are read from
 * the style sheet given as argument; a rule that gives a background of its own is checked with the text that stands on it.
 */
import { readFileSync } from 'node:fs';

const css = readFileSync(process.argv[2], 'utf8').replace(/\/\*[^]*?\*\//g, '');
const TEXT = 4.5;
const GRAPHICS = 3;
const THEMES = ['light', 'dark'];

const tokens = Object.fromEntries([...css.matchAll(/(--[a-z-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value.trim()]));

/** The declarations of all rules with exactly one of the selectors, the last one wins. */
function declared(selector, property) {
  let found;
  for (const [, selectors, body] of css.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    if (selectors.split(/,(?![^(]*\))/).some((each) => each.trim() === selector)) {
      found = body.match(new RegExp(`(?:^|;)\\s*${property}:\\s*([^;]+)`))?.[1].trim() ?? found;
    }
  }
  if (!found) {
    throw new Error(`${selector} has no ${property}: the list in contrast.mjs no longer fits the style sheet`);
  }
  return found;
}

/** Red, green, blue from 0 to 255, and alpha from 0 to 1. */
function colour(value, theme) {
  const name = value.match(/^var\((--[a-z-]+)\)$/)?.[1];
  if (name) {
    return colour(tokens[name], theme);
  }
  const pair = value.match(/^light-dark\(([^,]+),\s*([^)]+)\)$/);
  if (pair) {
    return colour(pair[1 + THEMES.indexOf(theme)].trim(), theme);
  }
  const hex = value.match(/^#([0-9a-f]{6}|[0-9a-f]{3})$/i)?.[1];
  if (hex) {
    const whole = hex.length === 3 ? hex.replace(/./g, '$&$&') : hex;
    return [...[0, 2, 4].map((at) => parseInt(whole.slice(at, at + 2), 16)), 1];
  }
  const rgb = value.match(/^rgb\((\d+) (\d+) (\d+)(?: \/ ([\d.]+))?\)$/);
  if (rgb) {
    return [...rgb.slice(1, 4).map(Number), Number(rgb[4] ?? 1)];
  }
  throw new Error(`not a colour that contrast.mjs reads: ${value}`);
}

function over([r, g, b, alpha], below) {
  return [r, g, b].map((value, i) => value * alpha + below[i] * (1 - alpha));
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(front, back) {
  const [low, high] = [luminance(front), luminance(back)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const grounds = ['--ground', '--surface', '--raised'].map((name) => [name, `var(${name})`]);
const texts = ['--text', '--quiet', '--accent', '--red', '--green', '--amber', '--grey'].map((name) => [name, `var(${name})`]);
const own = (selector, text) => [text ?? declared(selector, 'color'), declared(selector, 'background'), selector];

/** [front, back, where, least] */
const pairs = [
  ...grounds.flatMap(([ground, back]) => texts.map(([text, front]) => [front, back, `${text} on ${ground}`, TEXT])),
  ...[...css.matchAll(/\.heat-(\d)\s*\{/g)].map(([, step]) => [...own(`.heat-${step}`, 'var(--text)'), TEXT]),
  [...own('.primary'), TEXT],
  [...own("[aria-pressed='true']:is(button)"), TEXT],
  [...own('.badge'), TEXT],
  [...own('.banner'), TEXT],
  [...own('.notice p'), TEXT],
  [...own(".item[aria-current='true']", 'var(--text)'), TEXT],
  [...own(".item[aria-current='true']", 'var(--quiet)'), TEXT],
  [...own(".item[aria-current='true']", 'var(--red)'), TEXT],
  [...own('.search a:hover'), TEXT],
  ...grounds.map(([ground, back]) => ['var(--edge)', back, `--edge on ${ground}`, GRAPHICS]),
  ['#ffffff', 'var(--picture)', 'lines on the picture', GRAPHICS],
];

let failed = 0;
for (const theme of THEMES) {
  for (const [front, back, where, least] of pairs) {
    const below = over(colour(back, theme), [0, 0, 0]);
    const found = contrast(over(colour(front, theme), below), below);
    if (found < least) {
      failed++;
      console.error(`${theme}: ${where}: contrast ${found.toFixed(2)}, expected at least ${least}`);
    }
  }
}
if (failed > 0) {
  process.exit(1);
}
console.log(`contrast: ${pairs.length} pairs fine in light and dark`);
