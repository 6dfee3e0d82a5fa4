// Elements: made anew for each picture and patched into the page, so that focus stays and nothing flickers or grows.
// Text is always set as text, never as markup: names of queues are input.

import {t} from "./strings.js";

const SVG = "http://www.w3.org/2000/svg";
const OF_SVG = new Set(["svg", "use", "path", "polyline", "rect"]);

export function h(tag, attributes = {}, ...children) {
  const node = OF_SVG.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node[name] = value;
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

export const sr = (text) => h("span", {class: "sr"}, text);
export const sign = (name) => h("svg", {class: "sign", "aria-hidden": "true", focusable: "false"}, h("use", {href: `#s-${name}`}));
export const icon = (name, label) =>
  h("svg", label ? {class: "icon", role: "img", "aria-label": label} : {class: "icon", "aria-hidden": "true"}, h("use", {href: `#${name}`}));

// Makes `old` like `made`: what is the same stays in the page. Elements with a data-key are the same thing wherever they move to.
export function patch(old, made) {
  for (const {name} of [...old.attributes]) if (!made.hasAttribute(name)) old.removeAttribute(name);
  for (const {name, value} of [...made.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (made.onclick !== old.onclick) old.onclick = made.onclick;
  children(old, made);
}

const keyOf = (node) => (node.nodeType === 1 && node.getAttribute("data-key")) || null;
const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

function children(old, made) {
  const keyed = new Map([...old.childNodes].filter(keyOf).map((node) => [keyOf(node), node]));
  let at = old.firstChild;
  for (const node of [...made.childNodes]) {
    const known = keyOf(node) ? keyed.get(keyOf(node)) : null;
    if (known && known !== at && known.nodeName === node.nodeName) {
      old.insertBefore(known, at);
      at = known;
    }
    if (at && alike(at, node)) {
      if (node.nodeType === 1) patch(at, node);
      else if (at.nodeValue !== node.nodeValue) at.nodeValue = node.nodeValue;
      at = at.nextSibling;
    } else old.insertBefore(node, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

// The last hour as a line, its target as another. `points` is a point a minute, null where nothing was known.
export function spark(points, {target, label, width = 110, height = 46, now} = {}) {
  const known = (points || []).map((value, n) => [n, value]).filter(([, value]) => value !== null);
  if (now !== undefined && now !== null) known.push([60, now]);
  if (known.length < 4) return null;  // two or three points are no trend
  const values = known.map(([, value]) => value).concat(target === undefined || target === null ? [] : [target]);
  const low = Math.min(...values), high = Math.max(...values);
  const y = (value) => (high === low ? height / 2 : height - 5 - ((value - low) / (high - low)) * (height - 10)).toFixed(1);
  const x = (n) => (4 + (n / 60) * (width - 12)).toFixed(1);
  const lines = [];
  known.forEach(([n, value], i) => {
    if (i === 0 || n - known[i - 1][0] > 2) lines.push([]);
    lines[lines.length - 1].push(`${x(n)},${y(value)}`);
  });
  const [lastN, last] = known[known.length - 1];
  return h("svg", {class: "spark", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label},
    target === undefined || target === null ? null : h("path", {class: "target", d: `M0 ${y(target)}H${width}`}),
    lines.filter((line) => line.length > 1).map((line) => h("polyline", {points: line.join(" ")})),
    h("path", {class: "last", d: `M${x(lastN)} ${y(last)}h.01`}));
}

const canvas = document.createElement("canvas").getContext("2d");
const fitted = new Map();

// The name in at most `room` pixels: its beginning says what, its last word which. Shortened in the middle.
export function shortened(text, room, font) {
  const key = `${font}|${Math.floor(room)}|${text}`;
  if (!fitted.has(key)) {
    if (fitted.size > 500) fitted.clear();
    fitted.set(key, shorten(text, room, font));
  }
  return fitted.get(key);
}

function shorten(text, room, font) {
  canvas.font = font;
  const fits = (candidate) => canvas.measureText(candidate).width <= room;
  if (fits(text)) return text;
  const letters = [...text];
  const lastWord = text.trim().split(/\s+/).pop();
  const tail = text.trim().includes(" ") && fits(`${letters.slice(0, 5).join("")}…${lastWord}`) ? lastWord : "";
  let low = 0, high = letters.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(`${letters.slice(0, middle).join("").trimEnd()}…${tail}`)) low = middle;
    else high = middle - 1;
  }
  return `${letters.slice(0, low).join("").trimEnd()}…${tail}`;
}

// Shortens what stands in `.name` elements and does not fit; screen readers keep the whole name.
export function fit(root) {
  const found = [...root.querySelectorAll("[data-name]")].map((node) => {
    const style = getComputedStyle(node);
    const lines = Number(node.getAttribute("data-lines") || 1);
    const room = node.clientWidth * (lines > 1 ? lines * 0.9 : 1) + 1;
    const font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const full = node.getAttribute("data-name");
    return [node, full, room > 1 ? shortened(full, room, font) : full];
  });
  for (const [node, full, short] of found) {
    if (short !== full) node.replaceChildren(h("bdi", {class: "short", "aria-hidden": "true"}, short), h("bdi", {class: "sr full"}, full));
  }
}

// An element whose text `fit` may shorten.
export const named = (tag, text, attributes = {}) => h(tag, {...attributes, "data-name": text, "data-lines": attributes["data-lines"] || null}, h("bdi", {}, text));

export const word = (level, extra) => h("p", {class: "word"}, extra ? `${t(level)} ${extra}` : t(level));
