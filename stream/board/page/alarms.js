// The alarm view: what is missed or will be, the most contacts first, one row a queue, one time axis through all rows.

import {clock, count, duration, limit, percent} from "./format.js";
import {h, icon, named, sign, sr} from "./draw.js";
import {banner, contactsName, serviceName, truth} from "./floor.js";
import {t} from "./strings.js";

export const ALARM_ROWS = 6;
const AXIS_S = 900;

function why(ctx, one) {
  const more = one.more > 0 ? `, ${t("more", {n: one.more})}` : "";
  const b = (text) => h("b", {}, text);
  const goal = (as) => ` ${one.min ? t("min") : t("max")} ${as(one.limit)}${more}`;
  if (one.metric === "longest") return [`${one.kind === "ticket" ? t("oldest") : t("longest")} `, b(duration(ctx.waitedOf(one))), goal(limit)];
  if (one.metric === "service") return [`${serviceName(one)} `, b(percent(one.value, one.limit)), goal(percent)];
  if (one.metric === "abandoned") return [`${t("abandonedlow")} `, b(percent(one.value, one.limit)), goal(percent)];
  return [named("span", one.target, {class: "name"}), `, ${t("target")} ${limit(one.limit)}${more}`];
}

function axis(seconds) {
  const at = 180 + (Math.max(-AXIS_S, Math.min(AXIS_S, seconds)) / AXIS_S) * 180;
  const marks = seconds < 0
    ? h("rect", {class: "bar", x: at.toFixed(0), y: "44", width: (180 - at).toFixed(0), height: "32"})
    : [h("path", {class: "ahead", d: `M180 60H${Math.max(180, at - 24).toFixed(0)}`}), h("path", {class: "bar", d: `M${Math.max(180, at - 24).toFixed(0)} 36l24 24-24 24z`})];
  return h("svg", {class: "axis", viewBox: "0 0 360 120", preserveAspectRatio: "none", "aria-hidden": "true"}, h("path", {class: "nowline", d: "M180 0V120"}), marks);
}

function alarm(ctx, one) {
  const ahead = one.late_since_ms === null;
  const seconds = ahead ? (one.due_ms - ctx.now) / 1000 : (one.late_since_ms - ctx.now) / 1000;
  const ratio = one.metric === "service" || one.metric === "abandoned";
  return h("li", {class: `alarm${one.level === "crit" ? " solid" : ""}`, "data-level": one.level, "data-key": `${one.queue}\u0000${one.channel}`, "data-testid": `alarm-${one.queue}-${one.channel}`},
    sign(one.level),
    h("div", {}, h("h2", {}, sr(`${t(one.level)}: `), named("span", one.label, {class: "name"})), h("p", {class: "why"}, why(ctx, one))),
    h("p", {class: "hit"}, h("b", {}, count(one.contacts)), " ", h("span", {}, contactsName(one, true))),
    h("p", {class: "when"}, h("b", {}, duration(Math.abs(seconds))), " ", h("span", {}, ahead ? t("left") : ratio ? t("lasting") : t("late"))),
    axis(seconds));
}

export function alarms(ctx, list, sound) {
  const crit = list.filter((one) => one.level === "crit").length;
  const marks = list.length
    ? h("h1", {}, sr("Deskpulse "), crit > 0 && h("span", {class: "mark", "data-level": "crit"}, sign("crit"), `${crit} ${t("crit")}`), " ",
        list.length > crit && h("span", {class: "mark", "data-level": "warn"}, sign("warn"), `${list.length - crit} ${t("warn")}`))
    : null;
  const button = h("button", {class: "sound", type: "button", "data-key": "sound", "aria-pressed": sound.on ? "true" : "false", "aria-label": `${t("sound")} ${t(sound.on ? "soundon" : "soundoff")}`, onclick: sound.toggle},
    icon(sound.on ? "sound-on" : "sound-off"), h("span", {class: "text"}, t(sound.on ? "soundon" : "soundoff")));
  if (ctx.stale || ctx.unknown || ctx.sources.some((source) => source.silent)) {
    const top = ctx.stale ? banner(ctx, t("alarms")) : truth(ctx, t("alarms"));
    return h("main", {class: "alarms doubt"}, h("div", {class: "top"}, top, h("div", {class: "beside"}, h("p", {class: "counts"}, marks ? [...marks.childNodes] : null), button)), rows(ctx, list, 5));
  }
  const asof = h("p", {class: "asof"}, h("span", {class: "dim"}, t("asof")), " ", h("time", {"data-testid": "asof"}, clock(ctx.watermark, ctx.zone)));
  if (!list.length) {
    const nextAt = ctx.next ? t("nextat", {name: ctx.next.label, when: `${t("in")} ${duration((ctx.next.due_ms - ctx.now) / 1000)}`}) : t("nothing");
    return h("main", {class: "alarms"}, h("header", {}, h("h1", {}, sr("Deskpulse "), h("span", {class: "mark", "data-level": "ok", "data-testid": "mark"}, sign("ok"), ctx.clock === "events" ? t("history") : t("live"))), button, asof),
      h("div", {class: "calm", "data-level": "ok", "data-testid": "calm"}, sign("ok"), h("p", {}, t("allmet")), h("p", {class: "dim"}, nextAt)));
  }
  return h("main", {class: "alarms"}, h("header", {}, marks, button, asof, h("p", {class: "axislabel", "aria-hidden": "true"}, h("span", {}, "−15"), h("span", {}, t("now")), h("span", {}, "+15"))), rows(ctx, list, ALARM_ROWS));
}

function rows(ctx, list, most) {
  const pages = Math.max(1, Math.ceil(list.length / most));
  const page = ctx.turn % pages;
  const shown = ctx.phone ? list : list.slice(page * most, (page + 1) * most);
  return h("ol", {class: "alist", "data-rows": Math.max(shown.length, pages > 1 ? most : 4), "aria-label": t("alarmlist")}, shown.map((one) => alarm(ctx, one)),
    pages > 1 && !ctx.phone && h("li", {class: "pages", role: "img", "aria-label": t("pageof", {n: page + 1, m: pages})}, Array.from({length: pages}, (_, n) => h("span", {class: n === page ? "here" : null}))));
}
