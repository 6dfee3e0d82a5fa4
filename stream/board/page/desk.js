// The supervisor's view: every queue with every number, compared with the period before; a press on a number explains it.

import {h, sign, spark, sr} from "./draw.js";
import {explanation} from "./explained.js";
import {channelName, keyOf, SIGNS, sources, waited} from "./floor.js";
import {clock, day, exact, limit, minute, opening, share, signed, span} from "./format.js";
import {address} from "./settings.js";
import {t} from "./strings.js";

const WINDOWS = ["5m", "15m", "30m", "1h", "today", "24h", "yesterday", "7d", "28d"];
const ASK_EVERY_MS = 10_000;
const RANK = {crit: 0, warn: 1, old: 2, ok: 3, unknown: 4, empty: 5, closed: 6};

// name, heading, what it sorts by, how it is written, and of a ratio the change in points
const COLUMNS = [
  {name: "waiting", head: "waitinglong", as: exact, kpi: (tile) => (tile.kind === "ticket" ? "unreplied_tickets" : "contacts_waiting"), now: true},
  {name: "longest", head: "longestlong", as: (value) => span(value === null ? null : Math.floor(value)), kpi: (tile) => tile.values.longest.kpi, now: true},
  {name: "service", head: "service", as: share, points: true},
  {name: "abandoned", head: "abandoned", as: share, points: true},
  {name: "people", head: "fba", now: true},
  {name: "occupancy", head: "occupancy", as: (value) => share(value, 0), points: true},
  {name: "first", head: "first", as: span},
];

const figureOf = (tile, name, now) => (name === "longest" ? waited(tile, now) : tile.values[name] ? tile.values[name].value : null);

async function json(url) {
  const response = await fetch(url);
  const body = await response.json();
  if (!response.ok) throw new Error(body.error || String(response.status));
  return body;
}

export function create({go, draw, settings}) {
  const view = {window: null, report: null, compared: null, asked: 0, open: null, answer: null, agents: null, focus: null};

  // The rows of the window and of the one before it: totals, and what to compare with.
  async function ask() {
    const {window} = settings();
    view.asked = performance.now();
    let report = null;
    try {
      report = await json(`api/v1/kpis?window=${window}&compare=previous`);
    } catch (error) {
      report = null;  // what cannot be asked is a dash; the feed says what is wrong
    }
    if (window !== settings().window) return;
    Object.assign(view, {report, compared: report && report.previous});
    draw();
  }

  function turnTo({window, view: name}) {
    if (window !== view.window) {
      Object.assign(view, {window, report: null, compared: null, asked: -ASK_EVERY_MS, answer: null, open: null, agents: null});
    }
    if (name !== "desk") view.open = null;
  }

  const row = (kpi, where) => view.report && view.report.rows.find((one) => one.kpi === kpi && ["value", "mean"].includes(one.stat)
    && Object.entries({queue: null, channel: null, ...where}).every(([name, value]) => one[name] === value)
    && ["state", "age", "reason", "priority", "target"].every((name) => one[name] === undefined || one[name] === null)
    && (one.clock === undefined || one.clock === "calendar") && (where.team !== undefined || one.team === undefined || one.team === null));

  function change(kpi, where, column, level) {
    const one = kpi && !column.now ? row(kpi, where) : null;
    if (!one || [one.compared, one.previous].some((number) => number === undefined || number === null)) return null;
    const text = column.points ? (value) => `${exact(Math.round(value * 1000) / 10)} ${t("pp")}` : column.as;
    return h("span", {class: "was", "data-level": level && level !== "ok" ? level : null}, signed(one.compared - one.previous, text));
  }

  const number = (text, level, key, press, label) => {
    const inside = [level && level !== "ok" ? sign(level) : null, text, level && level !== "ok" ? sr(`, ${t(level)}`) : null];
    if (!press) return h("span", {class: "num still", "data-level": level && level !== "ok" ? level : null}, inside);
    return h("button", {class: "num", type: "button", "data-key": key, "data-level": level && level !== "ok" ? level : null, "aria-expanded": view.open && view.open.key === key ? "true" : null,
      "aria-controls": view.open && view.open.key === key ? "explain" : null, "aria-label": label ? `${label}: ${text}${level && level !== "ok" ? `, ${t(level)}` : ""}` : null, onclick: press}, inside);
  };

  const dash = () => h("td", {}, h("span", {class: "dim"}, "–"));

  function cell(ctx, tile, column) {
    if (tile.level === "closed" && tile.kind === "contact") return dash();
    if (column.name === "people") {
      if (!tile.values.free) return dash();
      return h("td", {class: "split"}, ["free", "busy", "away"].map((name, n) => [n ? h("span", {class: "dim"}, " / ") : null,
        number(exact(tile.values[name].value), tile.values[name].level, `${keyOf(tile)}\u0000${name}`, () => show(tile, name, "agents"), t(name))]));
    }
    const value = tile.values[column.name];
    const figure = figureOf(tile, column.name, ctx.now);
    if (!value || figure === null || figure === undefined) return dash();
    const kpi = column.kpi ? column.kpi(tile) : value.kpi;
    const where = column.name === "occupancy" ? {team: tile.teams[0]} : {queue: tile.queue, channel: tile.channel};
    return h("td", {}, number(column.as(figure), value.level, `${keyOf(tile)}\u0000${column.name}`, () => show(tile, column.name, kpi), t(column.head)),
      tile.teams.length > 1 && column.name === "occupancy" ? null : change(kpi, where, column, value.level));
  }

  function line(ctx, tile) {
    const state = tile.level === "closed" ? `${channelName(tile)} · ${tile.next_opening_ms ? `${t("opens")} ${opening(tile.next_opening_ms, ctx.now, ctx.zone)}` : t("neveropens")}`
      : `${channelName(tile)} · ${tile.kind === "ticket" ? limit(tile.values.longest.target) : `${Math.round(tile.objective * 100)}/${exact(tile.answer_target_seconds)}`}`;
    const metric = tile.deciding === "targets" ? "longest" : tile.deciding;
    const value = tile.values[metric];
    const trend = spark(ctx.points(tile, metric), {target: value.target, height: 36, now: metric === "longest" ? waited(tile, ctx.now) : null,
      label: t("trendof", {name: t(metric === "longest" ? "longestlong" : metric === "service" ? "servicelevel" : "abandonment"), target: metric === "longest" ? limit(value.target) : share(value.target, 0)})});
    return h("tr", {"data-level": tile.level, "data-key": keyOf(tile), "data-testid": `row-${tile.queue}-${tile.channel}`},
      h("th", {scope: "row"}, h("div", {class: "q"}, sign(SIGNS[tile.level] || tile.level), h("span", {}, h("bdi", {}, tile.label), h("small", {}, h("b", {}, t(tile.level)), ` ${state}`)))),
      COLUMNS.map((column) => cell(ctx, tile, column)), h("td", {class: "trend"}, trend || h("span", {class: "dim"}, "–")));
  }

  function total(ctx, tiles, snapshot) {
    const sum = (pick) => tiles.reduce((all, tile) => all + (pick(tile) || 0), 0);
    const most = (values) => (values.length ? Math.max(...values) : null);
    const of = (kpi, column, where = {}) => {
      const one = row(kpi, where);
      return one ? h("td", {}, number(column.as(one.value)), change(kpi, where, column)) : dash();
    };
    const some = settings().queues.length > 0;  // the rows over everything know nothing of a choice of queues
    const agents = (names) => snapshot.teams.reduce((all, team) => all + names.reduce((n, name) => n + (team.states[name] || 0), 0), 0);
    const cells = {
      waiting: h("td", {}, number(exact(sum((tile) => tile.values.waiting.value)))),
      longest: h("td", {}, number(COLUMNS[1].as(most(tiles.map((tile) => waited(tile, ctx.now)).filter((value) => value !== null))))),
      people: h("td", {class: "split"}, number(exact(agents(["available"]))), h("span", {class: "dim"}, " / "), number(exact(agents(["on_contact", "acw", "ringing"]))), h("span", {class: "dim"}, " / "), number(exact(agents(["break", "error", "unknown"])))),
      service: some ? dash() : of("service_level_ratio", COLUMNS[2]), abandoned: some ? dash() : of("abandonment_ratio", COLUMNS[3]),
      occupancy: of("occupancy_ratio", COLUMNS[5], {team: null}), first: some ? dash() : of("first_response_seconds", COLUMNS[6]),
    };
    return h("tr", {"data-testid": "total"}, h("th", {scope: "row"}, t("all")), COLUMNS.map((column) => cells[column.name]), h("td", {class: "trend"}));
  }

  // --- the order of the rows ---

  const wantedSort = () => {
    const text = settings().sort, name = text.replace(/^-/, "");
    return name === "queue" || COLUMNS.some((column) => column.name === name) ? {name, down: text.startsWith("-")} : null;
  };

  function inOrder(ctx, tiles) {
    const by = wantedSort();
    if (!by) return [...tiles].sort((a, b) => RANK[a.level] - RANK[b.level] || b.urgency - a.urgency || (keyOf(a) < keyOf(b) ? -1 : 1));
    const key = (tile) => (by.name === "queue" ? tile.label.toLowerCase() : figureOf(tile, by.name === "people" ? "free" : by.name, ctx.now));
    return [...tiles].sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      const none = (value) => value === null || value === undefined;
      return none(x) - none(y) || (by.down ? -1 : 1) * (x > y ? 1 : x < y ? -1 : 0) || (keyOf(a) < keyOf(b) ? -1 : 1);
    });
  }

  function heading(name, text) {
    const by = wantedSort();
    const state = by && by.name === name ? (by.down ? "descending" : "ascending") : null;
    return h("th", {scope: "col", "aria-sort": state, "data-key": `head-${name}`}, h("button", {type: "button", onclick: () => go({sort: state === "descending" ? name : state === "ascending" ? null : `-${name}`})}, text));
  }

  // --- behind a number ---

  async function show(tile, metric, kpi, team) {
    const key = `${keyOf(tile)}\u0000${metric}`;
    const of = ["occupancy_ratio", "agents"].includes(kpi) ? {team: team || tile.teams[0]} : {queue: tile.queue, channel: tile.channel};
    const live = ["contacts_waiting", "unreplied_tickets", "oldest_wait_seconds", "oldest_unreplied_seconds", "agents"].includes(kpi);
    const query = {kpi, ...of, ...(live ? {} : {window: settings().window})};
    view.open = {key, tile: {queue: tile.queue, channel: tile.channel}, metric, kpi, query, teams: of.team ? tile.teams : []};
    view.answer = {asking: true};
    draw();
    const opened = view.open;
    const answer = {};
    try {
      answer.body = await json(`api/v1/explain?${new URLSearchParams({...query, limit: "100"})}`);
      if (kpi === "service_level_ratio") {
        const rows = await json(`api/v1/kpis?${new URLSearchParams({...query, formula: "all"})}`);
        answer.formulas = rows.rows;
      }
    } catch (error) {
      answer.error = error.message;
    }
    if (view.open !== opened) return;
    view.answer = answer;
    draw();
    const close = document.querySelector("#explain .close");
    if (close && !team) close.focus();
  }

  function hide() {
    const key = view.open && view.open.key;
    view.open = view.answer = null;
    draw();
    const opener = [...document.querySelectorAll(".grid [data-key]")].find((node) => node.getAttribute("data-key") === key);
    if (opener) opener.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && view.open) hide();
  });

  function drawer(ctx, tiles) {
    if (!view.open) return null;
    const tile = tiles.find((one) => one.queue === view.open.tile.queue && one.channel === view.open.tile.channel);
    if (!tile) return null;
    return explanation(ctx, tile, {...view.open, ...view.answer, window: settings().window, hide, team: (name) => show(tile, view.open.metric, view.open.kpi, name)});
  }

  // --- agents by name, only where that is allowed ---

  async function showAgents(team) {
    view.agents = {team, asking: true};
    draw();
    try {
      const body = await json(`api/v1/explain?${new URLSearchParams({kpi: "occupancy_ratio", team, window: settings().window, limit: "1000"})}`);
      view.agents = {team, body};
    } catch (error) {
      view.agents = {team, error: error.message};
    }
    draw();
  }

  function byName(snapshot) {
    if (!snapshot.per_agent || !snapshot.teams.length) return null;
    const {agents} = view;
    const list = agents && agents.body ? [...agents.body.contributions].filter((one) => !one.left_out).sort((a, b) => (a.entity < b.entity ? -1 : 1)) : [];
    return h("section", {class: "byname", "data-testid": "agents"}, h("h2", {}, t("peragent")),
      h("div", {class: "act"}, snapshot.teams.map((team) => h("button", {type: "button", class: "btn", "data-key": `team-${team.team}`, "aria-pressed": agents && agents.team === team.team ? "true" : "false", onclick: () => showAgents(team.team)}, h("bdi", {}, team.team || t("noteam"))))),
      agents && agents.asking && h("p", {class: "dim"}, t("asking")), agents && agents.error && h("p", {class: "dim"}, t("failed", {why: agents.error})),
      list.length > 0 && h("table", {class: "grid plain"}, h("thead", {}, h("tr", {}, [t("agent"), t("busy"), `${t("free")} + ${t("busy")}`, t("occupancy")].map((name) => h("th", {scope: "col"}, name)))),
        h("tbody", {}, list.map((one) => h("tr", {"data-key": one.entity}, h("th", {scope: "row"}, h("bdi", {}, one.entity)), h("td", {}, span(one.numerator)), h("td", {}, span(one.denominator)), h("td", {}, one.denominator ? share(one.numerator / one.denominator, 0) : "–"))))));
  }

  // --- the whole ---

  function state(ctx) {
    if (ctx.stale) return h("p", {class: "mark stalemark", role: "alert", "data-testid": "stale"}, sign(ctx.stale.sign), `${t("stale")} ${t("since")} ${clock(ctx.stale.since, ctx.zone)}. ${ctx.stale.why}`);
    if (ctx.unknown) return h("p", {class: "mark", "data-level": "unknown", "data-testid": "mark"}, sign("unknown"), t("nodata"));
    return h("p", {class: "mark", "data-level": ctx.outside ? "outside" : "ok", "data-testid": "mark"}, sign(ctx.outside ? "outside" : "ok"), ctx.outside ? t("outside") : ctx.clock === "events" ? t("history") : t("live"));
  }

  function told(ctx, snapshot) {
    if (ctx.outside) return h("p", {class: "dim", "data-testid": "outside"}, t("outsidenote", {n: snapshot.retention.days}));
    if (!view.compared || view.compared.absent) {
      const why = view.compared ? `: ${view.compared.absent}` : "";
      return view.report ? h("p", {class: "dim", "data-testid": "uncompared"}, `${t("comparing")}${why}`) : null;
    }
    const from = Date.parse(view.compared.from), to = Date.parse(view.compared.to);
    const far = to - from > 86_400_000 || day(from, ctx.zone) !== day(ctx.now, ctx.zone);
    const text = (ms) => (far ? `${day(ms, ctx.zone)} ${minute(ms, ctx.zone)}` : minute(ms, ctx.zone));
    return h("p", {class: "dim", "data-testid": "compared"}, t("compared", {from: text(from), to: text(to)}));
  }

  const link = (changes, text, current) => h("a", {href: address(changes), "aria-current": current ? "true" : null, onclick: (event) => {
    event.preventDefault();
    go(changes);
  }}, text);

  return {
    turnTo,
    draw(ctx, tiles, snapshot) {
      if (performance.now() - view.asked > ASK_EVERY_MS) ask();
      if (!snapshot) return h("main", {class: "desk"}, h("div", {class: "sheet"}, h("header", {class: "bar"}, h("h1", {}, t("desk")), state(ctx))));
      const open = drawer(ctx, tiles);
      const rows = inOrder(ctx, tiles);
      const events = Object.fromEntries(Object.entries(snapshot.events).map(([name, n]) => [name, exact(n)]));
      const themes = settings().theme === "light" ? ["dark", null] : ["light", "light"];
      return h("div", {class: "desk", "data-drawer": open ? "open" : "closed"},
        h("main", {},
          h("header", {class: "bar"}, h("h1", {}, t("desk")), h("nav", {class: "dim", "aria-label": t("views")}, link({view: null}, t("floor")), " ", link({view: "alarms"}, t("alarms")), " ", link({theme: themes[1]}, t(themes[0])), " ", link({lang: settings().lang === "de" ? "en" : "de"}, settings().lang === "de" ? "English" : "Deutsch")),
            h("div", {class: "right"}, sources(ctx), h("p", {}, h("span", {class: "dim"}, t("asof")), " ", h("b", {"data-testid": "asof"}, clock(ctx.watermark, ctx.zone))), state(ctx))),
          h("div", {class: "tools"}, h("nav", {class: "seg", "aria-label": t("window")}, WINDOWS.map((window) => link({window: window === "30m" ? null : window}, t(window) === window ? window : t(window), settings().window === window))), told(ctx, snapshot)),
          h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": t("desk")}, h("table", {class: "grid"},
            h("caption", {class: "sr"}, `${t("desk")}, ${t("last", {w: settings().window})}`),
            h("thead", {}, h("tr", {}, heading("queue", t("queue")), COLUMNS.map((column) => heading(column.name, t(column.head))), h("th", {scope: "col", class: "trend"}, t("trend")))),
            h("tbody", {}, rows.map((tile) => line(ctx, tile))), h("tfoot", {}, total(ctx, rows, snapshot)))),
          h("p", {class: "note"}, `${t("note")} ${t("noteevents", events)}`),
          byName(snapshot)),
        open);
    },
  };
}

