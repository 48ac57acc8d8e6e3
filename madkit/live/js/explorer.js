// The explorer: self-consuming loops side by side, generation by generation. Everything that one setting needs is a track
// (see `unpack`), so moving through generations asks nobody; other settings come as further tracks. anywidget calls `render`
// in JupyterLab, and `mount` calls it in a page opened from disk, without kernel or network. common.js stands in front of it.

// --- tracks and states ------------------------------------------------------------------------------------------------

const KEPT = 300;                                    // tracks held at most, the oldest go first
const ASKED = 100;                                   // states whose tracks are not here yet
const PIPE = 2;                                      // questions on their way to the kernel and back, so that it never waits
const LOST = 5000;                                   // ms after which no answer is expected any more
const AHEAD = [1, 2, -1];                            // places of a slider that are worked out before they are asked for
const WAIT = 400;                                    // ms before "computing …" is said
const REST = 300;                                    // ms without a move before the kernel hears of the state, and words follow
const SPOKEN = 1000;                                 // ms between two sentences while it plays
const POINTS = [5, 400];                             // of a drawn distribution, at least and at most
const HALF = 4;                                      // they lie in [-4, 4]²
const SPEEDS = [1, 2, 4];
const TYPES = { f4: Float32Array, u1: Uint8Array, i4: Int32Array };

const sides = (state) => (state.B ? ["A", "B"] : ["A"]);

/** The tracks of a pack: header length, JSON header, and a body of arrays that the header refers to by number. */
export function unpack(bytes) {
  if (!bytes?.byteLength) return [];
  const all = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
                                        : new Uint8Array(bytes);
  const length = new DataView(all.buffer, all.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(all.subarray(4, 4 + length)));
  const body = Math.ceil((4 + length) / 8) * 8;
  const arrays = header.arrays.map(([type, shape, offset]) => {
    const size = shape.reduce((a, b) => a * b, 1) * TYPES[type].BYTES_PER_ELEMENT;
    return { shape, data: new TYPES[type](all.slice(body + offset, body + offset + size).buffer) };
  });
  const array = (ref) => (ref == null ? null : arrays[ref]);
  return header.tracks.map((track) => {
    const read = { ...track, curves: {} };
    for (const name of ["mean", "root", "emitted", "rows", "images", "real"]) read[name] = array(track[name]);
    for (const [name, curve] of Object.entries(track.curves ?? {})) {
      read.curves[name] = { words: curve.words };
      for (const part of ["low", "median", "high", "theory"]) read.curves[name][part] = array(curve[part])?.data ?? null;
    }
    return read;
  });
}

/** Whether two arrays hold the same numbers. */
const alike = (a, b) => Boolean(a && b) && same(a.shape, b.shape) && a.data.every((x, i) => x === b.data[i]);

/** The loops that one side shows. */
export function loopsOf(page, side, state) {
  return page.loops.filter((loop) => state[side].loop === "all" || state[side].loop === loop.label);
}

/** The keys of the tracks that one side needs: a pure function, which Python computes alike. */
export function keys(page, side, state) {
  return loopsOf(page, side, state).map((loop) => {
    if (page.choose === "run") return loop.label;
    const taken = loop.takes.map((name) => name + state[side][name]).join(",");
    return `${loop.label}:${taken}${state.seed ? `;s${state.seed}` : ""}${state.drawn ? `;${hash(state.drawn.points)}` : ""}`;
  });
}

function hash(points) {
  let h = 0x811c9dc5;                                // FNV-1a, 32 bits
  for (const sign of JSON.stringify(points)) h = Math.imul(h ^ sign.charCodeAt(0), 0x01000193) >>> 0;
  return h.toString(16).padStart(8, "0");
}

/** What is wrong with a state, in words; "" where nothing is. */
export function problem(page, state) {
  const wrong = (name, expected, got) => {
    const text = typeof got === "number" ? String(got) : JSON.stringify(got) ?? String(got);
    return `${name}: expected ${expected}, got ${text.length > 60 ? text.slice(0, 59) + "…" : text}`;
  };
  const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const whole = (value, low, high) => Number.isInteger(value) && value >= low && value <= high;
  const extra = (value, known) => Object.keys(value).find((name) => !known.includes(name));
  if (!isObject(state)) return wrong("state", "an object", state);
  const fields = ["t", "tab", "A", "B", "drawn", "seed", "speed"], unknown = extra(state, fields);
  if (unknown) return wrong("state", `only ${fields.join(", ")}`, unknown);
  if (!whole(state.t, 1, page.generations)) return wrong("t", `a whole number from 1 to ${page.generations}`, state.t);
  if (!SPEEDS.includes(state.speed)) return wrong("speed", SPEEDS.join(", "), state.speed);
  if (!whole(state.seed, 0, 2 ** 31 - 1)) return wrong("seed", "a whole number from 0", state.seed);
  if (state.B !== null && !page.compare) return wrong("B", "null (this page compares nothing)", state.B);
  if (!["A", ...(state.B ? ["B"] : [])].includes(state.tab)) return wrong("tab", state.B ? "A or B" : "A", state.tab);
  for (const side of state.B === null ? ["A"] : ["A", "B"]) {
    const value = state[side], known = ["loop", ...page.controls.map((control) => control.name)];
    if (!isObject(value)) return wrong(side, "an object", value);
    if (extra(value, known)) return wrong(side, `only ${known.join(", ")}`, extra(value, known));
    const labels = page.loops.map((loop) => loop.label);
    if (!["all", ...labels].includes(value.loop)) return wrong(`${side}.loop`, `all, ${labels.join(", ")}`, value.loop);
    for (const { name, values } of page.controls)
      if (!whole(value[name], 0, values.length - 1))
        return wrong(`${side}.${name}`, `a whole number from 0 to ${values.length - 1} (a place on its slider)`, value[name]);
  }
  if (state.drawn === null) return "";
  if (!page.draw) return wrong("drawn", "null (nothing can be drawn on this page)", state.drawn);
  if (!isObject(state.drawn) || !Array.isArray(state.drawn.points)) return wrong("drawn", "null or points", state.drawn);
  const { points } = state.drawn;
  if (!whole(points.length, ...POINTS)) return wrong("drawn.points", `${POINTS[0]} to ${POINTS[1]} points`, points.length);
  const lies = (value) => Number.isFinite(value) && Math.abs(value) <= HALF;
  const odd = points.find((point) => !(Array.isArray(point) && point.length === 2 && point.every(lies)));
  return odd === undefined ? "" : wrong("drawn.points", `pairs of numbers from -${HALF} to ${HALF}`, odd);
}

/** The state that a word stands for; throws an Error that says what is wrong. */
export function decode(page, text) {
  const state = parsed(text), why = problem(page, state);
  if (why) throw Error(why);
  return state;
}

/** Points as they enter a state: inside the window, two decimals, never more than it may hold. */
const rounded = (points) =>
  points.slice(0, POINTS[1]).map((point) => point.map((x) => Math.round(100 * Math.max(-HALF, Math.min(HALF, x))) / 100 || 0));

/** A distribution to start from, always the same points. */
function stamp(name) {
  let seed = 7;
  const uniform = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const shapes = {
    "two moons": (i, a) => (i % 2 ? [1.7 * Math.cos(a / 2) - 0.85, 1.7 * Math.sin(a / 2) - 0.4]
                                  : [0.85 - 1.7 * Math.cos(a / 2), 0.4 - 1.7 * Math.sin(a / 2)]),
    ring: (i, a) => [2.4 * Math.cos(a), 2.4 * Math.sin(a)],
    "three blobs": (i) => [[-2, -1.3], [2, -1.3], [0, 2]][i % 3],
  };
  const spread = { "two moons": 0.14, ring: 0.16, "three blobs": 0.42 }[name];
  const point = (i) => shapes[name](i, 2 * Math.PI * uniform()).map((x) => x + spread * normal());
  return rounded(Array.from({ length: 180 }, (_, i) => point(i)));
}
const STAMPS = ["two moons", "ring", "three blobs"];

// --- words ------------------------------------------------------------------------------------------------------------

const ending = (count) => (count === 1 ? "" : "s");

const told = (metric, value, digits = 3) =>
  metric.kind === "share" && Number.isFinite(value) ? `${plain(100 * value, Math.min(digits, 2))} %` : plain(value, digits);

/** A metric and its value in what room there is: for a share that is tiny and too long it says so. */
function short(metric, value, fits) {
  const whole = `${metric.short} ${told(metric, value)}`, small = metric.kind === "share" && Math.abs(value) < 1e-4;
  return small && !fits(whole) ? `${metric.short} ≈ 0 %` : whole;
}

/** The last place whose generation is not beyond t. */
const place = (generations, t) => Math.max(0, generations.findLastIndex((g) => g <= t));

const valueAt = (track, name, t) => track.curves[name]?.median?.[place(track.t, t)] ?? NaN;

/** The last generation that there is of what is shown. */
const reach = (shown) => Math.max(1, ...shown.flatMap(({ tracks }) => tracks.map((track) => track.t.at(-1) ?? 1)));

/** "λ" of "sampling bias λ": the sign that stands for a control in short. */
function symbol(control) {
  const last = control.label.split(" ").at(-1);
  return last.length <= 3 ? last : control.label;
}

/** The metrics that what is shown has curves of; before anything is shown, all. */
function metricsOf(page, shown) {
  const known = page.metrics.filter(({ name }) => shown.some(({ tracks }) => tracks.some((track) => track.curves[name])));
  return known.length ? known : page.metrics;
}

const takes = (page, side, state, name) => loopsOf(page, side, state).some((loop) => loop.takes.includes(name));

/** The settings of one side: "n = 100, p = 10 %, λ = 0.8". */
function settings(page, side, state) {
  return page.controls.filter(({ name }) => takes(page, side, state, name))
    .map((control) => `${symbol(control)} = ${control.words[state[side][control.name]]}`).join(", ");
}

const capital = (text) => (/^[a-z]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text);   // λ stays λ

/** The picture in words, for screen readers and for everybody. */
function summary(page, state, shown) {
  const numbers = (track) => page.metrics.filter(({ name }) => track.curves[name])
    .map((metric) => `${metric.short} ${told(metric, valueAt(track, metric.name, state.t))}`).join(", ");
  const name = (track) => {
    const last = track.t[place(track.t, state.t)];
    return last < state.t ? `${track.label} (generation ${last})` : track.label;
  };
  const parts = shown.map(({ side, tracks, given }) => {
    const setting = settings(page, side, given), values = tracks.map((track) => `${name(track)}: ${numbers(track)}`).join("; ");
    return shown.length > 1 ? `${side}${setting && ` (${setting})`}: ${values}.` : `${setting && `With ${setting}: `}${values}.`;
  });
  return [`Generation ${state.t} of ${page.generations}.`, ...parts.map(capital)].join(" ");
}

/** What the training sets of this generation are made of, in words. */
function dietWords(state, shown) {
  return dietEntries(shown).map(({ track, name }) => {
    const parts = meal(track, state.t), births = parts.filter(([source]) => source === "synthetic").map((part) => part[1]);
    const total = (kind) => parts.reduce((sum, [source, , rows]) => sum + (source === kind ? rows : 0), 0);
    const [first, last] = [Math.min(...births), Math.max(...births)];
    const when = first === last ? ` of generation ${first}` : ` of generations ${first}–${last}`;
    const said = ["real", "fresh", "synthetic"].filter(total)
      .map((kind) => `${total(kind)} ${kind}${kind === "synthetic" ? when : ""}`);
    return `${name}: ${said.join(", ")}`;
  }).join("; ");
}

/** The parts of the training set of generation t: [source, born, rows]. */
const meal = (track, t) => track.diet[place(track.diet.map(([g]) => g), t)][1];

function cloudWords(state, track) {
  const known = track.kept ?? track.t, t = known[place(known, state.t)], ghosts = ghostsOf(t);
  const before = ghosts.length ? `; dashed: generation${ending(ghosts.length)} ${ghosts.join(" and ")}` : "";
  const seeds = track.mean ? track.mean.shape[0] - 1 : 0, others = seeds > 0 ? `; thin: ${seeds} other seed${ending(seeds)}` : "";
  if (track.images) return `Images of generation ${t}${track.real ? ", beside real ones" : ""}.`;
  if (track.rows) return `Grey: real data. Colour: what generation ${t} emits.`;
  if (track.mean?.shape[2] === 1)
    return `Grey: real data. Curve: the fit of generation ${t}${others}${before}. Ticks: what it emits.`;
  return `Grey: real data. Colour: what generation ${t} emits. Outlines hold 95 %${others}${before}.`;
}

function curveWords(shown) {
  const curves = shown.flatMap(({ tracks }) => tracks.flatMap((track) => Object.values(track.curves)));
  const counts = [...new Set(shown.flatMap(({ tracks }) => tracks.map((track) => track.seeds)))].filter(Boolean);
  const of = counts.length ? ` of ${counts.join(" or ")} seeds` : " over seeds";
  const banded = curves.some((curve) => curve.low && curve.high);
  const theories = [...new Set(curves.filter((curve) => curve.theory).map((curve) => curve.words || "theory"))];
  return [banded ? `Line: median${of}, band: 10–90 %` : counts[0] === 1 ? "Line: one seed, no band" : "",
          theories.length ? `thin dashes: ${theories.join(", ")}` : ""].filter(Boolean).join("; ");
}

// --- colours ----------------------------------------------------------------------------------------------------------

const SYNTHETIC = "#D55E00", FRESH = "#009E73";

/** Synthetic rows by birth generation, light to dark vermilion (as in the printed figures). */
function born(generation, last) {
  const at = (generation - 1) / Math.max(last - 1, 1), pure = rgb(SYNTHETIC);
  const light = pure.map((x) => 255 - 0.45 * (255 - x)), dark = pure.map((x) => 0.45 * x);
  return at < 0.5 ? mix(light, pure, 2 * at) : mix(pure, dark, 2 * at - 1);
}

// --- drawing: pure functions of page, state and tracks ------------------------------------------------------------------

const OUTLINE = 2.4477;                              // √χ²₂(0.95): this many standard deviations hold 95 % in the plane
const ANGLES = Array.from({ length: 65 }, (_, k) => [Math.cos((k * Math.PI) / 32), Math.sin((k * Math.PI) / 32)]);

const ghostsOf = (t) => [...new Set([1, Math.round(t / 2)])].filter((g) => g < t);

/** Text in at most two lines of this width. */
function wrapped(ctx, text, width) {
  const words = text.split(" ");
  if (ctx.measureText(text).width <= width || words.length === 1) return [fitted(ctx, text, width)];
  let first = words.shift();
  while (words.length && ctx.measureText(`${first} ${words[0]}`).width <= width) first += ` ${words.shift()}`;
  return [first, words.join(" ")].filter(Boolean).map((line) => fitted(ctx, line, width));
}

function mark(ctx, shape, x, y, r) {
  if (shape === "square") return ctx.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  if (shape === "circle" || !shape) {
    ctx.moveTo(x + r, y);
    return ctx.arc(x, y, r, 0, 2 * Math.PI);
  }
  const corners = shape === "triangle" ? [[0, -1.25], [1.1, 0.75], [-1.1, 0.75]] : [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]];
  corners.forEach(([dx, dy], i) => ctx[i ? "lineTo" : "moveTo"](x + r * dx, y + r * dy));
  ctx.closePath();
}

function dots(ctx, points, shape, r, fill) {
  ctx.beginPath();
  for (const [x, y] of points) mark(ctx, shape, x, y, r);
  ctx.fillStyle = fill;
  ctx.fill();
}

// The cloud: one square for each track, all with one window.

/** Where the squares stand: rows of squares for A and B, or A beside B where each shows one. */
function cloudPlan(page, shown, width) {
  const items = shown.map(({ side, tracks }) => {
    const real = tracks.find((track) => track.images && track.real);
    return { side, panels: [...(real ? [{ real }] : []), ...tracks.map((track) => ({ track }))] };
  });
  const most = Math.max(...items.map(({ panels }) => panels.length)), beside = items.length === 2 && most === 1;
  const [images] = shown.flatMap(({ tracks }) => tracks.flatMap((track) => track.images ?? []));
  const least = images ? 6 * images.shape[3] + 2 : 150;      // three images, each pixel twice
  const rows = Math.ceil(most / Math.max(1, Math.floor((width + 12) / (least + 12))));
  const columns = beside ? 2 : Math.ceil(most / rows);
  const gap = 12, size = Math.floor(Math.min((width - gap * (columns - 1)) / columns, columns === 1 ? 400 : 420));
  const heights = items.flatMap(({ panels }) =>
    panels.map(({ track, real }) => sheetOf(real ? real.real : track.images, size, !real)?.tall ?? size));
  const tall = Math.max(...heights);
  const head = items.length === 2 ? LINE + 8 : 0, title = 2 * LINE + 6;
  let y = 0;
  const blocks = items.map(({ side, panels }, b) => {
    const left = beside ? b * (size + gap) : 0, top = beside ? 0 : y, down = tall + title + gap;
    y = top + head + Math.ceil(panels.length / columns) * down + 4;
    return { side, x: left, y: top, head, width: beside ? size : width, panels: panels.map((panel, i) => ({
      ...panel, size, x: left + (i % columns) * (size + gap), y: top + head + title + Math.floor(i / columns) * down })) };
  });
  return { blocks, title, height: Math.ceil(y - 8) };
}

/** What lies below all generations: real rows. `made` keeps its picture. */
function drawGround(ctx, { page, state, look }, plan, width, made) {
  const panels = plan.blocks.flatMap(({ panels }) => panels).filter(({ track }) => track?.real?.shape[1] === 2 && !track.images);
  const depends = [look, ...windowOf(page, state), ...panels.flatMap(({ track, x, y, size }) => [track.real, x, y, size])];
  made(ctx, width, plan.height, look, depends, (pen) => {
    for (const { track, x, y, size } of panels) {
      const box = [x, y, size, size], to = scaleOf(page, state, box);
      inside(pen, box, () => dots(pen, pixels(track.real, 0, to), "circle", 1.6, css(look.real, look.dark ? 0.65 : 0.45)));
    }
  });
}

function drawCloud(ctx, view, plan) {
  const { page, state, look, shown } = view, drawn = [], metric = metricsOf(page, shown)[0];
  for (const block of plan.blocks) {
    if (block.head) {
      const words = settings(page, block.side, shown.find(({ side }) => side === block.side).given);
      ctx.write(block.side, block.x, block.y + LINE / 2, { bold: true });
      ctx.write(words, block.x + 18, block.y + LINE / 2, { colour: look.quiet, within: block.width - 18 });
    }
    for (const { track, real, x, y, size } of block.panels) {
      const box = [x, y, size, size], done = real ? drawSheet(ctx, real.real, box) : drawPanel(ctx, view, track, box);
      const colour = real ? look.text : ink(loopOf(page, track).colour, look), late = done.kept && done.kept !== state.t;
      const value = metric && !real && track.curves[metric.name] ? valueAt(track, metric.name, state.t) : null;
      const number = value === null ? "" : short(metric, value, (text) => measured(ctx, text, look) <= size);
      const words = real ? "held out" : late ? `of generation ${done.kept}` : number;
      ctx.write(real ? "real" : track.label, x, y - plan.title + 9, { bold: true, colour, within: size });
      ctx.write(words, x, y - plan.title + 9 + LINE, { colour: look.quiet, within: size });
      if (track) drawn.push({ key: track.key, side: block.side, box, ...done });
    }
  }
  return drawn;
}

/** A track with real rows alone: what is shown before anything has run. */
const nothing = ({ truth }) => ({ key: "", label: "real data", t: [0], kept: [0], curves: {}, diet: [],
                                  rows: { shape: [1, 0, 2], data: [] },
                                  real: { shape: [truth.real.length, 2], data: truth.real.flat() } });

const loopOf = (page, track) => page.loops.find(({ label }) => label === track.label) ?? { colour: "#333333", dash: [] };

function drawPanel(ctx, view, track, box) {
  const { page, state, look } = view, [x, y, w, h] = box;
  const loop = loopOf(page, track);
  if (track.images) {
    const at = place(track.kept, state.t);
    return { ...drawSheet(ctx, track.images, box, at), kept: track.kept[at] };
  }
  const [x0, x1] = windowOf(page, state), to = scaleOf(page, state, box);
  let done;
  inside(ctx, box, () => {
    if (track.rows) done = drawRows(ctx, view, track, loop, to);
    else if (track.mean.shape[2] === 1) done = drawDensity(ctx, view, track, loop, to, box, [x0, x1]);
    else done = drawFits(ctx, view, track, loop, to);
  });
  ctx.beginPath();
  ctx.rect(x + 0.5, y + 0.5, w - 1, h - 1);
  stroke(ctx, css(look.rule), 1);
  if (done.points.length && done.points.every(([px, py]) => px < x || px > x + w || py < y || py > y + h))
    ctx.write("outside the picture", x + w / 2, y + h - 14, { align: "center", colour: ink(loop.colour, look), within: w });
  return done;
}

/** What the squares show of the plane. */
function windowOf(page, state) {
  const half = state.drawn ? HALF : page.truth.half ?? HALF;
  return (!state.drawn && page.truth.window) || [-half, half, -half, half];
}

function scaleOf(page, state, [x, y, w, h]) {
  const [x0, x1, y0, y1] = windowOf(page, state);
  return { x: (v) => x + ((v - x0) / (x1 - x0)) * w, y: (v) => y + h - ((v - y0) / (y1 - y0)) * h };
}

/** Rows i of an array (…, m, 2) as pixels; rows of NaN are absent. */
function pixels(array, at, to) {
  const [m, d] = array.shape.slice(-2), start = at * m * d, points = [];
  for (let i = 0; i < m; i++) {
    const x = array.data[start + i * d], y = array.data[start + i * d + 1];
    if (Number.isFinite(x) && Number.isFinite(y)) points.push([to.x(x), to.y(y)]);
  }
  return points;
}

function drawRows(ctx, { state }, track, loop, to) {
  const at = place(track.kept, state.t), points = pixels(track.rows, at, to);
  dots(ctx, points, loop.marker, 2.3, css(rgb(loop.colour), 0.8));
  return { points, kept: track.kept[at] };
}

/** Mean and root of seed s in generation t (or the last there is). */
function fit(track, s, t) {
  const [, T, d] = track.mean.shape, at = Math.min(place(track.t, t), T - 1), i = s * T + at;
  const slice = (array, size) => array.data.subarray(i * size, (i + 1) * size);
  return { kept: track.t[at], mean: slice(track.mean, d), root: slice(track.root, d * d) };
}

function outline(ctx, to, { mean, root }) {
  ANGLES.forEach(([c, s], k) => {
    const x = to.x(mean[0] + OUTLINE * (root[0] * c + root[1] * s)), y = to.y(mean[1] + OUTLINE * (root[2] * c + root[3] * s));
    ctx[k ? "lineTo" : "moveTo"](x, y);
  });
}

function drawFits(ctx, { state, look }, track, loop, to) {
  const { t } = state, colour = rgb(loop.colour), seeds = track.mean.shape[0], pale = look.dark ? 0.5 : 0.42;
  for (const generation of ghostsOf(t)) {
    ctx.beginPath();
    outline(ctx, to, fit(track, 0, generation));
    stroke(ctx, css(colour, 0.6), 1.4, [5, 4]);
  }
  ctx.beginPath();
  for (let s = 1; s < seeds; s++) outline(ctx, to, fit(track, s, t));
  stroke(ctx, css(colour, pale), 1);
  const now = fit(track, 0, t), { mean, root } = now, points = emitted(track, now).map(([x, y]) => [to.x(x), to.y(y)]);
  dots(ctx, points, loop.marker, 2.1, css(colour, 0.75));
  const half = OUTLINE * Math.hypot(...root) * (to.x(1) - to.x(0));
  ctx.beginPath();
  if (mean.every(Number.isFinite) && root.every(Number.isFinite)) outline(ctx, to, now);
  if (half > 12) stroke(ctx, css(look.paper, 0.8), 5);   // a rim would cover the rows of a smaller one
  stroke(ctx, css(colour), 2.6);
  return { points, kept: now.kept };
}

/** The rows that a fit emits: mean + √λ · root z. */
function emitted(track, { mean, root }) {
  if (!track.emitted) return [];
  const [m, d] = track.emitted.shape, z = track.emitted.data, scale = Math.sqrt(track.lam ?? 1), rows = [];
  for (let i = 0; i < m; i++) {
    const row = Array.from(mean);
    for (let j = 0; j < d; j++) for (let k = 0; k < d; k++) row[j] += scale * root[j * d + k] * z[i * d + k];
    rows.push(row);
  }
  return rows;
}

function drawDensity(ctx, { state, look }, track, loop, to, [x, y, w, h], [x0, x1]) {
  const floor = y + h - 22, real = track.real ? Array.from(track.real.data).filter(Number.isFinite) : [];
  const mean = real.reduce((a, b) => a + b, 0) / real.length, colour = rgb(loop.colour);
  const spread = real.length > 1 ? Math.sqrt(real.reduce((a, b) => a + (b - mean) ** 2, 0) / (real.length - 1)) : 1;
  const unit = (floor - y - 6) / ((2.6 * 0.4) / spread);    // pixels per density: the truth takes two fifths of the height
  const bins = 32, counts = new Array(bins).fill(0);
  for (const v of real) counts[Math.floor(((v - x0) / (x1 - x0)) * bins)] += 1;
  ctx.fillStyle = css(look.real, 0.35);
  counts.forEach((count, i) => {
    const tall = (count / real.length / ((x1 - x0) / bins)) * unit || 0;
    ctx.fillRect(x + (i * w) / bins, floor - tall, w / bins - 1, tall);
  });
  const bell = ({ mean: [m], root: [r] }) => {
    for (let px = 0, sd = Math.abs(r); px <= w; px += 1) {
      const v = x0 + (px / w) * (x1 - x0), tall = Math.exp(-0.5 * ((v - m) / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI));
      ctx[px ? "lineTo" : "moveTo"](x + px, floor - Math.min(unit * tall, 2 * h));
    }
  };
  for (const generation of ghostsOf(state.t)) {
    ctx.beginPath();
    bell(fit(track, 0, generation));
    stroke(ctx, css(colour, 0.6), 1.4, [5, 4]);
  }
  ctx.beginPath();
  for (let s = 1; s < track.mean.shape[0]; s++) bell(fit(track, s, state.t));
  stroke(ctx, css(colour, look.dark ? 0.5 : 0.42), 1);
  const now = fit(track, 0, state.t), points = emitted(track, now).map(([v]) => [to.x(v), y + h - 11]);
  ctx.beginPath();
  bell(now);
  stroke(ctx, css(look.paper, 0.8), 5);
  stroke(ctx, css(colour), 2.6);
  ctx.beginPath();
  for (const [px, py] of points) {
    ctx.moveTo(px, py - 6);
    ctx.lineTo(px, py + 6);
  }
  stroke(ctx, css(colour, 0.6), 1.2);
  return { points, kept: now.kept };
}

/** How images (…, m, h, w[, 3]) lie in a square: every image pixel a whole number of screen pixels wide, as many images as
 *  can be told apart. `deep`: 3 for colours. */
function sheetOf(images, size, series) {
  if (!images) return null;
  const [m, h, w, deep = 1] = images.shape.slice(series ? 1 : 0), ratio = window.devicePixelRatio || 1;
  const scaleOf = (columns) => Math.floor((size * ratio - columns + 1) / columns / Math.max(w, h));
  let columns = Math.ceil(Math.sqrt(m));
  while (columns > 3 && scaleOf(columns) < 2 * ratio) columns -= 1;
  const scale = Math.max(1, scaleOf(columns)), many = Math.min(m, columns * columns);
  return { m, h, w, deep, columns, many, scale, ratio, tall: (Math.ceil(many / columns) * (h * scale + 1)) / ratio };
}

function drawSheet(ctx, images, [x, y, size], at = null) {
  const { m, h, w, deep, columns, many, scale, ratio } = sheetOf(images, size, at !== null);
  const [left, top] = [Math.round(x * ratio) / ratio, Math.round(y * ratio) / ratio], cells = [];
  const tile = new OffscreenCanvas(w, h), pen = tile.getContext("2d"), data = pen.createImageData(w, h);
  ctx.imageSmoothingEnabled = false;
  for (let i = 0; i < many; i++) {
    const start = ((at ?? 0) * m + i) * h * w * deep;
    for (let p = 0; p < h * w; p++)
      for (let c = 0; c < 4; c++) data.data[4 * p + c] = c === 3 ? 255 : images.data[start + p * deep + (deep === 3 ? c : 0)];
    pen.putImageData(data, 0, 0);
    const [across, down] = [i % columns, Math.floor(i / columns)];
    const [wide, tall] = [w * scale, h * scale];
    const cell = [left + (across * (wide + 1)) / ratio, top + (down * (tall + 1)) / ratio, wide / ratio, tall / ratio];
    ctx.drawImage(tile, ...cell);
    cells.push(cell);
  }
  return { cells, points: [] };
}

function drawPad(ctx, { look }, points, size) {
  const to = padScale(size);
  ctx.beginPath();
  for (const v of [-2, 0, 2]) {
    ctx.moveTo(to.x(v), 0);
    ctx.lineTo(to.x(v), size);
    ctx.moveTo(0, to.y(v));
    ctx.lineTo(size, to.y(v));
  }
  stroke(ctx, css(look.rule, 0.6), 1);
  ctx.beginPath();
  ctx.rect(1, 1, size - 2, size - 2);
  stroke(ctx, css(look.quiet), 2, [6, 4]);
  dots(ctx, points.map(([x, y]) => [to.x(x), to.y(y)]), "circle", 3, css(look.real, 0.85));
  if (!points.length) ctx.write("click, or drag to spray", size / 2, size / 2 - 14, { align: "center", colour: look.quiet });
}

const padScale = (size) => ({
  x: (v) => ((v + HALF) / (2 * HALF)) * size, y: (v) => size - ((v + HALF) / (2 * HALF)) * size,
  back: (px, py) => [(px / size) * 2 * HALF - HALF, HALF - (py / size) * 2 * HALF],
});

// The curves: one plot for each metric, generation on the x-axis.

/** Every line that the plots show. A setting that A and B share is one line, named once. */
function linesOf({ page, shown }) {
  return shown.flatMap(({ side, tracks }) => tracks.map((track) => {
    const twin = shown.length > 1 && shown.every((one) => one.tracks.some(({ key }) => key === track.key));
    const loop = loopOf(page, track);
    const name = shown.length === 1 ? track.label : twin ? `A\u00a0=\u00a0B ${track.label}` : `${side}\u00a0${track.label}`;
    return { side, track, loop, name, silent: twin && side === "B" };
  }));
}

function rangeOf(metric, lines) {
  if (metric.range) return metric.range;
  let low = Infinity, high = -Infinity;
  for (const { track } of lines)
    for (const part of ["low", "median", "high", "theory"])
      for (const v of track.curves[metric.name]?.[part] ?? [])
        if (Number.isFinite(v) && (!metric.log || v > 0)) [low, high] = [Math.min(low, v), Math.max(high, v)];
  if (low > high) return metric.log ? [0.1, 1] : [0, 1];
  if (metric.log) return high / low < 1.2 ? [low / 1.5, high * 1.5] : [low / (high / low) ** 0.04, high * (high / low) ** 0.04];
  const pad = 0.05 * (high - low) || Math.abs(high) / 2 || 0.5;
  return [low >= 0 && low < 0.4 * high ? 0 : low - pad, high + pad];
}

/** Two plots side by side where there is room for them and for the names beside. */
const columnsOf = (metrics, lines, width) => (metrics.length > 1 && width > (lines > 4 ? 1000 : 640) ? 2 : 1);

function curvesPlan(ctx, view, width, height) {
  const { page, look } = view, lines = linesOf(view), metrics = metricsOf(page, view.shown);
  const columns = columnsOf(metrics, lines.length, width), rows = Math.ceil(metrics.length / columns);
  const cell = (width - 20 * (columns - 1)) / columns, tall = (height - LINE) / rows;
  const ranges = metrics.map((metric) => rangeOf(metric, lines));
  const ticks = metrics.map((metric, i) => ticksOf(ranges[i], metric.log, tall - 52));
  const texts = ticks.map((values, i) => values.map((v) => told(metrics[i], v)));
  const left = 12 + Math.max(...texts.flat().map((text) => measured(ctx, text, look)), 20);
  const longest = Math.max(...lines.map(({ name }) => measured(ctx, name, look, true)), 0);
  const word = Math.max(...lines.flatMap(({ name }) => name.split(" ").map((part) => measured(ctx, part, look, true))), 0);
  const right = 15 + Math.min(longest, Math.max(word, 0.26 * cell));
  const plots = metrics.map((metric, i) => {
    const x0 = (i % columns) * (cell + 20) + left, x1 = x0 - left + cell - right;
    const y0 = Math.floor(i / columns) * tall + 28, y1 = (Math.floor(i / columns) + 1) * tall - 30;
    const scale = metric.log ? Math.log10 : (v) => v, [a, b] = ranges[i].map(scale);
    return { metric, lines, x0, x1, y0, y1, left, right, range: ranges[i], ticks: ticks[i], texts: texts[i],
             last: i >= metrics.length - columns,
             x: (t) => x0 + ((t - 1) / Math.max(page.generations - 1, 1)) * (x1 - x0),
             y: (v) => (metric.log && !(v > 0) ? NaN : y1 - ((scale(v) - a) / (b - a)) * (y1 - y0)) };
  });
  return plots;
}

function band(ctx, plot, generations, low, high) {
  const bottom = plot.metric.log ? plot.range[0] / 1e3 : -Infinity;    // a band that reaches 0 leaves a log axis at its foot
  let stretch = [];
  const close = () => {
    [...stretch, ...stretch.map((i) => -1 - i).reverse()].forEach((i, k) => {
      const at = i < 0 ? -1 - i : i;
      ctx[k ? "lineTo" : "moveTo"](plot.x(generations[at]), plot.y(i < 0 ? Math.max(low[at], bottom) : high[at]));
    });
    ctx.closePath();
    stretch = [];
  };
  generations.forEach((_, i) => {
    if (Number.isFinite(low[i]) && Number.isFinite(plot.y(high[i]))) stretch.push(i);
    else if (stretch.length) close();
  });
  if (stretch.length) close();
}

/** All but the generation: axes, bands, lines and their names. Gives what was drawn, in pixels. */
function drawCurves(ctx, view, plots) {
  const { page, look } = view, drawn = { curves: [], axes: {} };
  for (const plot of plots) {
    const { metric, x0, x1, y0, y1 } = plot, names = [];
    drawAxes(ctx, view, plot);
    inside(ctx, [x0, y0 - 4, x1 - x0 + 6, y1 - y0 + 8], () => {
      const there = plot.lines.filter(({ track }) => track.curves[metric.name]);
      for (const { side, track, loop } of there) {
        const { low, high } = track.curves[metric.name];
        if (!low || !high) continue;
        ctx.beginPath();
        band(ctx, plot, track.t, low, high);
        ctx.fillStyle = css(rgb(loop.colour), side === "A" ? 0.18 : 0.1);
        ctx.fill();
      }
      for (const { side, track, loop, name, silent } of there.toReversed()) {
        const { median, theory } = track.curves[metric.name], values = Array.from(median);
        const line = values.map((v, i) => [plot.x(track.t[i]), plot.y(v)]), colour = shade(loop, side, look);
        ctx.beginPath();
        trace(ctx, line);
        stroke(ctx, css(colour), side === "A" ? 2.4 : 2, loop.dash);
        if (theory) {
          ctx.beginPath();
          trace(ctx, Array.from(theory, (v, i) => [plot.x(track.t[i]), plot.y(v)]));
          stroke(ctx, css(look.dark ? [255, 255, 255] : [0, 0, 0], side === "A" ? 0.85 : 0.5), 1.2, [5, 4]);
        }
        const end = line.findLast(([, y]) => Number.isFinite(y));
        if (end && !silent) names.push({ name, from: end, colour: ink(loop.colour, look), line: colour, bold: side === "A" });
        drawn.curves.push({ key: track.key, side, metric: metric.name, pixels: line, values });
      }
    });
    drawn.axes[metric.name] = { x: [1, page.generations], y: plot.range, log: !!metric.log, box: [x0, y0, x1 - x0, y1 - y0] };
    drawNames(ctx, view, plot, names);
  }
  return drawn;
}

/** B has A's colour, paler. */
const shade = (loop, side, look) => (side === "A" ? rgb(loop.colour) : mix(loop.colour, look.paper, 0.45));

function drawAxes(ctx, { look }, plot) {
  const { metric, x0, x1, y0, y1 } = plot;
  let start = x0 - plot.left;
  if (metric.colour) {
    ctx.fillStyle = metric.colour;
    ctx.fillRect(start, y0 - 22, 10, 10);
    start += 16;
  }
  ctx.write(metric.label + (metric.log ? ", log axis" : ""), start, y0 - 17, { bold: true, within: x1 + plot.right - start });
  ctx.beginPath();
  for (const v of plot.ticks) {
    ctx.moveTo(x0, plot.y(v));
    ctx.lineTo(x1, plot.y(v));
  }
  stroke(ctx, css(look.rule, 0.7), 1);
  ctx.beginPath();
  ctx.moveTo(x0, y1 + 0.5);
  ctx.lineTo(x1, y1 + 0.5);
  stroke(ctx, css(look.quiet), 1);
  plot.ticks.forEach((v, i) => ctx.write(plot.texts[i], x0 - 8, plot.y(v), { align: "right", colour: look.quiet }));
  if (plot.last) ctx.write("generation", (x0 + x1) / 2, y1 + 15 + LINE, { align: "center", colour: look.quiet });
}

/** The generation shown: numbers along the axis, a line, and a mark on every curve. */
function drawCursor(ctx, { page, state, look }, plot) {
  const x = Math.round(plot.x(state.t)) + 0.5, wide = Math.max(26, measured(ctx, String(state.t), look, true) + 14);
  for (const g of generationTicks(page.generations, plot.x1 - plot.x0))
    if (Math.abs(plot.x(g) - x) > 26) ctx.write(String(g), plot.x(g), plot.y1 + 13, { align: "center", colour: look.quiet });
  ctx.beginPath();
  ctx.moveTo(x, plot.y0 - 2);
  ctx.lineTo(x, plot.y1 + 4);
  stroke(ctx, css(look.text, 0.75), 1.5);
  ctx.beginPath();
  ctx.roundRect(x - wide / 2, plot.y1 + 3, wide, 20, 10);
  ctx.fillStyle = css(look.text);
  ctx.fill();
  ctx.write(String(state.t), x, plot.y1 + 13.5, { align: "center", bold: true, colour: look.paper });
  for (const { side, track, loop } of plot.lines.toReversed()) {
    const at = place(track.t, state.t), y = plot.y(track.curves[plot.metric.name]?.median?.[at] ?? NaN), colour = shade(loop, side, look);
    if (!Number.isFinite(y)) continue;
    ctx.beginPath();
    mark(ctx, loop.marker, plot.x(track.t[at]), y, 5);
    ctx.fillStyle = css(side === "A" ? rgb(loop.colour) : look.paper);
    ctx.fill();
    stroke(ctx, css(side === "A" ? look.paper : colour), side === "A" ? 1.5 : 2);
  }
}

/** Names at the lines' ends, moved apart until none touches another. */
function drawNames(ctx, { look }, plot, names) {
  const room = plot.right - 15, space = plot.y1 - plot.y0 + 14;
  ctx.font = `600 ${SIZE}px ${look.font}`;
  const put = (lines) => names.map((one, i) => ({ ...one, lines: lines[i], tall: lines[i].length * (LINE - 2) + 3 }));
  let labels = put(names.map(({ name }) => wrapped(ctx, name, room)));
  if (labels.reduce((sum, { tall }) => sum + tall, 0) > space) labels = put(names.map(({ name }) => [fitted(ctx, name, room)]));
  labels.sort((a, b) => a.from[1] - b.from[1]);
  let floor = plot.y0 - 10;
  for (const label of labels) {
    label.y = Math.max(floor, label.from[1] - label.tall / 2);
    floor = label.y + label.tall;
  }
  let ceiling = plot.y1 + 4;
  for (const label of labels.toReversed()) {
    label.y = Math.min(label.y, ceiling - label.tall);
    ceiling = label.y;
  }
  for (const { lines, y, tall, colour, line, from, bold } of labels) {
    lines.forEach((text, i) => ctx.write(text, plot.x1 + 14, y + 9 + i * (LINE - 2), { colour, bold, within: room }));
    ctx.beginPath();
    ctx.moveTo(Math.max(from[0], plot.x1) + 2, from[1]);
    ctx.lineTo(plot.x1 + 11, y + tall / 2);
    stroke(ctx, css(line), 1);
  }
}

// The diet: what each model of this generation was trained on.

const dietEntries = (shown) => shown.flatMap(({ side, tracks }) => tracks.filter((track) => track.diet?.length).map((track) => ({
  track, name: shown.length > 1 ? `${side} ${track.label}` : track.label })));
const BAR = 26, BETWEEN = 6, GAP = 28, PAD = 17;     // of bars; between columns; of the frame around all

function drawDiet(ctx, { page, state, look, shown }, width) {
  const bars = dietEntries(shown), rows = (parts) => parts.reduce((sum, [, , count]) => sum + count, 0);
  const most = Math.max(...bars.map(({ track }) => Math.max(...track.diet.map(([, parts]) => rows(parts)))), 1);
  const names = bars.length > 1 ? bars.map(({ name }) => measured(ctx, name, look, true)) : [-14];   // one needs none
  const left = Math.min(0.34 * width, 14 + Math.max(...names));
  bars.forEach(({ track, name }, b) => {
    const y = b * (BAR + BETWEEN);
    if (left) ctx.write(name, 0, y + BAR / 2, { bold: true, colour: ink(loopOf(page, track).colour, look), within: left - 10 });
    let x = left;
    for (const [source, generation, count] of meal(track, state.t)) {
      const wide = ((width - left) * count) / most;
      const fill = source === "real" ? look.real : source === "fresh" ? rgb(FRESH) : born(generation, page.generations);
      ctx.fillStyle = css(fill);
      ctx.fillRect(x, y, Math.max(wide - 1, 0.5), BAR);
      const said = `${count} ${source}`, full = source === "synthetic" ? `${said} of generation ${generation}` : said;
      const text = [full, said, String(count)].find((one) => measured(ctx, one, look) < wide - 8);
      const white = contrast(fill, "#FFFFFF") >= contrast(fill, "#000000");
      if (text) ctx.write(text, x + 4, y + BAR / 2 + 0.5, { colour: white ? "#FFFFFF" : "#000000" });
      x += wide;
    }
  });
}
const dietHeight = (shown) => Math.max(0, dietEntries(shown).length * (BAR + BETWEEN) - BETWEEN);

// --- the widget -------------------------------------------------------------------------------------------------------

/** A sign drawn as a path in a box of 20 by 20: fonts differ in which they have. */
function sign(path) {
  const [svg, line] = ["svg", "path"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
  for (const [name, value] of [["viewBox", "0 0 20 20"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
const SIGNS = { play: "M5 2 18 10 5 18z", pause: "M4 3h4v14H4zM12 3h4v14h-4z", back: "M3 3h3v14H3zM17 3v14L7 10z",
                next: "M17 3h-3v14h3zM3 3v14l10-7z" };

const swatch = (kind, text) => make("span", { class: "swatch" }, make("i", { class: kind }), text);

/** All elements by name, in reading order. */
function build(page) {
  const all = page.loops.length > 1 ? [["all", `all ${page.choose}s`]] : [];
  const choices = [...all, ...page.loops.map(({ label }) => [label, label])];
  const heavy = page.heavy && !page.offline;
  const ui = {
    loop: make("select", { "aria-label": page.choose }, ...choices.map(([value, text]) => make("option", { value }, text))),
    presets: page.presets.map(({ name, help }) => button(name, { title: help, "aria-pressed": "false", class: "preset" })),
    compare: button("compare A | B", { "aria-pressed": "false" }),
    tabs: ["A", "B"].map((side) => button(side, { "aria-pressed": "false", "aria-label": `set ${side}`, class: "tab" })),
    pencil: button("draw your own", { "aria-pressed": "false" }),
    reset: button("reset"), words: exchange(), help: make("p", { class: "help" }),
    cloud: canvas("cloud"), curves: canvas("curves"), diet: canvas("diet"),
    cloudWords: make("p", { class: "caption" }), curveWords: make("p", { class: "caption" }), dietTitle: make("b"),
    stamps: STAMPS.map((name) => button(name)), undo: button("undo"), clear: button("clear"), done: button("done"),
    padWords: make("span", { role: "status" }),
    play: button(sign(SIGNS.play), { "aria-label": "play", class: "sign" }),
    back: button(sign(SIGNS.back), { "aria-label": "step back", class: "sign" }),
    next: button(sign(SIGNS.next), { "aria-label": "step forward", class: "sign" }),
    t: make("input", { type: "range", min: 1, max: page.generations, step: 1, "aria-label": "generation" }),
    tWords: make("span", { class: "value" }),
    speed: make("select", { "aria-label": "speed" }, ...SPEEDS.map((speed) => make("option", { value: speed }, `×${speed}`))),
    sliders: page.controls.map((control) => ({
      control, words: make("span", { class: "value" }),
      input: make("input", { type: "range", min: 0, max: control.values.length - 1, step: 1, "aria-label": control.label }) })),
    run: button("Run", { class: "run" }), stop: button("Stop"),
    progress: make("progress", { max: 1, "aria-label": "progress" }), saidWords: make("span"),
    busy: make("span", { class: "quiet" }), sentence: make("p", { role: "status", "aria-live": "polite", class: "sentence" }),
    alert: make("p", { role: "alert", class: "alert" }),
  };
  ui.tabRow = make("div", { class: "row tabs" }, make("span", {}, "loop and sliders set"),
    make("span", { class: "group" }, ...ui.tabs));
  ui.padRow = make("div", { class: "row" }, ...ui.stamps, ui.undo, ui.clear, ui.done, ui.padWords);
  ui.dietBox = make("div", { class: "diet" }, make("p", { class: "caption" }, ui.dietTitle, swatch("real", "real"),
    swatch("fresh", "fresh"), swatch("synthetic", "synthetic, darker = born later")), ui.diet);
  ui.left = make("div", { class: "left" }, ui.cloud, ui.padRow, ui.cloudWords);
  ui.right = make("div", { class: "right" }, ui.curves, ui.curveWords);
  ui.saidRow = make("div", { class: "row said" }, heavy && ui.run, heavy && ui.stop, ui.progress, ui.saidWords, ui.busy);
  const root = { class: "madkit-explorer", role: "group", "aria-label": page.title || "loop explorer",
                 "data-lm-suppress-shortcuts": "true" };   // Lab keeps its keys to itself in here
  const time = make("div", { class: "row time" }, ui.play, ui.back, ui.next,
    make("label", { class: "slider" }, make("span", {}, "generation"), ui.t, ui.tWords), ui.speed);
  const sliders = make("div", { class: "sliders" }, ...ui.sliders.map(({ control, input, words }) =>
    make("label", { class: "slider" }, make("span", {}, control.label), words, input)));
  ui.root = make("div", root,
    page.title && make("p", { class: "title" }, page.title),
    make("div", { class: "row" }, ui.loop, page.compare && ui.compare, make("span", { class: "space" }),
      page.draw && !page.offline && ui.pencil, ui.reset, ui.words.copy, ui.words.paste),
    ui.words.row,
    page.presets.length > 0 && make("div", { class: "row" }, ...ui.presets), page.presets.length > 0 && ui.help,
    make("div", { class: "panels" }, ui.left, ui.dietBox, ui.right,
      make("div", { class: "controls" }, time, ui.tabRow, sliders, ui.saidRow)),
    ui.sentence, ui.alert,
    page.offline && page.controls.length > 0 && make("p", { class: "caption" },
      "This page carries a grid of settings; the live explorer in JupyterLab moves freely and lets you draw."));
  return ui;
}

function render({ model, el }) {
  const page = model.get("page"), ui = build(page), tracks = new Map(), end = new AbortController();
  const first = clone(page.start ?? model.get("state")), calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const drawn = { t: 0, frame: 0, spoken: false, panels: [], curves: [], axes: {} };
  const timer = { play: 0, save: 0, wait: 0, speak: 0, theme: 0 }, boxes = new Map();
  let state = clone(model.get("state")), asked = [], next = [], open = [], due = null;
  let shown = [], plots = [], before = [], pad = null, trouble = "", busy = false;
  const ground = layer(), still = layer();             // what does not move with the generation
  let frame = 0, moved = 0, spoken = 0, size = 0, held = -1, look = null;

  const said = () => model.get("said") ?? { kind: "", text: "", share: null };
  const guard = (act) => (...given) => {
    try {
      return act(...given);
    } catch (error) {
      fail(error);
    }
  };
  const fail = (error) => {
    trouble = `This could not be drawn: ${error.message}`;
    ui.alert.textContent = trouble;
    ui.alert.hidden = false;
  };
  const on = (nodes, event, act) =>
    [nodes].flat().forEach((node, i) => node.addEventListener(event, guard((e) => act(e, i)), { signal: end.signal }));
  const schedule = () => (frame ||= requestAnimationFrame(guard(paint)));

  // state: in, and out

  function send() {
    clearTimeout(timer.save);
    model.set("state", clone(state));
    model.save_changes();
  }

  /** A new state, if it is a good one; the kernel has it when it rests, or at once where it has to run something. */
  function move(change) {
    const wanted = { ...state, ...change }, why = problem(page, wanted);
    if (why) return refuse(why);
    if (page.offline && lacks(wanted)) return refuse("This page does not carry this setting: JupyterLab is needed for it.");
    if (same(wanted, state)) return true;
    become(wanted);
    if (state.drawn && lacks(state)) send();
    else timer.save = setTimeout(guard(send), REST);
    return true;
  }

  function become(wanted) {
    state = clone(wanted);
    asked = [...asked.slice(-ASKED), state];
    moved = performance.now();
    clearTimeout(timer.save);
    trouble = "";
    if (lacks(state)) want(state, true);
    gather();
    schedule();
  }

  function refuse(why) {
    trouble = why;
    schedule();
    return false;
  }

  const lacks = (some) => sides(some).some((side) => keys(page, side, some).some((key) => !tracks.has(key)));
  const edit = (change) => move({ [state.tab]: { ...state[state.tab], ...change } });

  /** A slider moves one of its settings; nobody waiting, the kernel works out those that lie next. */
  function slide({ name, values }, to) {
    const from = state[state.tab][name], step = Math.sign(to - from) || 1, last = values.length - 1;
    next = AHEAD.map((k) => to + k * step).filter((at) => at >= 0 && at <= last).map((at) => ({ name, at }));
    edit({ [name]: to });
  }

  function ahead() {
    if (page.heavy || page.offline || state.drawn) return;
    const states = next.map(({ name, at }) => ({ ...state, [state.tab]: { ...state[state.tab], [name]: at } }));
    const first = states.findIndex(lacks);
    if (first < 0) return;
    next = next.slice(first + 1);                      // each is asked for once
    want(states[first], false);
  }

  /** Ask for the tracks that a state lacks: `due`, the newest such state, waits until a question may go. */
  function want(some, now) {
    due = page.offline ? null : { some, now };
    ask();
  }

  function ask() {
    open = open.filter((at) => performance.now() - at < LOST);
    if (!due || open.length >= (due.now ? PIPE : 1)) return;
    const { some, now } = due, missing = sides(some).flatMap((side) => keys(page, side, some)).filter((key) => !tracks.has(key));
    due = null;
    if (!missing.length) return;
    open.push(performance.now());
    model.send({ state: clone(some), keys: missing, shown: now });
  }

  /** Tracks from the kernel, as an answer or while they grow. */
  function heard({ answer }, [bytes]) {
    if (answer) open.shift();
    arrived(bytes);
    ask();
  }

  const go = (t) => move({ t: Math.max(1, Math.min(page.generations, t)) });

  function received() {
    const given = model.get("state");
    if (same(given, state)) return;
    const why = problem(page, given);
    if (why) return void refuse(why);
    become(given);
  }

  function arrived(bytes) {
    const news = unpack(bytes), needed = new Set(sides(state).flatMap((side) => keys(page, side, state)));
    for (const track of news) {
      const twin = [...tracks.values()].find(({ real }) => alike(real, track.real));
      if (twin) track.real = twin.real;                // its picture need not be made again
      tracks.delete(track.key);
      tracks.set(track.key, track);
    }
    for (const key of tracks.keys()) {
      if (page.offline || tracks.size <= KEPT) break;
      if (!needed.has(key)) tracks.delete(key);
    }
    gather();
    schedule();
  }

  /** What can be shown: the newest of the states asked for whose tracks are all here, so that a drag shows those on the way. */
  function gather() {
    const newest = asked.findLastIndex((one) => !lacks(one)), given = asked[newest];
    if (given) {
      asked = asked.slice(newest);
      shown = sides(given).map((side) => ({ side, given, tracks: keys(page, side, given).map((key) => tracks.get(key)) }));
    }
    if (given === state) {
      clearTimeout(timer.wait);
      timer.wait = 0;
      busy = false;
      ahead();
    } else if (!page.heavy && !page.offline) timer.wait ||= setTimeout(guard(() => { busy = true; schedule(); }), WAIT);
  }

  // the picture

  function paint() {
    frame = 0;
    if (!boxes.get(ui.root)) return;
    look ??= lookOf(ui.root);
    const view = { page, look, shown, state: { ...state, t: Math.min(state.t, shown.length ? reach(shown) : state.t) } };
    show(view);
    layout(boxes.get(ui.root).width - 2 * PAD);
    const depends = [look, view.state.t, state.drawn !== null, window.devicePixelRatio, ...boxes.values(), pad, pad?.points,
                     pad?.points.length, ...content(shown)];
    if (differ(depends, before)) draw(view);           // a slider that is on its way elsewhere changes no picture
    before = depends;
    drawn.frame += 1;
    drawn.t = state.t;
    ui.root.dispatchEvent(new Event("drawn"));
  }

  const content = (some) => some.flatMap(({ side, tracks }) => [side, ...tracks]);

  /** How wide the cloud is: all there is in a narrow place or above many plots, else its share. */
  function layout(inner) {
    const many = Math.max(shown.length, ...shown.map((one) => one.tracks.length)), share = many > 1 ? 0.58 : 0.46;
    const crowded = metricsOf(page, shown).length > 2 || (many > 1 && page.truth.kind === "images");
    const narrow = crowded || inner < (many > 2 ? 828 : 668);
    ui.root.classList.toggle("narrow", narrow);
    size = narrow ? inner : Math.floor((inner - GAP) * share);
    ui.root.style.setProperty("--left", `${size}px`);
  }

  function draw(view) {
    ui.root.style.setProperty("--real", css(look.real));
    drawn.panels = [];
    if (pad) drawPad(brush(ui.cloud, padSize(), padSize(), look), view, pad.points, padSize());
    else if (shown.length || page.truth.real) {
      const given = shown.length ? view : { ...view, shown: [{ side: "A", given: state, tracks: [nothing(page)] }] };
      const plan = cloudPlan(page, given.shown, size);
      const ctx = brush(ui.cloud, size, plan.height, look);
      drawGround(ctx, given, plan, size, ground);
      drawn.panels = drawCloud(ctx, given, plan);
    }
    ui.cloud.style.width = `${pad ? padSize() : size}px`;
    ui.dietBox.hidden = !dietEntries(shown).length;
    ui.right.hidden = !shown.length;
    if (!shown.length) return;
    const inner = boxes.get(ui.root).width - 2 * PAD, narrow = size === inner, bar = narrow ? inner : size;
    ui.diet.style.width = `${bar}px`;
    if (!ui.dietBox.hidden) drawDiet(brush(ui.diet, bar, dietHeight(shown), look), view, bar);
    const wide = narrow ? inner : inner - GAP - size, metrics = metricsOf(page, shown);
    const rows = Math.ceil(metrics.length / columnsOf(metrics, linesOf(view).length, wide));
    const high = (node) => boxes.get(node)?.height ?? 0;
    const room = narrow ? 0 : high(ui.left) + high(ui.dietBox) + 12 - high(ui.curveWords) - 6;
    const least = linesOf(view).length > 4 ? 230 : 190;  // the names of many lines need room
    const tall = Math.max(least * rows + LINE, Math.min(room, 400 * rows)), ctx = brush(ui.curves, wide, tall, look);
    ui.curves.style.width = `${wide}px`;
    still(ctx, wide, tall, look, [look, ...content(shown)], (pen) => {
      plots = curvesPlan(pen, view, wide, tall);
      Object.assign(drawn, drawCurves(pen, view, plots));
    });
    for (const plot of plots) drawCursor(ctx, view, plot);
  }

  const padSize = () => Math.min(size, 440);

  /** Controls and words follow the state. */
  function show(view) {
    const side = state[state.tab], news = said();
    ui.loop.value = side.loop;
    const holds = ([name, value]) => name === "t" || side[name] === value;
    const pressed = page.presets.filter(({ set }) => Object.entries(set).every(holds));
    ui.presets.forEach((node, i) => node.setAttribute("aria-pressed", pressed.includes(page.presets[i])));
    const help = pressed.filter((preset) => preset.help).map((preset) => `${capital(preset.name)}: ${preset.help}`).join(" ");
    put(ui.help, help || "Presets are settings worth a look; move the sliders for your own.");
    ui.compare.setAttribute("aria-pressed", state.B !== null);
    ui.tabRow.hidden = state.B === null;
    ui.tabs.forEach((node, i) => node.setAttribute("aria-pressed", state.tab === "AB"[i]));
    ui.pencil.setAttribute("aria-pressed", pad !== null);
    put(ui.pencil, state.drawn && !pad ? "drawn by you" : "draw your own");
    ui.padRow.hidden = !pad;
    const many = pad?.points.length ?? 0;
    put(ui.padWords, !pad ? "" : many < POINTS[0] ? `draw at least ${POINTS[0]} points` : `${many} points`);
    if (ui.t.value !== String(state.t)) ui.t.value = state.t;
    ui.t.setAttribute("aria-valuetext", `${state.t} of ${page.generations}`);
    put(ui.tWords, `${state.t} of ${page.generations}`);
    ui.speed.value = state.speed;
    ui.play.querySelector("path").setAttribute("d", timer.play ? SIGNS.pause : SIGNS.play);
    ui.play.setAttribute("aria-label", timer.play ? "pause" : "play");
    for (const { control, input, words } of ui.sliders) {
      const used = takes(page, state.tab, state, control.name);
      const text = used ? control.words[side[control.name]] : "(this loop has none)";
      input.disabled = !used;
      if (input.value !== String(side[control.name])) input.value = side[control.name];
      input.setAttribute("aria-valuetext", text);
      put(words, text);
    }
    const running = news.kind === "progress";
    ui.run.classList.toggle("due", !running && (news.kind === "stale" || lacks(state)));
    ui.run.disabled = running;
    ui.stop.hidden = ui.progress.hidden = !running;
    if (running && news.share != null) ui.progress.value = news.share;
    else ui.progress.removeAttribute("value");
    put(ui.saidWords, news.kind === "error" ? "" : news.text);
    put(ui.busy, busy && !news.kind ? "computing …" : "");
    const why = trouble || (news.kind === "error" ? news.text : "");
    put(ui.alert, why);
    ui.alert.hidden = !why;
    if (!shown.length) return put(ui.cloudWords, page.truth.real ? "Grey: real data, which the loop will learn." : "");
    const cloud = cloudWords(view.state, shown[0].tracks[0]);
    put(ui.cloudWords, pad ? "Your distribution: the loops learn it, generation by generation." : cloud);
    put(ui.curveWords, curveWords(shown));
    put(ui.dietTitle, `What generation ${view.state.t} was trained on`);
    speak(view);
  }

  function speak(view) {
    const now = performance.now(), wait = Math.min(moved + REST, timer.play ? spoken + SPOKEN : Infinity) - now;
    drawn.spoken = wait <= 0;
    if (wait > 0) return void (timer.speak ||= setTimeout(() => { timer.speak = 0; schedule(); }, wait));
    spoken = now;
    const words = summary(page, view.state, shown), labels = metricsOf(page, shown).map(({ label }) => label).join(", ");
    put(ui.sentence, words);
    for (const [node, text] of [
      [ui.cloud, pad ? `pad with ${pad.points.length} points` : `${cloudWords(view.state, shown[0].tracks[0])} ${words}`],
      [ui.curves, `${labels} over generations. ${curveWords(shown)}. ${words}`],
      [ui.diet, `Training sets of generation ${view.state.t}: ${dietWords(view.state, shown)}`],
    ]) node.setAttribute("aria-label", text);
  }

  // play

  function playing(start) {
    clearInterval(timer.play);
    timer.play = 0;
    if (start && state.t >= page.generations) go(1);
    if (start) timer.play = setInterval(guard(tick), calm.matches ? 700 : 260 / state.speed);
    schedule();
  }

  /** One generation further; at the end of a run that still grows, waits for it. */
  function tick() {
    if (state.t < reach(shown)) go(state.t + 1);
    else if (said().kind !== "progress") playing(false);
  }

  // drawing one's own distribution

  function commit(points) {
    pad.points = rounded(points);
    move({ drawn: pad.points.length < POINTS[0] ? null : { points: pad.points } });
    schedule();
  }

  function spray(event) {
    const box = ui.cloud.getBoundingClientRect(), to = padScale(padSize());
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    const moved = Math.hypot(px - (pad.last?.[0] ?? -99), py - (pad.last?.[1] ?? -99)), count = pad.points.length;
    if (moved < 7 || count >= POINTS[1]) return;
    const far = pad.last ? 20 * Math.sqrt((0.7549 * count) % 1) : 0;   // around the pointer, even and without chance
    pad.points.push(to.back(px + far * Math.cos(2.4 * count), py + far * Math.sin(2.4 * count)));
    pad.last = [px, py];
    schedule();
  }

  // what people do

  on(ui.loop, "change", () => edit({ loop: ui.loop.value }));
  on(ui.presets, "click", (_, i) => {
    const { t, ...set } = page.presets[i].set;
    move({ ...(t ? { t } : {}), [state.tab]: { ...state[state.tab], ...set } });
  });
  on(ui.compare, "click", () => move(state.B ? { B: null, tab: "A" } : { B: state.A, tab: "B" }));
  on(ui.tabs, "click", (_, i) => move({ tab: "AB"[i] }));
  on(ui.reset, "click", () => {
    pad = null;
    playing(false);
    move(first);
  });
  ui.words.join(on, () => state, (word) => {
    try {
      return move(decode(page, word));
    } catch (error) {
      refuse(error.message);
      put(ui.alert, error.message);
      ui.alert.hidden = false;
      ui.alert.scrollIntoView({ block: "nearest" });
      return false;
    }
  });
  on(ui.back, "click", () => go(state.t - 1));
  on(ui.next, "click", () => go(state.t + 1));
  on(ui.play, "click", () => playing(!timer.play));
  on(ui.t, "input", () => go(Number(ui.t.value)));
  on(ui.speed, "change", () => {
    move({ speed: Number(ui.speed.value) });
    if (timer.play) playing(true);
  });
  on(ui.sliders.map(({ input }) => input), "input", (event, i) => slide(page.controls[i], Number(event.target.value)));
  for (const [node, name] of [[ui.run, "go"], [ui.stop, "stop"]])
    on(node, "click", () => {
      if (name === "go") send();                     // the kernel runs what is seen here, the last t included
      model.set(name, (model.get(name) ?? 0) + 1);
      model.save_changes();
    });
  on(ui.root, "keydown", (event) => {
    event.stopPropagation();                           // JupyterLab takes the arrow keys of a slider for its own
    if (event.key !== " " || event.target.matches("button, select, input[type=text]")) return;
    event.preventDefault();
    playing(!timer.play);
  });

  on(ui.curves, "pointerdown", (event) => {
    ui.curves.setPointerCapture(event.pointerId);
    const [px, py] = [event.offsetX, event.offsetY];
    held = plots.findIndex(({ x0, x1, y1, left, right }) => px >= x0 - left && px <= x1 + right && py <= y1 + 30);
    scrub(event);
  });
  on(ui.curves, "pointermove", (event) => event.buttons & 1 && scrub(event));
  on(ui.pencil, "click", () => {
    pad = pad ? null : { points: clone(state.drawn?.points ?? []), before: [] };
    ui.root.classList.toggle("drawing", pad !== null);
    schedule();
  });
  on(ui.cloud, "pointerdown", (event) => {
    if (!pad) return;
    ui.cloud.setPointerCapture(event.pointerId);
    pad.before.push(clone(pad.points));
    pad.last = null;
    spray(event);
  });
  on(ui.cloud, "pointermove", (event) => pad?.last && event.buttons & 1 && spray(event));
  for (const event of ["pointerup", "pointercancel"])
    on(ui.cloud, event, () => {
      if (!pad?.last) return;
      pad.last = null;
      commit(pad.points);
    });
  on(ui.stamps, "click", (_, i) => {
    pad.before.push(clone(pad.points));
    commit(stamp(STAMPS[i]));
  });
  on(ui.undo, "click", () => commit(pad.before.pop() ?? []));
  on(ui.clear, "click", () => {
    pad.before.push(clone(pad.points));
    commit([]);
  });
  on(ui.done, "click", () => ui.pencil.click());

  /** Where the pointer is, as a generation: in the plot where it went down. */
  function scrub(event) {
    const plot = plots[held];
    if (plot) go(Math.round(1 + ((event.offsetX - plot.x0) / (plot.x1 - plot.x0)) * (page.generations - 1)));
  }

  // life

  const hears = [["change:state", guard(received)], ["msg:custom", guard(heard)], ["change:said", guard(schedule)]];
  for (const [name, act] of hears) model.on(name, act);
  const resized = new ResizeObserver(guard((entries) => {
    for (const { target, borderBoxSize: [{ inlineSize, blockSize }] } of entries)
      boxes.set(target, { width: Math.floor(inlineSize), height: Math.round(blockSize) });
    schedule();
  }));
  const recolour = () => {
    look = null;
    schedule();
  };
  const themed = new MutationObserver(guard(() => {
    recolour();
    clearTimeout(timer.theme);
    timer.theme = setTimeout(recolour, 300);         // a theme's style sheet may come after its name
  }));
  ui.root.explorer = { get state() { return clone(state); }, drawn, tracks, set: (change) => {
    const deep = Object.fromEntries(["A", "B"].filter((side) => change[side] && state[side])
      .map((side) => [side, { ...state[side], ...change[side] }]));
    return move({ ...change, ...deep });
  } };
  el.append(ui.root);
  [ui.root, ui.left, ui.dietBox, ui.curveWords].forEach((node) => resized.observe(node));
  const signs = ["class", "style", "data-jp-theme-light", "data-jp-theme-name"];
  themed.observe(document.body, { attributes: true, attributeFilter: signs });
  asked = [state];
  guard(arrived)(model.get("scene"));
  if (lacks(state)) want(state, true);                 // the page was loaded anew
  return () => {
    end.abort();
    resized.disconnect();
    themed.disconnect();
    cancelAnimationFrame(frame);
    Object.values(timer).forEach(clearTimeout);
    for (const [name, act] of hears) model.off(name, act);
    ui.root.remove();
  };
}

/** The explorer in a page without a kernel: all tracks are in `bytes`. A sibling .madkit-still gives way to it. */
export function mount(el, page, state, bytes) {
  const said = { kind: "", text: "", share: null };
  const cleanup = render({ model: still({ page: { ...page, offline: true }, state, scene: bytes, said }), el });
  el.classList.add("madkit-alive");
  return cleanup;
}

export default { render };

