// What live pages share: numbers in words, colours, pens, elements, states as text. It stands in front of a page's own script,
// in one file with it: see `madkit.inline.script`. No names but these may be global to both.

const clone = (value) => JSON.parse(JSON.stringify(value));
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const differ = (a, b) => a.length !== b.length || a.some((one, i) => one !== b[i]);   // of lists, by identity

const raised = (k) => String(k).replace(/./g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]);

/** A number in at most `digits` digits; far from 1 as a power of ten. */
function plain(value, digits = 3) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return "–";
  if (size === 0) return "0";
  if (size >= 1e-3 && size < 1e5) return String(Number(value.toPrecision(digits))).replace("-", "−");
  const [front, back] = value.toExponential(Math.min(1, digits - 1)).split("e");
  return (Number(front) === 1 ? "" : front.replace("-", "−") + "·") + "10" + raised(Number(back));
}

function rgb(colour) {
  if (Array.isArray(colour)) return colour;
  if (colour.startsWith("#")) return [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  return (colour.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
}

const css = (parts, alpha = 1) => `rgba(${parts.slice(0, 3).map(Math.round).join(",")},${alpha})`;
const mix = (a, b, share) => rgb(a).slice(0, 3).map((x, i) => x + share * (rgb(b)[i] - x));

function luminance(colour) {                         // WCAG 2.1
  const [r, g, b] = rgb(colour).map((x) => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** A colour as text on this paper: towards black or white until it can be read, 4.5 : 1. */
function ink(colour, look) {
  for (let share = 0; share < 1; share += 0.05) {
    const tried = mix(colour, look.dark ? "#FFFFFF" : "#000000", share);
    if (contrast(tried, look.paper) >= 4.6) return css(tried);
  }
  return css(look.text);
}

const REAL = { light: "#4D4D4D", dark: "#B4B4B4" };   // real rows, in light and dark pages

/** The colours of the page around: Lab's theme, or white. */
function lookOf(root) {
  const style = getComputedStyle(root), paper = rgb(style.backgroundColor).slice(0, 3), given = rgb(style.color);
  const text = mix(paper, given, given[3] ?? 1), dark = luminance(paper) < 0.2;
  return { paper, text, dark, quiet: mix(text, paper, 0.28), rule: mix(text, paper, 0.78), font: style.fontFamily,
           real: rgb(dark ? REAL.dark : REAL.light) };
}

const SIZE = 16, LINE = 20;                          // of text on canvases

/** A canvas in CSS pixels, cleared. */
function brush(canvas, width, height, look) {
  canvas.style.height = `${height}px`;
  return pen(canvas, width, height, look);
}

function pen(canvas, width, height, look) {
  const ratio = window.devicePixelRatio || 1, [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  ctx.lineJoin = "round";
  ctx.textBaseline = "middle";
  ctx.write = (text, x, y, { colour = look.text, bold = false, align = "left", within = Infinity } = {}) => {
    ctx.font = `${bold ? "600 " : ""}${SIZE}px ${look.font}`;
    ctx.textAlign = align;
    ctx.fillStyle = Array.isArray(colour) ? css(colour) : colour;
    ctx.fillText(fitted(ctx, text, within), x, y);
  };
  return ctx;
}

/** A picture that is kept: it is painted again, with a pen of its own, only when something that it depends on is another. */
function layer() {
  const canvas = new OffscreenCanvas(1, 1);
  let before = [];
  return (ctx, width, height, look, depends, paint) => {
    const now = [width, height, window.devicePixelRatio, ...depends];
    if (differ(now, before)) paint(pen(canvas, width, height, look));
    before = now;
    ctx.save();
    ctx.resetTransform();
    ctx.drawImage(canvas, 0, 0);
    ctx.restore();
  };
}

const widths = new Map();

/** How wide a text is; the few texts of a page are measured over and over. */
function measured(ctx, text, look, bold = false) {
  const font = `${bold ? "600 " : ""}${SIZE}px ${look.font}`, key = `${font}|${text}`;
  if (!widths.has(key)) {
    if (widths.size > 5000) widths.clear();
    ctx.font = font;
    widths.set(key, ctx.measureText(text).width);
  }
  return widths.get(key);
}

function fitted(ctx, text, width) {
  if (width === Infinity || ctx.measureText(text).width <= width) return text;
  let cut = text;
  while (cut && ctx.measureText(cut + "…").width > width) cut = cut.slice(0, -1);
  return cut.trimEnd() + "…";
}

function stroke(ctx, colour, width, dash = []) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.stroke();
  ctx.setLineDash([]);
}

function inside(ctx, [x, y, w, h], paint) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, w, h);
  ctx.clip();
  paint();
  ctx.restore();
}

function ticksOf([low, high], log, room) {
  const most = Math.max(2, Math.floor(room / 34));
  if (log) {
    const [a, b] = [Math.log10(low), Math.log10(high)], decades = Math.floor(b) - Math.ceil(a) + 1;
    if (decades >= 2) {
      const step = Math.ceil(decades / most), first = Math.ceil(Math.ceil(a) / step) * step;
      return Array.from({ length: Math.floor((Math.floor(b) - first) / step) + 1 }, (_, i) => 10 ** (first + i * step));
    }
    const fine = [];
    for (let k = Math.floor(a); k <= b; k++) for (const m of [1, 2, 5]) fine.push(m * 10 ** k);
    return fine.filter((v) => v >= low && v <= high);
  }
  const raw = (high - low) / most, unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * [1, 2, 5, 10].find((m) => m * unit >= raw), first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function generationTicks(T, room) {
  const step = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000].find((s) => (T / s) * 34 <= room) ?? T;
  const multiples = Array.from({ length: Math.floor(T / step) }, (_, i) => (i + 1) * step);
  return [1, ...multiples.filter((g) => g - 1 >= 0.6 * step)];
}

/** A line through the finite points, with a gap where there are none. */
function trace(ctx, points) {
  let pen = false;
  for (const [x, y] of points) {
    const there = Number.isFinite(y);
    if (there) ctx[pen ? "lineTo" : "moveTo"](x, y);
    pen = there;
  }
}

/** An element; attributes that are null or false are left out; text is never read as HTML. */
function make(tag, given = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given))
    if (value != null && value !== false) node.setAttribute(name, value === true ? "" : value);
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
}

const button = (text, given = {}) => make("button", { type: "button", ...given }, text);
const canvas = (panel) => make("canvas", { "data-panel": panel, role: "img" });

/** Sets text only where it changed, so that screen readers stay quiet. */
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const PREFIX = "madkit1:";

/** A state as one word to copy, and back. `parsed` throws an Error that says what is wrong. */
function encode(state) {
  const text = String.fromCharCode(...new TextEncoder().encode(JSON.stringify(state)));
  return PREFIX + btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function parsed(text) {
  const word = text.trim();
  if (!word.startsWith(PREFIX))
    throw Error(`state: expected a word that begins with ${PREFIX}, got ${word.slice(0, 20) || "nothing"}`);
  try {
    const bytes = atob(word.slice(PREFIX.length).replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (sign) => sign.charCodeAt(0))));
  } catch {
    throw Error("state: expected a word made by “copy state”, got one that is cut off or altered");
  }
}

/** The buttons that copy a state as a word and paste one, and the row that they open. */
function exchange() {
  const copy = button("copy state"), paste = button("paste state", { "aria-expanded": "false" }), apply = button("show it");
  const word = make("input", { type: "text", "aria-label": "state string", spellcheck: "false", autocomplete: "off",
                               placeholder: PREFIX + "…" });
  const copied = make("span", { role: "status" }), row = make("div", { class: "row" }, word, apply, copied);
  const unfold = (open) => {
    row.hidden = !open;
    paste.setAttribute("aria-expanded", open);
    put(copied, "");
  };
  /** `state()`: what is copied; `show(word)`: shows what is pasted, and gives whether that could be. */
  const join = (on, state, show) => {
    const accept = () => show(word.value) && unfold(false);
    unfold(false);
    on(copy, "click", () => {
      unfold(true);
      word.value = encode(state());
      word.focus();
      word.select();
      const hand = () => put(copied, "press Ctrl-C to copy");
      if (navigator.clipboard) navigator.clipboard.writeText(word.value).then(() => put(copied, "copied"), hand);
      else hand();
    });
    on(paste, "click", () => {
      unfold(row.hidden);
      word.value = "";
      if (!row.hidden) word.focus();
    });
    on(apply, "click", accept);
    on(word, "keydown", (event) => event.key === "Enter" && accept());
  };
  return { copy, paste, row, join };
}

/** What stands for the model where there is no kernel: values by name, and who wants to know. */
function still(values) {
  const heard = {};
  return {
    get: (name) => values[name],
    set: (name, value) => {
      values[name] = value;
      for (const act of heard[`change:${name}`] ?? []) act();
    },
    save_changes: () => {},
    send: () => {},
    on: (name, act) => (heard[name] ??= new Set()).add(act),
    off: (name, act) => heard[name]?.delete(act),
  };
}
