// Numbers and times as text. Unknown is an en dash, never 0. The wall rounds to what five metres can use, the desk is exact.

import {language} from "./strings.js";

export const DASH = "–";
const GAP = "\u00a0";
const formats = new Map();

function format(key, make) {
  const name = `${language()} ${key}`;
  if (!formats.has(name)) formats.set(name, make(language() === "en" ? "en-GB" : language()));
  return formats.get(name);
}

const none = (value) => value === undefined || value === null || Number.isNaN(value);
const pad = (n) => String(n).padStart(2, "0");

// Four digits stay whole; from 10 000 on two significant ones: 12 k.
export function count(value) {
  if (none(value)) return DASH;
  if (value < 10_000) return exact(value);
  const [by, letter] = value < 1_000_000 ? [1000, "k"] : [1_000_000, "M"];
  return `${Math.floor(value / by)}${GAP}${letter}`;
}

export function exact(value) {
  return none(value) ? DASH : format("n", (l) => new Intl.NumberFormat(l, {maximumFractionDigits: 1})).format(value);
}

// A share in whole percent; with a decimal where the whole one would not show on which side of the target it is.
export function percent(value, target) {
  if (none(value)) return DASH;
  const close = !none(target) && value !== target && Math.round(value * 100) === Math.round(target * 100);
  return close ? share(value) : `${format("p", (l) => new Intl.NumberFormat(l, {maximumFractionDigits: 0})).format(value * 100)}${GAP}%`;
}

export function share(value, digits = 1) {
  if (none(value)) return DASH;
  const shape = {minimumFractionDigits: digits, maximumFractionDigits: digits};
  return `${format(`s${digits}`, (l) => new Intl.NumberFormat(l, shape)).format(value * 100)}${GAP}%`;
}

// Of the wall: m:ss below an hour, 4 h 12 below ten hours, 23 h below two days, then 31 d.
export function duration(seconds) {
  if (none(seconds)) return DASH;
  const s = Math.max(0, Math.floor(seconds));
  if (s < 3600) return `${Math.floor(s / 60)}:${pad(s % 60)}`;
  const hours = Math.floor(s / 3600);
  if (hours < 10) return `${hours}${GAP}h${GAP}${pad(Math.floor((s % 3600) / 60))}`;
  return hours < 48 ? `${hours}${GAP}h` : `${count(Math.floor(hours / 24))}${GAP}d`;
}

// A target is a round number: 4 h, not 4 h 00.
export function limit(seconds) {
  if (none(seconds)) return DASH;
  if (seconds >= 3600 && seconds % 3600 === 0) return seconds % 86_400 === 0 && seconds >= 172_800 ? `${seconds / 86_400}${GAP}d` : `${seconds / 3600}${GAP}h`;
  return duration(seconds);
}

// Of the desk: m:ss, h:mm:ss.
export function span(seconds) {
  if (none(seconds)) return DASH;
  const s = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes}:${pad(s % 60)}`;
  if (minutes < 6000) return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(s % 60)}`;
  return `${exact(Math.floor(minutes / 1440))}${GAP}d${GAP}${Math.floor((minutes % 1440) / 60)}${GAP}h`;
}

// The age of a source: seconds while it is fresh.
export const age = (seconds) => (none(seconds) ? DASH : seconds < 60 ? `${Math.max(0, Math.floor(seconds))}${GAP}s` : duration(seconds));

export function clock(ms, zone) {
  if (none(ms)) return `${DASH}:${DASH}:${DASH}`;
  return format(`c${zone}`, (l) => new Intl.DateTimeFormat(l, {timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"})).format(ms);
}

export function minute(ms, zone) {
  return format(`m${zone}`, (l) => new Intl.DateTimeFormat(l, {timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23"})).format(ms);
}

export function day(ms, zone) {
  return format(`d${zone}`, (l) => new Intl.DateTimeFormat(l, {timeZone: zone, dateStyle: "medium"})).format(ms);
}

// When a queue opens: the time today, the weekday within a week, else the date.
export function opening(ms, now, zone) {
  if (none(ms)) return DASH;
  if (day(ms, zone) === day(now, zone)) return minute(ms, zone);
  const shape = ms - now < 6 * 86_400_000 ? {weekday: "short"} : {day: "numeric", month: "short"};
  const date = format(`o${zone}${Object.keys(shape)}`, (l) => new Intl.DateTimeFormat(l, {timeZone: zone, ...shape})).format(ms);
  return `${date.replace(/\.$/, "")} ${minute(ms, zone)}`;
}

export function signed(value, text) {
  return text(Math.abs(value)) === text(0) ? `±${text(0)}` : `${value > 0 ? "+" : "−"}${text(Math.abs(value))}`;
}
