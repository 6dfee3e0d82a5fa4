// The floor view: left the one queue that needs somebody, right every other one, the most urgent first.

import {age, clock, count, duration, limit, minute, opening, percent} from "./format.js";
import {h, icon, named, sign, spark, sr, word} from "./draw.js";
import {t} from "./strings.js";

export const ROWS = 7;
const RANK = {crit: 0, warn: 1, old: 2, ok: 3, unknown: 4, empty: 5, closed: 6};
const CHANNEL_ICONS = {voice: "c-voice", ticket: "c-ticket"};
const SOURCE_ICONS = {voice: "c-voice", chat: "c-chat", tickets: "c-ticket", agents: "c-agents"};
const QUIET = new Set(["closed", "empty", "unknown", "old"]);

export const keyOf = (tile) => `${tile.queue}\u0000${tile.channel}`;
export const channelName = (tile) => (tile.kind === "ticket" ? `${t("ticket")} ${tile.channel}` : tile.channel === "voice" || tile.channel === "chat" ? t(tile.channel) : tile.channel);
export const channelIcon = (tile, label = channelName(tile)) =>
  icon(CHANNEL_ICONS[tile.kind === "ticket" ? "ticket" : tile.channel] || "c-chat", label);

// The tiles in order of urgency. Two that are about equally urgent stay in the order that they had.
export function sorted(tiles, before) {
  const place = new Map(before.map((key, n) => [key, n]));
  const at = (tile) => (place.has(keyOf(tile)) ? place.get(keyOf(tile)) : before.length);
  return [...tiles].sort((a, b) => RANK[a.level] - RANK[b.level] || (Math.abs(a.urgency - b.urgency) > 0.05 * Math.max(1, a.urgency) ? b.urgency - a.urgency : at(a) - at(b)) || (keyOf(a) < keyOf(b) ? -1 : 1));
}

// The seconds that the longest has waited by now: it grows between two snapshots, unless the clocks stand still.
export function waited(tile, now) {
  const {value, since_ms} = tile.values.longest;
  return value === null || value === undefined ? null : since_ms === null || since_ms === undefined ? value : Math.max(value, (now - since_ms) / 1000);
}

const side = (value) => (value.min ? t("min") : t("max"));
const goal = (value, as) => h("span", {class: "of"}, `${side(value)} ${as(value.target)}`);
const shareOf = (value) => percent(value.value, value.target);
const goalShare = (target) => percent(target);
export const serviceName = (tile) => (tile.kind === "ticket" ? t("targetsmet") : t("service"));

function trend(ctx, tile, metric, size = {}) {
  const value = tile.values[metric];
  const points = ctx.points(tile, metric);
  const now = metric === "longest" ? waited(tile, ctx.now) : ctx.window === "30m" ? value.value : null;
  const as = metric === "longest" || metric === "first" ? limit : goalShare;
  const label = t("trendof", {name: {longest: t("longestlong"), service: t("servicelevel"), abandoned: t("abandonment"), first: t("firstresponse"), occupancy: t("occupancy")}[metric], target: as(value.target)});
  return spark(points, {target: value.target, label, now, ...size});
}

// What is worth a line: the number with its target, by the name of the metric.
export function figure(ctx, tile, metric) {
  const value = tile.values[metric];
  const b = (text, level) => h("b", {"data-level": level && level !== "ok" ? level : null}, text);
  if (metric === "longest") return [sr(`${t("fwd")} `), b(duration(waited(tile, ctx.now)), value.level), " ", goal(value, limit)];
  if (metric === "service") return [b(shareOf(value), value.level), " ", h("span", {class: "lab"}, serviceName(tile)), " ", goal(value, goalShare)];
  if (metric === "abandoned") return [b(shareOf(value), value.level), " ", h("span", {class: "lab"}, t("abandonedlow")), " ", goal(value, goalShare)];
  if (metric === "first") return [b(duration(value.value), value.level), " ", h("span", {class: "lab"}, t("firstlow")), " ", goal(value, limit)];
  if (metric === "occupancy") return [b(shareOf(value), value.level), " ", h("span", {class: "lab"}, t("occupied")), " ", goal(value, goalShare)];
  const [name, one] = target(tile);
  if (one.breached) return [b(count(one.breached), "crit"), " ", h("span", {class: "lab"}, `${t("late")}, `), h("span", {class: "of"}, name)];
  return [b(duration((one.next_due_ms - ctx.now) / 1000), "warn"), " ", h("span", {class: "lab"}, `${t("left")}, `), h("span", {class: "of"}, name)];
}

// The target that is worst: the longest late, else the next due.
export function target(tile) {
  const all = Object.entries(tile.targets);
  const late = all.filter(([, one]) => one.breached).sort((a, b) => a[1].late_since_ms - b[1].late_since_ms);
  const soon = all.filter(([, one]) => one.next_due_ms).sort((a, b) => a[1].next_due_ms - b[1].next_due_ms);
  return late[0] || soon[0] || all[0];
}

function people(tile) {
  return ["free", "busy", "away"].filter((name) => tile.values[name]).map((name) =>
    h("span", {}, h("i", {}, count(tile.values[name].value)), " ", h("span", {class: "lab"}, t(name))));
}

// --- the roster ------------------------------------------------------------------------------------------------------

function face(ctx, tile, letter, pinned, content, metric) {
  const line = metric && tile.values[metric] ? trend(ctx, tile, metric) : null;
  return h("p", {class: `now face ${letter}${pinned ? " pinned" : ""}`}, content, line);
}

function cell(ctx, tile) {
  const quiet = QUIET.has(tile.level);
  const attributes = {class: `cell${tile.level === "crit" ? " solid" : ""}${quiet ? " quiet" : ""}`, "data-level": tile.level, "data-key": keyOf(tile), "data-testid": `queue-${tile.queue}-${tile.channel}`};
  const old = tile.level === "old" ? age((ctx.now - tile.old_since_ms) / 1000) : "";
  const head = [sign(SIGNS[tile.level] || tile.level), named("h3", tile.label), word(tile.level, old), channelIcon(tile)];
  if (tile.level === "closed") return h("li", attributes, head, h("p", {class: "now face a pinned"}, opens(ctx, tile)));
  const waiting = h("span", {class: "waiting"}, h("i", {}, count(tile.values.waiting.value)), ` ${t("waiting")}`);
  const pinned = tile.level === "crit" || tile.level === "unknown";
  const has = (metric) => tile.values[metric] && tile.values[metric].value !== null;
  const loss = has("abandoned") ? "abandoned" : has("first") ? "first" : null;
  return h("li", attributes, head,
    face(ctx, tile, "a", pinned, [h("span", {}, figure(ctx, tile, tile.deciding)), waiting], tile.deciding === "targets" ? "longest" : tile.deciding),
    has("service") && face(ctx, tile, tile.deciding === "service" ? "b again" : "b", false, h("span", {}, figure(ctx, tile, "service")), "service"),
    loss && face(ctx, tile, tile.deciding === loss ? "c again" : "c", false, h("span", {}, figure(ctx, tile, loss)), loss),
    has("free") && face(ctx, tile, "d", false, people(tile)),
    has("occupancy") && face(ctx, tile, "e", false, h("span", {}, figure(ctx, tile, "occupancy")), "occupancy"));
}

export const SIGNS = {old: "unknown"};

function opens(ctx, tile) {
  if (tile.next_opening_ms === null || tile.next_opening_ms === undefined) return t("neveropens");
  return [`${t("opens")} `, h("b", {}, opening(tile.next_opening_ms, ctx.now, ctx.zone))];
}

function roster(ctx, others) {
  const pages = Math.max(1, Math.ceil(others.length / ROWS));
  const page = ctx.turn % pages;
  const shown = ctx.phone ? others : others.slice(page * ROWS, (page + 1) * ROWS);
  const rows = Math.min(ROWS, Math.max(3, pages > 1 ? ROWS : shown.length));
  const list = h("ol", {class: "roster", "data-rows": rows, "aria-label": t("others")}, shown.map((tile) => cell(ctx, tile)));
  if (pages < 2 || ctx.phone) return list;
  const dots = h("p", {class: "pages", role: "img", "aria-label": t("pageof", {n: page + 1, m: pages})},
    Array.from({length: pages}, (_, n) => h("span", {class: n === page ? "here" : null})));
  return [list, dots];
}

// --- the left side ---------------------------------------------------------------------------------------------------

export function truth(ctx, title) {
  const silent = ctx.sources.filter((source) => source.silent).length;
  let mark = ["ok", ctx.clock === "events" ? t("history") : t("live")];
  if (silent) mark = ["warn", `${silent} ${t("silent")}`];
  if (ctx.outside) mark = ["outside", t("outside")];
  if (ctx.unknown) mark = ["unknown", t("nodata")];
  return h("header", {class: "truth"}, h("h1", {class: "sr"}, `Deskpulse ${title}`),
    h("div", {class: "row"},
      h("p", {class: "asof"}, h("span", {class: "dim"}, t("asof")), " ", h("time", {"data-testid": "asof"}, clock(ctx.watermark, ctx.zone))),
      h("p", {class: "mark", "data-level": mark[0], "data-testid": "mark"}, sign(mark[0]), mark[1])),
    h("div", {class: "row"}, sources(ctx)));
}

export function sources(ctx) {
  const known = ctx.sources.length ? ctx.sources : [{name: "voice"}, {name: "chat"}, {name: "tickets"}];
  const shown = [...known.filter((source) => source.silent), ...known.filter((source) => !source.silent)];  // what does not fit is what is well
  return h("ul", {class: "sources", "aria-label": t("sources")}, shown.map((source) => {
    const level = source.silent ? "warn" : source.newest_ms ? "ok" : "unknown";
    return h("li", {"data-level": level, "data-testid": `source-${source.name}`}, level === "ok" ? null : sign(level),
      icon(SOURCE_ICONS[source.name], t(source.name)), h("b", {}, source.newest_ms && ctx.clock !== "events" ? age((ctx.now - source.newest_ms) / 1000) : source.newest_ms ? minute(source.newest_ms, ctx.zone) : "–"));
  }));
}

export function banner(ctx, title) {
  const {sign: which, since, why} = ctx.stale;
  return h("div", {class: "banner", role: "alert", "data-testid": "stale"}, h("h1", {class: "sr"}, `Deskpulse ${title}`),
    h("h2", {}, sign(which), t("stale")),
    h("p", {"aria-hidden": "true"}, `${t("since")} `, h("b", {}, clock(since, ctx.zone)), ", ", h("b", {}, duration((ctx.wall - since) / 1000)), ` ${t("ago")}`),
    h("p", {}, why));
}

const head = (label, value, long) => h("div", {class: long ? "long" : null}, h("dt", {}, label), h("dd", {"data-testid": "headline"}, value));
const fact = (label, content, level) => h("div", {"data-level": level || null}, h("dt", {}, label), h("dd", {}, content, level && level !== "ok" ? [sign(level), sr(t(level))] : null));

function hero(ctx, tile, place) {
  const {values} = tile;
  const solid = tile.level === "crit" ? " solid" : "";
  const waits = count(values.waiting.value), longest = duration(waited(tile, ctx.now));
  const long = waits.length + longest.length > 6;
  const heads = [head(t("waiting"), waits), head(`${tile.kind === "ticket" ? t("oldest") : t("longest")}, ${t("max")} ${limit(values.longest.target)}`, longest)];
  return h("section", {class: `hero${solid}${ctx.wide(tile) ? " wide" : ""}`, "data-level": tile.level, "data-testid": "hero", "data-queue": tile.queue},
    h("div", {class: "who"}, sign(SIGNS[tile.level] || tile.level), named("h2", tile.label, {"data-lines": ctx.wide(tile) ? 2 : null}),
      place && h("p", {class: "pips"}, place), word(tile.level)),
    h("div", {class: "headrow"}, h("dl", {class: `heads${long ? " long" : ""}`}, heads), trend(ctx, tile, "longest", {width: 150, height: 95})),
    h("dl", {class: "facts"}, facts(ctx, tile)));
}

function facts(ctx, tile) {
  const {values, targets} = tile;
  const rows = [];
  if (ctx.outside) rows.push([3, 0, fact(t(ctx.window), h("span", {class: "of"}, t("keptdays", {n: ctx.kept})))]);
  const of = (value, as, goalAs) => [h("span", {}, h("b", {}, as(value))), " ", goal(value, goalAs)];
  if (values.free) {
    const level = values.free.level;
    rows.push([level === "crit" ? 2 : level ? 1 : 0, 6, h("div", {"data-level": level || null}, h("dt", {class: "sr"}, t("agents")), h("dd", {class: "people"},
      ["free", "busy", "away"].map((name) => [h("span", {}, h("b", {}, count(values[name].value)), ` ${t(name)}`), " "]), level && [sign(level), sr(t(level))]))]);
  }
  const late = Object.entries(targets).filter(([, one]) => one.breached || one.at_risk || one.soon);
  for (const [name, one] of late.slice(0, 2)) {
    const level = one.breached ? "crit" : "warn";
    rows.push([level === "crit" ? 2 : 1, 5, fact(name, [h("b", {}, count(one.breached || one.at_risk || one.soon)), " ", h("span", {class: "of"}, one.breached ? t("late") : t("due"))], level)]);
  }
  const share = (metric, label) => values[metric] && rows.push([RANKED[values[metric].level] || 0, {service: 4, abandoned: 3, occupancy: 1}[metric], fact(label, of(values[metric], shareOf, goalShare), values[metric].level)]);
  share("service", serviceName(tile));
  share("abandoned", t("abandoned"));
  if (values.first) rows.push([RANKED[values.first.level] || 0, 2, fact(t("first"), of(values.first, (value) => duration(value.value), limit), values.first.level)]);
  share("occupancy", t("occupancy"));
  if (tile.backlog !== null && tile.backlog !== undefined) rows.push([0, 0, fact(t("backlog"), h("b", {}, count(tile.backlog)))]);
  const lead = rows.filter(([, weight]) => weight === 6);
  return [...lead, ...rows.filter(([, weight]) => weight !== 6).sort((a, b) => b[0] - a[0] || b[1] - a[1])].map(([, , row]) => row);
}

const RANKED = {crit: 2, warn: 1, ok: 0};

// A hero without a queue: starting, nothing there, all closed, nobody called.
function still(level, title, heads, rows, long = false) {
  return h("section", {class: "hero", "data-level": level, "data-testid": "hero"},
    h("div", {class: "who"}, sign(level), h("h2", {}, title), word(level)),
    h("div", {class: "headrow"}, h("dl", {class: `heads${long ? " long" : ""}`}, heads)), h("dl", {class: "facts"}, rows));
}

function lead(ctx, tiles) {
  const first = tiles[0];
  if (ctx.unknown) {
    const reading = ctx.progress === null ? null : fact(t("reading"), h("b", {}, percent(ctx.progress)));
    if (ctx.locked) return [still("unknown", t("locked"), head(t("waiting"), "–"), [fact(t("lockedhow"), h("b", {}, "#token=…"))]), null];
    return [still("unknown", ctx.connecting ? t("connecting") : t("starting"), head(t("waiting"), "–"), ctx.progress !== null && ctx.progress < 1 ? reading : fact(ctx.connecting ? "" : t("waitworker"), "")), null];
  }
  if (!first) return [still("empty", ctx.chosen ? t("noqueuesof") : t("noqueues"), head(t("waiting"), "–"), []), null];
  if (first.level === "closed") {
    const at = Math.min(...tiles.map((tile) => tile.next_opening_ms).filter((ms) => ms !== null && ms !== undefined));
    const known = Number.isFinite(at);
    const tickets = tiles.filter((tile) => tile.kind === "ticket").reduce((sum, tile) => sum + (tile.values.waiting.value || 0), 0);
    return [still("closed", t("allclosed"), head(known ? t("firstopens") : t("opensnot"), known ? opening(at, ctx.now, ctx.zone) : "–"), [
      fact(t("signedin"), h("b", {}, count(ctx.signedIn))), fact(t("ticketswaiting"), h("b", {}, count(tickets)))], true), null];
  }
  if (first.level === "empty") {
    const agents = ["free", "busy"].map((name) => [h("span", {}, h("b", {}, count(ctx.agents[name])), ` ${t(name)}`), " "]);
    const unknown = facts(ctx, first).slice(first.values.free ? 1 : 0);  // what the first of them promises, and a dash for each
    return [still("empty", t("nocontacts"), head(t("waiting"), "0"), [fact(t("agents"), agents), unknown]), null];
  }
  const urgent = tiles.filter((tile) => tile.level === "crit");
  const n = urgent.length ? ctx.turn % urgent.length : 0;
  const chosen = urgent[n] || first;
  return [hero(ctx, chosen, urgent.length > 1 ? t("heroof", {n: n + 1, m: urgent.length}) : ""), chosen];
}

function next(ctx) {
  if (ctx.stale || ctx.unknown) return null;
  const one = ctx.next;
  if (!one) return null;
  const left_s = (one.due_ms - ctx.now) / 1000;
  const what = one.target ? `${count(one.contacts)} ${one.target}` : `${count(one.contacts)} ${contactsName(one)}`;
  return h("section", {class: "next", "data-level": left_s < 900 ? "warn" : "ok", "data-testid": "next"},
    h("div", {class: "row"}, h("h2", {}, h("span", {class: "dim"}, t("next")), " ", named("span", one.label, {class: "name"})), h("b", {}, `${t("in")} ${duration(left_s)}`)),
    h("p", {class: "dim"}, `${what}, ${t(one.target ? "target" : "max")} ${limit(one.limit)}`));
}

export function contactsName(one, short = false) {
  const name = one.kind === "ticket" ? (one.metric === "longest" ? "replies" : "ofticket") : one.channel === "voice" ? "ofvoice" : one.channel === "chat" ? "ofchat" : "contacts";
  return t(`${name}${one.contacts === 1 ? "1" : ""}${short && name === "replies" ? "short" : ""}`);
}

export function floor(ctx, tiles) {
  const [left, shown] = lead(ctx, tiles);
  const others = tiles.filter((tile) => tile !== shown);
  return h("main", {class: "floor"},
    h("div", {class: "left"}, ctx.stale ? banner(ctx, t("floor")) : truth(ctx, t("floor")), left, next(ctx)),
    roster(ctx, others));
}

// The same numbers as a table, for who does not see the picture.
export function table(ctx, tiles) {
  const cells = (tile) => {
    const {values} = tile;
    const of = (metric, as) => h("td", {}, values[metric] ? as(values[metric].value) : "–");
    return h("tr", {"data-key": keyOf(tile)}, h("th", {scope: "row"}, `${tile.label} (${channelName(tile)})`), h("td", {}, t(tile.level)), of("waiting", count), h("td", {}, duration(waited(tile, ctx.now))),
      h("td", {}, limit(values.longest.target)), of("service", percent), h("td", {}, percent(tile.objective)), of("abandoned", percent), of("first", duration), of("free", count), of("busy", count), of("away", count), of("occupancy", percent));
  };
  const heads = [t("queue"), t("state"), t("waiting"), t("fwd"), t("max"), t("servicelevel"), t("min"), t("abandonment"), t("firstresponse"), t("free"), t("busy"), t("away"), t("occupancy")];
  return h("section", {class: "sr", "aria-label": t("table"), "data-testid": "table"}, h("table", {}, h("caption", {}, `${t("all")}, ${t("asof")} ${clock(ctx.watermark, ctx.zone)}`),
    h("thead", {}, h("tr", {}, heads.map((name) => h("th", {scope: "col"}, name)))), h("tbody", {}, tiles.map(cells))));
}
