// The settings of a page stand in its address, so that a wall is set up by a link and a reload loses nothing.

const VIEWS = ["floor", "alarms", "desk"];
const WINDOWS = ["5m", "15m", "30m", "1h", "today", "24h", "yesterday", "7d", "28d"];
const THEMES = ["dark", "light", "auto"];

const oneOf = (value, known, otherwise) => (known.includes(value) ? value : otherwise);

// ?queues=billing,sales &view=floor|alarms|desk &theme=dark|light|auto &window=30m &rotate=20 &lang=en|de
export function read(address, languages) {
  const query = new URLSearchParams(address);
  const rotate = Number(query.get("rotate") === null ? 20 : query.get("rotate"));
  const spoken = (languages || []).map((name) => name.slice(0, 2));
  return {
    queues: query.getAll("queues").flatMap((names) => names.split(",")).map((name) => name.trim()).filter(Boolean),
    view: oneOf(query.get("view") === "supervisor" ? "desk" : query.get("view"), VIEWS, "floor"),
    theme: oneOf(query.get("theme"), THEMES, "dark"),
    window: oneOf(query.get("window"), WINDOWS, "30m"),
    rotate: Number.isFinite(rotate) && rotate >= 0 ? (rotate > 0 ? Math.max(5, rotate) : 0) : 20,
    lang: oneOf(query.get("lang"), ["en", "de"], spoken.find((name) => name === "en" || name === "de") || "en"),
    sort: query.get("sort") || "",
  };
}

// The address with other values; what is as it would be anyway is left out.
export function address(changes, from = location.search) {
  const query = new URLSearchParams(from);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString().replace(/%2C/g, ",");
  return `${text ? `?${text}` : location.pathname}${location.hash}`;
}
