// The page: takes snapshots from the feed, keeps the time between them, says when they are stale, and draws one of three views.

import {alarms} from "./alarms.js";
import {fit, h, patch} from "./draw.js";
import {follow, signIn} from "./feed.js";
import {floor, keyOf, ROWS, sorted, table, waited} from "./floor.js";
import {duration, limit, percent} from "./format.js";
import {address, read} from "./settings.js";
import {language, speak, STRINGS, t} from "./strings.js";

const CONNECTION_STALE_MS = 15_000;
const RELOAD_APART_MS = 30_000;
const SHIFT_EVERY_MS = 60_000;
const FACES = ["now", "service", "loss", "people", "load"];

const root = document.documentElement;
const app = document.getElementById("app");
const phone = matchMedia("(max-width: 700px)");
const lightly = matchMedia("(prefers-color-scheme: light)");
let settings = read(location.search, navigator.languages);
let snapshot = null, received = 0, trends = new Map();
let order = [], orderedTurn = -1, wide = new Map(), levels = new Map();
let desk = null, locked = false;

// --- what the views draw from ----------------------------------------------------------------------------------------

const elapsed = () => performance.now() - received;

function stale() {
  if (!snapshot) return null;
  const {now_ms, stale: told, starting, watermark_ms} = snapshot;
  if (elapsed() > CONNECTION_STALE_MS) return {sign: "link", since: snapshot.clock === "events" ? watermark_ms : now_ms, why: t("connection")};
  if (told.partitions && !starting) return {sign: "pause", since: told.since_ms, why: t("pipeline")};
  return null;
}

function context() {
  const s = snapshot, halted = stale();
  const wall = s ? s.now_ms + elapsed() : 0;
  const still = s && (s.clock === "events" || halted);
  const now = !s ? 0 : halted && halted.sign === "pause" ? halted.since : still ? s.now_ms : wall;
  const teams = s ? s.teams : [];
  const number = (names) => teams.reduce((sum, team) => sum + names.reduce((n, name) => n + (team.states[name] || 0), 0), 0);
  return {
    now, wall, stale: halted, zone: s ? s.zone : "UTC", clock: s ? s.clock : "wall", window: settings.window, phone: phone.matches,
    watermark: s ? s.watermark_ms : null, sources: s ? s.sources : [], next: s ? s.next : null, outside: s && s.retention.outside, kept: s ? s.retention.days : 0,
    unknown: !s || s.starting !== null, connecting: !s, locked: !s && locked, progress: s && s.starting ? s.starting.progress : null, chosen: settings.queues.length > 0,
    signedIn: number(["available", "on_contact", "acw", "ringing", "break", "error", "unknown"]),
    agents: {free: number(["available"]), busy: number(["on_contact", "acw", "ringing"])},
    turn: settings.rotate ? Math.floor(performance.now() / (settings.rotate * 1000)) : 0,
    points: (tile, metric) => (trends.get(keyOf(tile)) || {})[metric],
    wide: (tile) => wide.get(tile.label) === true,
    waitedOf(one) {
      const tile = s.queues.find((other) => keyOf(other) === keyOf(one));
      return tile ? waited(tile, this.now) : one.value;
    },
  };
}

const wanted = (tile) => !settings.queues.length || settings.queues.some((name) => name === tile.queue || name === tile.label || tile.label.startsWith(`${name} · `));

// While nothing is known yet: the queues of the configuration, each with a dash.
function placeholders() {
  if (!snapshot) return [];
  const none = {value: null, target: null, min: false};
  return snapshot.configured.flatMap((queue) => (queue.channels.length ? queue.channels : ["voice"]).map((channel) => ({
    queue: queue.queue, channel, label: queue.label, kind: "contact", level: "unknown", deciding: "longest", urgency: 0, open: true, missed: [], targets: {}, backlog: null,
    objective: queue.objective, values: {waiting: none, longest: {...none, target: queue.longest_wait_max_seconds, since_ms: null}},
  })));
}

function tilesOf(ctx) {
  const known = (snapshot && !ctx.unknown ? snapshot.queues : placeholders()).filter(wanted);
  const keys = known.map(keyOf);
  const changed = keys.length !== order.length || keys.some((key) => !order.includes(key));
  if (changed || ctx.turn !== orderedTurn || !settings.rotate) {
    order = sorted(known, order).map(keyOf);
    orderedTurn = ctx.turn;
  }
  const place = new Map(order.map((key, n) => [key, n]));
  return [...known].sort((a, b) => place.get(keyOf(a)) - place.get(keyOf(b)));
}

// --- drawing ---------------------------------------------------------------------------------------------------------

function draw() {
  const ctx = context();
  root.lang = language();
  root.dataset.view = settings.view;
  root.dataset.theme = settings.theme === "auto" ? (lightly.matches ? "light" : "dark") : settings.theme;
  root.dataset.fresh = ctx.stale ? "stale" : ctx.unknown ? "unknown" : "live";
  root.dataset.face = settings.rotate && !ctx.stale ? FACES[ctx.turn % FACES.length] : "now";
  if (snapshot) root.dataset.config = snapshot.config_version;
  root.dataset.shift = String(Math.floor(performance.now() / SHIFT_EVERY_MS) % 4);
  document.title = `Deskpulse – ${t(settings.view)}`;
  const made = h("div", {id: "app"});
  const tiles = tilesOf(ctx);
  if (settings.view === "floor") made.append(floor(ctx, tiles), table(ctx, tiles));
  else if (settings.view === "alarms") made.append(alarms(ctx, ctx.unknown ? [] : snapshot.alarms.filter(wanted), sound));
  else if (desk) made.append(desk.draw(ctx, tiles, snapshot));
  patch(app, made);
  if (settings.view === "floor") {
    measureHero(ctx, tiles);
    shortNeverCut();
  }
  if (settings.view === "alarms" && !ctx.phone) roomForHeader();
  fit(app);
  announce(ctx, tiles);
  if (!ctx.stale && !ctx.unknown && snapshot) sound.hear(snapshot.alarms.filter(wanted));
}

// A hero's name that does not fit beside its word goes on two lines of its own.
function measureHero(ctx, tiles) {
  const name = app.querySelector(".hero .who h2[data-name]");
  if (!name || ctx.phone) return;
  const label = name.getAttribute("data-name");
  if (wide.size > 500) wide.clear();
  if (!wide.has(label) && name.scrollWidth > name.clientWidth + 1) {
    wide.set(label, true);
    draw();
  }
}

// The number that decides never leaves its line; what does not fit leaves whole: first the line of the hour, then who waits.
function shortNeverCut() {
  for (const line of app.querySelectorAll('.roster:not([data-rows="3"]):not([data-rows="4"]) .now')) {
    const trend = line.querySelector(".spark"), beside = line.querySelector(".waiting");
    for (const part of [trend, beside]) if (part) part.classList.remove("out");
    const fits = () => {
      const {top, height} = line.getBoundingClientRect();
      return line.scrollWidth <= line.clientWidth + 1 && [...line.children].every((child) => child.classList.contains("out") || child.getBoundingClientRect().top < top + height * 0.7);
    };
    for (const part of [trend, beside]) if (part && !phone.matches && line.clientWidth && !fits()) part.classList.add("out");
  }
}

// The header of the alarms keeps its numbers: where the words of a language are too long, the small ones leave.
function roomForHeader() {
  const header = app.querySelector(".alarms > header");
  if (!header) return;
  const small = [...header.querySelectorAll(".asof .dim, .sound .text, .axislabel")];
  for (const part of small) part.classList.remove("out");
  for (const part of small.sort((a, b) => a.classList.contains("axislabel") - b.classList.contains("axislabel"))) if (header.scrollWidth > header.clientWidth + 1) part.classList.add("out");
}

// Says to screen readers what has changed its level, and nothing at each tick.
function announce(ctx, tiles) {
  const says = document.getElementById("says");
  if (ctx.stale || ctx.unknown) {
    levels = new Map();
    return;
  }
  const changed = tiles.filter((tile) => levels.size && levels.get(keyOf(tile)) !== tile.level);
  levels = new Map(tiles.map((tile) => [keyOf(tile), tile.level]));
  if (changed.length) says.textContent = changed.slice(0, 3).map((tile) => sentence(ctx, tile)).join(" ");
}

function sentence(ctx, tile) {
  const name = tile.label, word = t(tile.level), value = tile.values[tile.deciding];
  if (!["crit", "warn"].includes(tile.level) || !value) return t("saysok", {name, word});
  const metric = {longest: t("longestlong"), service: t("servicelevel"), abandoned: t("abandonment"), first: t("firstresponse")}[tile.deciding];
  const as = tile.deciding === "longest" || tile.deciding === "first" ? [duration(waited(tile, ctx.now)), limit(value.target)] : [percent(value.value, value.target), percent(value.target)];
  return t("says", {name, word, what: `${t("isover", {metric, value: as[0], side: value.min ? t("min") : t("max"), target: as[1]})}.`});
}

// --- sound: off until somebody allows it by a press, as browsers demand ----------------------------------------------

const sound = {
  on: false, context: null, known: null,
  toggle() {
    sound.on = !sound.on;
    if (sound.on && !sound.context && window.AudioContext) sound.context = new AudioContext();
    if (sound.on) sound.beep();
    draw();
  },
  hear(list) {
    const crit = new Set(list.filter((one) => one.level === "crit").map(keyOf));
    const fresh = sound.known && [...crit].some((key) => !sound.known.has(key));
    sound.known = crit;
    if (fresh && sound.on) sound.beep();
  },
  beep() {
    if (!sound.context) return;
    const from = sound.context.currentTime;
    for (const [at, pitch] of [[0, 660], [0.22, 880]]) {
      const tone = sound.context.createOscillator(), loud = sound.context.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, from + at);
      loud.gain.exponentialRampToValueAtTime(0.25, from + at + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, from + at + 0.2);
      tone.connect(loud).connect(sound.context.destination);
      tone.start(from + at);
      tone.stop(from + at + 0.21);
    }
  },
};

// --- views and settings ----------------------------------------------------------------------------------------------

function go(changes) {
  history.replaceState(null, "", address(changes));
  const before = settings;
  settings = read(location.search, navigator.languages);
  speak(settings.lang);
  if (settings.window !== before.window) feed.again();
  wide = new Map();
  open().then(draw);
}

async function open() {
  if (settings.view === "desk" && !desk) desk = (await import("./desk.js")).create({go, draw, settings: () => settings});
  if (desk) desk.turnTo(settings);
  menu();
}

function menu() {
  const link = (changes, text, current) => h("a", {href: address(changes), "aria-current": current ? "true" : null, onclick: (event) => {
    event.preventDefault();
    go(changes);
  }}, text);
  const other = settings.theme === "light" ? "dark" : "light";
  patch(document.getElementById("views"), h("nav", {id: "views", class: "views", "aria-label": t("views")},
    ["floor", "alarms", "desk"].map((view) => link({view: view === "floor" ? null : view}, t(view), settings.view === view)),
    link({theme: other === "dark" ? null : other}, t(other)),
    Object.keys(STRINGS).filter((name) => name !== settings.lang).map((name) => link({lang: name}, STRINGS[name].name)),
    h("button", {type: "button", onclick: () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen())}, t("fullscreen"))));
}

let pointed = null;
addEventListener("pointermove", () => {
  root.dataset.pointed = "";
  clearTimeout(pointed);
  pointed = setTimeout(() => delete root.dataset.pointed, 4000);
});

// --- unattended ------------------------------------------------------------------------------------------------------

// A new build of the page: loads it, but never in a circle, and not all walls in the same moment.
function reloadOnce() {
  const last = Number(sessionStorage.getItem("reloaded") || 0);
  if (Date.now() - last < RELOAD_APART_MS) return;
  sessionStorage.setItem("reloaded", String(Date.now()));
  setTimeout(() => location.reload(), Math.random() * 2000);
}

async function stayAwake() {
  if (!("wakeLock" in navigator) || document.visibilityState !== "visible") return;
  try {
    await navigator.wakeLock.request("screen");
  } catch (error) {
    root.dataset.awake = "refused";  // a battery that is low, or a page that may not: the screen's own settings hold
  }
}

// Two channels of a queue have one label: then the channel stands behind it.
function distinct(body) {
  const seen = new Map();
  for (const tile of body.queues) seen.set(tile.label, (seen.get(tile.label) || 0) + 1);
  for (const one of [...body.queues, ...body.alarms, ...(body.next ? [body.next] : [])]) {
    if (seen.get(one.label) > 1) one.label = `${one.label} · ${one.channel === "voice" || one.channel === "chat" ? t(one.channel) : one.channel}`;
  }
  return body;
}

function heard(name, body) {
  if (name === "locked") {
    locked = body;
    return;
  }
  if (name === "trends") {
    trends = new Map(body.tiles.map((tile) => [keyOf(tile), tile.points]));
    return;
  }
  if (snapshot && snapshot.build !== body.build) reloadOnce();
  snapshot = distinct(body);
  received = performance.now();
  draw();
}

speak(settings.lang);
const feed = follow(() => `api/v1/stream?window=${settings.window}`, heard);
addEventListener("hashchange", () => signIn().then(feed.again));
if (location.hash) signIn().then(feed.again);
document.addEventListener("visibilitychange", stayAwake);
addEventListener("popstate", () => go({}));
lightly.addEventListener("change", draw);
phone.addEventListener("change", draw);
if (document.fonts) document.fonts.ready.then(draw);
stayAwake();
setInterval(() => {
  feed.check();
  draw();
}, 1000);
open().then(draw);
export {ROWS};
