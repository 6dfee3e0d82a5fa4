// The first page of the board. The feed brings whole snapshots; ages grow here between them, from the moment of each snapshot.
// Unknown is an en dash, never 0. What is stale says so, and is shown grey.

const CONNECTION_STALE_MS = 15_000;
const DASH = "–";
const STATES = ["on_contact", "acw", "available", "ringing", "break", "error", "unknown"];
const WORDS = {on_contact: "on contact", acw: "wrap-up", available: "available", ringing: "ringing", break: "break", error: "error", unknown: "unknown"};
const SIGNS = {ok: "✓ ok", warn: "▲ watch", crit: "✕ act now", none: "· no traffic"};

let snapshot = null;
let received = 0;

const at = (id) => document.getElementById(id);
const number = (value) => (value === undefined || value === null ? DASH : Math.round(value).toLocaleString("en"));
const percent = (value, digits = 1) => (value === undefined || value === null ? DASH : `${(value * 100).toFixed(digits)} %`);

export function duration(seconds) {
  if (seconds === undefined || seconds === null) return DASH;
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const pad = (n) => String(n).padStart(2, "0");
  if (s < 3600) return `${Math.floor(s / 60)}:${pad(s % 60)}`;
  return s < 86400 ? `${Math.floor(s / 3600)} h ${pad(Math.floor((s % 3600) / 60))}` : `${(s / 86400).toFixed(1)} d`;
}

function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const figure = (value, what) => element("div", {}, element("b", {}, value), element("span", {}, what));
const total = (team) => STATES.reduce((sum, state) => sum + (team.states[state] ?? 0), 0);
const pair = (term, value, of = "") =>
  element("div", {}, element("dt", {}, term), element("dd", {}, value, of && element("span", {class: "of"}, ` ${of}`)));

function levelOf(tile, oldest) {
  const serviceLevel = tile.kpis["30m"]?.service_level_ratio;
  const limit = tile.longest_wait_max_seconds;
  if (serviceLevel === undefined && oldest === undefined) return "none";
  if ((serviceLevel !== undefined && serviceLevel < tile.objective * tile.warn) || oldest > limit) return "crit";
  if ((serviceLevel !== undefined && serviceLevel < tile.objective) || oldest > limit * tile.warn) return "warn";
  return "ok";
}

function queueTile(tile, grown) {
  const now = tile.kpis.now ?? {}, half = tile.kpis["30m"] ?? {}, today = tile.kpis.today ?? {};
  const oldest = now.oldest_wait_seconds === undefined ? undefined : now.oldest_wait_seconds + grown;
  const level = levelOf(tile, oldest);
  return element("li", {class: "tile", "data-level": level, "data-testid": `queue-${tile.queue}-${tile.channel}`},
    element("div", {class: "head"}, element("span", {class: "name"}, `${tile.label} · ${tile.channel}`),
      element("span", {class: "state"}, SIGNS[level])),
    element("div", {class: "big"}, figure(number(now.contacts_waiting), "waiting"), figure(duration(oldest), "longest wait")),
    element("dl", {},
      pair("service level", percent(half.service_level_ratio), `of ${percent(tile.objective, 0)} in ${tile.answer_target_seconds} s`),
      pair("speed of answer", duration(half.answer_speed_seconds)),
      pair("abandoned", percent(half.abandonment_ratio), `max ${percent(tile.abandonment_max, 0)}`),
      pair("handle time", duration(half.handle_seconds)),
      pair("offered today", number(today.contacts_offered)),
      pair("first response", duration(half.first_response_seconds))));
}

function ticketTile(tile, grown) {
  const now = tile.kpis.now ?? {}, today = tile.kpis.today ?? {};
  const oldest = now.oldest_unreplied_seconds === undefined ? undefined : now.oldest_unreplied_seconds + grown;
  return element("li", {class: "tile", "data-testid": `tickets-${tile.queue}-${tile.channel}`},
    element("div", {class: "head"}, element("span", {class: "name"}, `${tile.label} · ${tile.channel}`)),
    element("div", {class: "big"}, figure(number(now.unreplied_tickets), "unreplied"), figure(duration(oldest), "oldest")),
    element("dl", {},
      pair("backlog", number(now.backlog_tickets)),
      pair("created today", number(today.tickets_created)),
      pair("solved today", number(today.tickets_solved)),
      pair("first response", duration(today.first_response_seconds)),
      pair("next reply", duration(today.next_reply_seconds)),
      pair("resolution", duration(today.full_resolution_seconds))));
}

function teamTile(team) {
  const online = STATES.filter((state) => team.states[state]);
  const bar = element("div", {class: "bar", "aria-hidden": "true"});
  for (const state of online) {
    const piece = element("i", {class: state});
    piece.style.flexGrow = team.states[state];
    bar.append(piece);
  }
  return element("li", {class: "tile", "data-testid": `team-${team.team}`},
    element("div", {class: "head"}, element("span", {class: "name"}, team.team || "no team")),
    element("div", {class: "big"}, figure(percent(team.occupancy["30m"], 0), "occupancy"), figure(number(total(team)), "online")),
    bar,
    element("dl", {}, ...online.map((state) => pair(WORDS[state], number(team.states[state])))));
}

function fill(list, tiles, empty) {
  list.replaceChildren(...(tiles.length ? tiles : [element("li", {class: "empty"}, empty)]));
}

function time(ms) {
  return new Intl.DateTimeFormat("en-GB", {timeZone: snapshot.zone, dateStyle: snapshot.clock === "events" ? "medium" : undefined,
    timeStyle: "medium"}).format(ms);
}

function staleness(silent_ms) {
  if (silent_ms > CONNECTION_STALE_MS) return `Data stale: no connection to the board for ${duration(silent_ms / 1000)}`;
  const {partitions, since_ms} = snapshot.stale;
  if (partitions) return `Data stale${since_ms ? ` since ${time(since_ms)}` : ""}: no worker is heard of for ${partitions} partitions`;
  return "";
}

function draw() {
  const silent_ms = Date.now() - received;
  if (!snapshot) {
    at("clock").textContent = "connecting";
    return;
  }
  const {heard_ms, now_ms} = snapshot;
  const age_ms = heard_ms === null || snapshot.clock === "events" ? silent_ms : now_ms - heard_ms + silent_ms;
  at("clock").textContent = `data age ${duration(age_ms / 1000)}`;
  const grown = snapshot.clock === "events" ? 0 : silent_ms / 1000;
  const stale = staleness(silent_ms);
  document.body.dataset.state = stale ? "stale" : "live";
  at("stale").hidden = !stale;
  if (at("stale").textContent !== stale) at("stale").textContent = stale;
  at("asof").textContent = snapshot.watermark_ms ? time(snapshot.watermark_ms) : DASH;
  const {accepted, duplicate, late, rejected} = snapshot.events;
  at("counts").textContent = `${number(accepted)} events, ${number(duplicate)} duplicate, ${number(late)} late, ${number(rejected)} rejected`;
  const of = (kpi) => snapshot.queues.filter((tile) => kpi in (tile.kpis.now ?? {}));
  fill(at("queues"), of("contacts_waiting").map((tile) => queueTile(tile, grown)), "No call or chat has been seen yet.");
  fill(at("tickets"), of("backlog_tickets").map((tile) => ticketTile(tile, grown)), "No ticket has been seen yet.");
  fill(at("teams"), snapshot.teams.map(teamTile), "No agent has been seen online yet.");
}

const feed = new EventSource("api/v1/stream");
feed.addEventListener("snapshot", (event) => {
  const next = JSON.parse(event.data);
  if (snapshot && snapshot.build !== next.build) location.reload();
  snapshot = next;
  received = Date.now();
  draw();
});
setInterval(draw, 1000);
