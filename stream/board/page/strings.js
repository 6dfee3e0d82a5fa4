// Every word of the page, by language. A language that misses one takes the English word; tests say which.

export const STRINGS = {
  en: {
    name: "English",
    floor: "Floor", alarms: "Alarms", desk: "Queues", views: "Views and settings",
    asof: "as of", live: "LIVE", history: "REPLAY", stale: "DATA STALE", since: "since", ago: "ago",
    connection: "No connection, retrying", pipeline: "Board is up, worker is silent",
    silent: "SILENT", nodata: "NO DATA", outside: "OUTSIDE", keptdays: "{n} days are kept",
    starting: "Starting", connecting: "Connecting", locked: "Locked", lockedhow: "Address lacks", reading: "Reading stored state", waitworker: "Waiting for a worker",
    ok: "OK", warn: "WATCH", crit: "ACT", old: "OLD", unknown: "NO DATA", empty: "EMPTY", closed: "CLOSED",
    waiting: "waiting", longest: "longest", oldest: "oldest", max: "max", min: "min", of: "{n} of {m}",
    free: "free", busy: "busy", away: "away", agents: "Agents", signedin: "Signed in", ticketswaiting: "Tickets waiting",
    service: "SL", targetsmet: "On time", abandoned: "Abandoned", abandonedlow: "abandoned", first: "First reply",
    firstlow: "first reply", occupancy: "Occupancy", occupied: "occupied", backlog: "Backlog", late: "late", left: "left",
    lasting: "so far", next: "Next", in: "in", due: "due", target: "target", nothing: "Nothing falls due",
    opens: "opens", neveropens: "does not open", allclosed: "All closed", firstopens: "first queue opens", opensnot: "no opening known",
    nocontacts: "No contacts", noqueues: "No queues yet", noqueuesof: "None of these queues was seen",
    voice: "voice", chat: "chat", ticket: "tickets", tickets: "tickets",
    contacts: "contacts", replies: "first replies", ofvoice: "callers", ofchat: "chats", ofticket: "tickets",
    contacts1: "contact", replies1: "first reply", repliesshort: "replies", replies1short: "reply", ofvoice1: "caller", ofchat1: "chat", ofticket1: "ticket",
    soundon: "on", soundoff: "off", sound: "Sound", now: "now", allmet: "All targets met", nextat: "next: {name}, {when}",
    more: "+{n}", pageof: "page {n} of {m}", heroof: "{n} of {m}",
    others: "Other queues, the most urgent first", alarmlist: "Alarms, the most contacts first",
    sources: "Age of the newest event of each source", table: "The same numbers as a table", all: "All queues",
    queue: "Queue", state: "State", trend: "Trend", trendof: "{name} over the last hour, target {target}",
    says: "{name}: {word}. {what}", saysok: "{name}: {word}.", isover: "{metric} {value}, {side} {target}",
    fwd: "longest wait", servicelevel: "Service level", attainment: "Targets met", abandonment: "Abandonment", firstresponse: "First response",
    oldestlong: "Oldest waiting", longestlong: "Longest wait", waitinglong: "Waiting", unrepliedlong: "Without a first reply", agentslong: "Agents",
    theme: "Theme", dark: "dark", light: "light", auto: "auto", fullscreen: "Full screen",
    compared: "compared with {from}–{to}", comparing: "comparison not available", window: "Window", last: "last {w}", today: "today", yesterday: "yesterday",
    note: "A dash: no value exists (no contact in the window, another channel, or a closed queue). An agent who serves two queues counts once in the total. Press a number to see what it means and the contacts behind it.",
    noteevents: "Since the start: {accepted} events accepted, {duplicate} duplicate, {late} late, {rejected} rejected.",
    outsidenote: "This window begins before the {n} days that are kept: what it would show is not known.",
    fba: "Free / busy / away", means: "What it means", made: "How it is made", behind: "What is behind it", close: "Close",
    numerator: "counts", denominator: "out of", value: "value", contributing: "contacts that count", leftout: "left out, with the reason",
    source: "Definition", config: "Configuration {c}", otherformulas: "By the other formulas", contact: "Contact", happened: "What happened", counts: "Counts as",
    allof: "All as JSON", copy: "Copy command", asking: "Asking the workers…", failed: "Not answered: {why}",
    first100: "the first {n} of {m}", nocontactsbehind: "Nothing counts in this window.", under: "{d} under the objective of {t}", over: "{d} over the limit of {t}", within: "within the target of {t}", notjudged: "no target is set for this number",
    peragent: "Agents by name", agent: "Agent", hidden: "Who they are is shown only where board.per_agent is on.",
    completefrom: "Complete from {t} on: what closed before may be gone.", pp: "pp", noteam: "no team",
  },
  de: {
    name: "Deutsch",
    floor: "Überblick", alarms: "Alarme", desk: "Warteschlangen", views: "Ansichten und Einstellungen",
    asof: "Stand", live: "LIVE", history: "ARCHIV", stale: "DATEN VERALTET", since: "seit", ago: "her",
    connection: "Keine Verbindung, neuer Versuch", pipeline: "Worker meldet sich nicht",
    silent: "STUMM", nodata: "KEINE DATEN", outside: "ZU WEIT", keptdays: "{n} Tage sind da",
    starting: "Startet", connecting: "Verbindet", locked: "Gesperrt", lockedhow: "Es fehlt", reading: "Liest den Stand", waitworker: "Wartet auf Worker",
    ok: "OK", warn: "ACHTUNG", crit: "HANDELN", old: "ALT", unknown: "OHNE DATEN", empty: "LEER", closed: "ZU",
    waiting: "warten", longest: "längste", oldest: "älteste", max: "max", min: "min", of: "{n} von {m}",
    free: "frei", busy: "belegt", away: "weg", agents: "Agenten", signedin: "Angemeldet", ticketswaiting: "Offene Tickets",
    service: "SL", targetsmet: "Pünktlich", abandoned: "Aufgelegt", abandonedlow: "aufgelegt", first: "Erstantwort",
    firstlow: "Erstantwort", occupancy: "Auslastung", occupied: "Auslastung", backlog: "Bestand", late: "zu spät", left: "Rest",
    lasting: "bisher", next: "Nächste", in: "in", due: "fällig", target: "Ziel", nothing: "Nichts wird fällig",
    opens: "öffnet", neveropens: "öffnet nicht", allclosed: "Alles zu", firstopens: "die erste öffnet", opensnot: "keine Öffnung bekannt",
    nocontacts: "Keine Kontakte", noqueues: "Noch keine Warteschlange", noqueuesof: "Keine davon war zu sehen",
    voice: "Telefon", chat: "Chat", ticket: "Tickets", tickets: "Tickets",
    contacts: "Kontakte", replies: "Erstantworten", ofvoice: "Anrufer", ofchat: "Chats", ofticket: "Tickets",
    contacts1: "Kontakt", replies1: "Erstantwort", repliesshort: "Antworten", replies1short: "Antwort", ofvoice1: "Anrufer", ofchat1: "Chat", ofticket1: "Ticket",
    soundon: "an", soundoff: "aus", sound: "Ton", now: "jetzt", allmet: "Alle Ziele erreicht", nextat: "als Nächstes: {name}, {when}",
    more: "+{n}", pageof: "Seite {n} von {m}", heroof: "{n} von {m}",
    others: "Weitere Warteschlangen, die dringendste zuerst", alarmlist: "Alarme, die meisten Kontakte zuerst",
    sources: "Alter des neuesten Ereignisses jeder Quelle", table: "Dieselben Zahlen als Tabelle", all: "Alle zusammen",
    queue: "Warteschlange", state: "Zustand", trend: "Verlauf", trendof: "{name} der letzten Stunde, Ziel {target}",
    says: "{name}: {word}. {what}", saysok: "{name}: {word}.", isover: "{metric} {value}, {side} {target}",
    fwd: "längste Wartezeit", servicelevel: "Service-Level", attainment: "Ziele erreicht", abandonment: "Abbruchquote", firstresponse: "Erstantwort",
    oldestlong: "Älteste offen", longestlong: "Längste Wartezeit", waitinglong: "Wartende", unrepliedlong: "Ohne Erstantwort", agentslong: "Agenten",
    theme: "Farben", dark: "dunkel", light: "hell", auto: "auto", fullscreen: "Vollbild",
    compared: "verglichen mit {from}–{to}", comparing: "kein Vergleich möglich", window: "Zeitraum", last: "letzte {w}", today: "heute", yesterday: "gestern",
    note: "Ein Strich: es gibt keinen Wert (kein Kontakt im Zeitraum, ein anderer Kanal oder geschlossen). Wer für zwei Warteschlangen da ist, zählt in der Summe einmal. Ein Druck auf eine Zahl zeigt, was sie bedeutet und welche Kontakte dahinterstehen.",
    noteevents: "Seit dem Start: {accepted} Ereignisse angenommen, {duplicate} doppelt, {late} verspätet, {rejected} abgelehnt.",
    outsidenote: "Dieser Zeitraum beginnt vor den {n} Tagen, die aufgehoben werden: was er zeigen würde, ist nicht bekannt.",
    fba: "Frei / belegt / weg", means: "Was es bedeutet", made: "Wie es entsteht", behind: "Was dahintersteht", close: "Schließen",
    numerator: "zählt", denominator: "von", value: "Wert", contributing: "Kontakte, die zählen", leftout: "ausgelassen, mit Grund",
    source: "Definition", config: "Konfiguration {c}", otherformulas: "Nach den anderen Formeln", contact: "Kontakt", happened: "Was geschah", counts: "Zählt als",
    allof: "Alle als JSON", copy: "Befehl kopieren", asking: "Die Worker werden gefragt …", failed: "Keine Antwort: {why}",
    first100: "die ersten {n} von {m}", nocontactsbehind: "In diesem Zeitraum zählt nichts.", under: "{d} unter dem Ziel von {t}", over: "{d} über der Grenze von {t}", within: "innerhalb des Ziels von {t}", notjudged: "für diese Zahl gibt es kein Ziel",
    peragent: "Agenten mit Namen", agent: "Agent", hidden: "Wer es ist, steht nur dort, wo board.per_agent an ist.",
    completefrom: "Vollständig ab {t}: was vorher schloss, kann fehlen.", pp: "PP", noteam: "ohne Team",
  },
};

let words = STRINGS.en;
let lang = "en";

export function speak(name) {
  lang = name in STRINGS ? name : "en";
  words = STRINGS[lang];
}

export const language = () => lang;

// t("of", {n: 1, m: 2}) is "1 of 2".
export function t(key, values = {}) {
  const text = key in words ? words[key] : STRINGS.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}
