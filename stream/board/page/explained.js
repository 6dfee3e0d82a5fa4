// What a number means and what is behind it: the catalogue's formula with its real figures, and the contacts.

import {h, sign, spark, sr} from "./draw.js";
import {channelName, waited} from "./floor.js";
import {clock, day, exact, limit, minute, share, span} from "./format.js";
import {t} from "./strings.js";

const TITLES = {
  service_level_ratio: "servicelevel", target_attainment_ratio: "attainment", abandonment_ratio: "abandonment", first_response_seconds: "firstresponse",
  oldest_wait_seconds: "longestlong", oldest_unreplied_seconds: "oldestlong", contacts_waiting: "waitinglong", unreplied_tickets: "unrepliedlong",
  occupancy_ratio: "occupancy", agents: "agentslong",
};
const SHOWN = 12;

const as = (kpi, value) => (value === null || value === undefined ? "–" : kpi.endsWith("_ratio") ? share(value) : kpi.endsWith("_seconds") ? span(value) : exact(value));
const quoted = (text) => (/^[\w.-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);

function command(query) {
  const {kpi, ...where} = query;
  return ["deskpulse explain", kpi, ...Object.entries(where).map(([name, value]) => `--${name} ${quoted(value)}`)].join(" ");
}

function judged(kpi, value, figure) {
  if (!value || value.target === undefined || value.target === null || figure === null) return t("notjudged");
  const ratio = kpi.endsWith("_ratio");
  const apart = ratio ? `${exact(Math.round(Math.abs(figure - value.target) * 1000) / 10)} ${t("pp")}` : span(Math.abs(figure - value.target));
  const goal = ratio ? share(value.target, 0) : limit(value.target);
  if (value.min) return figure < value.target ? t("under", {d: apart, t: goal}) : t("within", {t: goal});
  return figure > value.target ? t("over", {d: apart, t: goal}) : t("within", {t: goal});
}

function happened(one, zone) {
  if (one.left_out) return one.left_out;
  if (one.since) return `${t("since")} ${clock(Date.parse(one.since), zone)}`;
  return one.facts.slice(0, 4).map((fact) => `${clock(Date.parse(fact.at), zone)} ${fact.fact.replace(/_/g, " ")}${fact.seconds === null ? "" : ` ${span(fact.seconds)}`}`).join("; ");
}

function sums(kpi, body) {
  const unit = kpi.endsWith("_seconds") || kpi === "occupancy_ratio" ? span : exact;
  const age = kpi.startsWith("oldest_");
  return h("dl", {class: "sum"},
    !age && body.stat !== "mean" && !kpi.endsWith("_ratio") ? null : !age && [h("dt", {}, t("numerator")), h("dd", {}, unit(body.numerator)), h("dt", {}, t("denominator")), h("dd", {}, kpi === "occupancy_ratio" ? span(body.denominator) : exact(body.denominator))],
    h("dt", {class: "line"}, t("value")), h("dd", {class: "line", "data-testid": "explained"}, as(kpi, body.value)),
    h("dt", {}, t("contributing")), h("dd", {}, exact(body.contributing)),
    body.left_out > 0 && [h("dt", {}, t("leftout")), h("dd", {}, exact(body.left_out))]);
}

function behind(ctx, body) {
  if (!body.contributions.length) return h("p", {class: "dim"}, body.contributing ? t("hidden") : t("nocontactsbehind"));
  const ratio = body.kpi.endsWith("_ratio");
  const counts = (one) => (one.left_out ? "–" : ratio && body.kpi !== "occupancy_ratio" ? `${exact(one.numerator)} / ${exact(one.denominator)}` : ratio ? `${span(one.numerator)} / ${span(one.denominator)}` : body.kpi.endsWith("_seconds") && !one.since ? span(one.numerator) : exact(one.numerator));
  const first = [...body.contributions].sort((a, b) => a.numerator / (a.denominator || 1) - b.numerator / (b.denominator || 1)).slice(0, SHOWN);
  return h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": t("behind")}, h("table", {}, h("thead", {}, h("tr", {}, [t("contact"), t("counts"), t("happened")].map((name) => h("th", {scope: "col"}, name)))),
    h("tbody", {}, (body.kpi === "service_level_ratio" || body.kpi === "target_attainment_ratio" ? first : body.contributions.slice(0, SHOWN)).map((one) => h("tr", {"data-key": `${one.entity}${one.left_out || ""}`, "data-testid": "contribution"}, h("td", {}, h("bdi", {}, one.entity)), h("td", {}, counts(one)), h("td", {}, happened(one, ctx.zone)))))));
}

export function explanation(ctx, tile, told) {
  const {kpi, metric, query, body, error, asking, formulas, hide, teams} = told;
  const value = tile.values[metric];
  const figure = metric === "longest" ? waited(tile, ctx.now) : value ? value.value : null;
  const level = value && value.level ? value.level : null;
  const where = query.team !== undefined ? query.team || t("noteam") : tile.label;
  const json = `api/v1/explain?${new URLSearchParams({...query, limit: "1000"})}`;
  const line = command(query);
  return h("aside", {class: "drawer", id: "explain", "aria-label": t(TITLES[kpi]), "data-testid": "drawer", "data-key": "drawer"},
    h("div", {class: "top"}, h("div", {}, h("p", {class: "dim"}, h("bdi", {}, where), query.team === undefined ? ` · ${channelName(tile)}` : "", query.window ? ` · ${t("last", {w: t(query.window)})}` : ` · ${t("now")}`), h("h2", {}, t(TITLES[kpi]))),
      h("button", {class: "close", type: "button", "aria-label": t("close"), "data-key": "close", onclick: hide}, "✕")),
    h("div", {class: "big", "data-level": level}, h("b", {class: "level"}, as(kpi, body ? body.value : figure)), spark(ctx.points(tile, metric), {target: value && value.target, width: 200, height: 56, label: t("trendof", {name: t(TITLES[kpi]), target: value && value.target ? as(kpi, value.target) : "–"})})),
    h("p", {class: "verdict", "data-level": level}, level ? sign(level) : null, h("span", {class: "level"}, `${level ? `${t(level)}: ` : ""}${judged(kpi, value, figure)}`)),
    teams.length > 1 && h("div", {class: "act"}, teams.map((team) => h("button", {type: "button", class: "btn", "data-key": `of-${team}`, "aria-pressed": team === query.team ? "true" : "false", onclick: () => told.team(team)}, h("bdi", {}, team)))),
    asking && h("p", {class: "dim"}, t("asking")), error && h("p", {class: "dim", role: "alert"}, t("failed", {why: error})),
    body && [
      h("h3", {}, t("means")), h("p", {}, body.formula),
      h("p", {class: "dim"}, `${t("source")}: ${body.source}. ${t("config", {c: body.config_version})}, ${t("asof")} ${clock(Date.parse(body.to), ctx.zone)}.`),
      h("h3", {}, t("made")), sums(kpi, body),
      formulas && formulas.length > 0 && [h("h3", {}, t("otherformulas")), h("dl", {class: "sum"}, formulas.map((one) => [h("dt", {}, h("code", {}, one.formula)), h("dd", {}, share(one.value))]))],
      h("h3", {}, t("behind")), behind(ctx, body),
      body.contributing > SHOWN && body.contributions.length > 0 && h("p", {class: "dim"}, t("first100", {n: Math.min(SHOWN, body.contributions.length), m: exact(body.contributing + body.left_out)})),
      body.complete_from && h("p", {class: "dim"}, t("completefrom", {t: `${day(Date.parse(body.complete_from), ctx.zone)} ${minute(Date.parse(body.complete_from), ctx.zone)}`})),
    ],
    h("p", {}, h("code", {class: "command"}, line)),
    h("div", {class: "act"}, h("a", {class: "btn", href: json, target: "_blank", rel: "noopener"}, t("allof")),
      navigator.clipboard ? h("button", {class: "btn", type: "button", "data-key": "copy", onclick: () => navigator.clipboard.writeText(line)}, t("copy")) : sr("")));
}
