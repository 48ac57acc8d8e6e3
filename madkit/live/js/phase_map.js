// The phase map: what n_s synthetic rows are worth beside n_r real ones, and the loop of the cell that is chosen. Theory is
// computed here, by the formulas of madkit.theory, so that λ moves without a kernel; simulated paths come from the kernel, or
// are in the page. anywidget calls `render` in JupyterLab, `mount` a page opened from disk. common.js stands before this file.

// --- theory: limits.py, wasserstein.py and recursion.py, for a truth N(0, I) ------------------------------------------

const SIN2 = Float64Array.from({ length: 128 }, (_, i) => Math.sin(((i + 0.5) * Math.PI) / 256) ** 2);
const COS2 = SIN2.map((x) => 1 - x), COS_2 = COS2.map((x) => 2 * x - 1);    // cos²θ, cos 2θ

function mean128(f) {
  let sum = 0;
  for (let i = 0; i < 128; i++) sum += f(i);
  return sum / 128;
}

/** (1/d) E tr W^½ for d → ∞: see wasserstein._free. */
function free(x, y) {
  if (y <= 1) {
    const power = 1 / (2 * x);
    return power === 0.5 ? 2 * mean128((i) => COS2[i] * Math.sqrt(1 - y * SIN2[i]))
                         : 2 * mean128((i) => COS2[i] * (1 - y * SIN2[i]) ** power);
  }
  const power = (1 + 1 / Math.abs(x)) / 2;
  return (2 / Math.sqrt(y)) * mean128((i) => COS2[i] ** power * Math.sqrt(1 - SIN2[i] / y));
}

function finite(dim, nu) {
  const large = Math.max(dim, nu), small = Math.min(dim, nu), g = small / large, root = 2 * Math.sqrt(g);
  const edge = mean128((i) => Math.sqrt(1 + g + root * COS_2[i]));
  return 1 + ((1 - edge) / 2 + (7 * small) / (128 * large ** 2)) / (small * free(1, g));
}

function rootTrace(dim, nu, s = 1) {
  let x = 3 - 2 * s;
  if (Math.abs(x) < 1e-6) x = 1e-6;
  const one = Math.max(x, 1e-6);
  return dim * free(x, (x * dim) / nu) * finite(dim, nu / one) ** (1 / one);
}

/** E W₂² of a fit on n real rows alone. */
const realOnly = (n, dim) => dim / n + 2 * (dim - rootTrace(dim, n - 1));

/** E W₂² of a fit of these moments; skew is s f²/m. */
const distance = (dim, { m, u, f, skew }) =>
  (u + (1 - Math.sqrt(m)) ** 2) * dim + 2 * Math.sqrt(m) * (dim - rootTrace(dim, m ** 2 / f, (skew * m) / f ** 2));

/** What one generation does to m, u, f and skew: x → keep x + add. */
function step({ n_r, n_s, lam }, { m, f }) {
  const total = n_r + n_s, p = n_r / total, q = n_s / total, one = 1 / (total - 1);
  return {
    m: { keep: one * lam * (n_s - q), add: one * (n_r - p) }, u: { keep: q * q, add: (p + lam * q * m) / total },
    f: { keep: (lam * q) ** 2, add: one * (p + q * (lam * m) ** 2) },
    skew: { keep: (lam * q) ** 3, add: one ** 2 * (p + q * (lam * m) ** 3) + 3 * one * q ** 2 * lam ** 3 * m * f },
  };
}

/** E W₂² of generations 1 … T; the first is fitted on n_r real rows. */
function theoryPath(state, T) {
  const { dim, n_r, n_s, lam } = state, one = 1 / (n_r - 1), total = n_r + n_s;
  let now = { m: 1, u: 1 / n_r, f: one, skew: one ** 2 };
  return Array.from({ length: T }, (_, t) => {
    if (t) {
      const { m, u, f, skew } = step(state, now), next = (part, x) => part.keep * x + part.add;
      const drift = ((n_r * n_s) / total / (total - 1)) * now.u;              // the spread of the centres
      now = { m: next(m, now.m) + drift, u: next(u, now.u), f: next(f, now.f), skew: next(skew, now.skew) };
    }
    return distance(dim, now);
  });
}

/** The same for t → ∞: limits._fresh_limit. */
function limit({ dim, n_r, n_s, lam }) {
  const total = n_r + n_s, p = n_r / total, q = n_s / total;
  const m = (n_r - p / (1 + q)) / (total - 1 - lam * (n_s - q / (1 + q))), rest = ({ keep, add }) => add / (1 - keep);
  const f = rest(step({ n_r, n_s, lam }, { m, f: 0 }).f), { u, skew } = step({ n_r, n_s, lam }, { m, f });
  return distance(dim, { m, u: rest(u), f, skew: rest(skew) });
}

const kept = new Map();                              // yardsticks by d, maps by d and λ
function remember(key, compute) {
  if (!kept.has(key)) kept.set(key, compute());
  if (kept.size > 250) kept.delete(kept.keys().next().value);
  return kept.get(key);
}

/** log n_e of loops by log W₂²: the inverse of `realOnly`, tabulated. */
function rowsOf(w2, dim) {
  const { rows, scores } = remember(`yardstick ${dim}`, () => {
    const rows = Float64Array.from({ length: 500 }, (_, i) => Math.log(2) + (i / 499) * Math.log(65 * dim));
    return { rows, scores: rows.map((x) => Math.log(realOnly(Math.exp(x), dim))) };
  });
  const score = Math.log(w2);
  if (score >= scores[0]) return 0;
  let low = 0, high = scores.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (scores[middle] > score) low = middle;
    else high = middle;
  }
  return Math.exp(rows[low] + ((score - scores[low]) / (scores[high] - scores[low])) * (rows[high] - rows[low]));
}

const effective = (state) => rowsOf(limit(state), state.dim);

/** n_s*, beyond which synthetic rows harm however many real ones there are; Infinity for λ = 1. */
const asymptote = (dim, lam) => (4 * (2 - lam) + (dim + 1) * (0.5 + 1.5 * lam - lam ** 2)) / (1 - lam) ** 2;

// --- the map as numbers -----------------------------------------------------------------------------------------------

const FLOOR = -8, REACH = 2;                         // of log₂ n_e/n_r: the least there is, and where colours end
const LATE = 0.02;                                   // a loop whose n_e is further from the limit's is on its way

function between(low, high, cells) {
  const rows = Array.from({ length: cells }, (_, i) => Math.floor(low * (high / low) ** (i / (cells - 1)) + 0.5));
  return rows.filter((n, i) => n !== rows[i - 1]);
}

const axes = (page, dim) => ({ n_r: between(dim, 10 * dim, page.cells), n_s: between(dim, 100 * dim, page.cells) });
const log2 = (ratio) => Math.max(FLOOR, Math.log2(ratio));

const mapKey = ({ dim, lam }) => `${dim} ${lam}`;
const later = (act) => (window.requestIdleCallback ?? ((work) => setTimeout(work, 30)))(act);

/** Theory's map: log₂ n_e/n_r by rows of n_s. */
function theoryMap(page, { dim, lam }) {
  return remember(mapKey({ dim, lam }), () => {
    const { n_r, n_s } = axes(page, dim);
    return { n_r, n_s, worth: n_s.map((s) => n_r.map((r) => log2(effective({ dim, lam, n_r: r, n_s: s }) / r))) };
  });
}

/** Whether this state's map was simulated too. */
const hasRecord = (page, { dim, lam }) => page.simulated?.dim === dim && page.simulated.lams.includes(lam);

function simulatedMap(page, state) {
  if (!state.simulated || !hasRecord(page, state)) return null;
  const { n_r, n_s, lams, worth } = page.simulated;
  return { n_r, n_s, worth: worth[lams.indexOf(state.lam)] };
}

/** Borders between cells, half-way on a log axis. */
function edges(at) {
  const log = at.map(Math.log), middle = log.slice(1).map((x, i) => (x + log[i]) / 2);
  return [log[0], ...middle, log.at(-1)].map(Math.exp);
}

/** The lines worth = 0, as chains of [n_r, n_s]: marching squares. */
function boundary({ n_r, n_s, worth }) {
  const ends = new Map(), at = (i, j) => worth[j][i];
  const cross = (i, j, k, l) => {                    // where the edge from node (i, j) to (k, l) changes its sign
    const share = at(i, j) / (at(i, j) - at(k, l)), on = (axis, a, b) => axis[a] * (axis[b] / axis[a]) ** share;
    return { id: `${i},${j},${k},${l}`, place: [on(n_r, i, k), on(n_s, j, l)] };
  };
  const join = (a, b) => [[a, b], [b, a]].forEach(([from, to]) =>
    ends.set(from.id, { place: from.place, next: [...(ends.get(from.id)?.next ?? []), to.id] }));
  for (let j = 0; j + 1 < n_s.length; j++)
    for (let i = 0; i + 1 < n_r.length; i++) {
      const sides = [[i, j, i + 1, j], [i + 1, j, i + 1, j + 1], [i, j + 1, i + 1, j + 1], [i, j, i, j + 1]];
      const found = sides.filter(([a, b, c, d]) => at(a, b) > 0 !== at(c, d) > 0).map((side) => cross(...side));
      for (let k = 0; k + 1 < found.length; k += 2) join(found[k], found[k + 1]);
    }
  const chains = [];
  const walk = (id) => {
    const chain = [];
    for (let here = id; here; ) {
      const { place, next } = ends.get(here);
      ends.delete(here);
      chain.push(place);
      here = next.find((other) => ends.has(other));
    }
    chains.push(chain);
  };
  for (const single of [true, false])                // open chains from their ends, then rings
    for (const [id, { next }] of [...ends]) if (ends.has(id) && (!single || next.length === 1)) walk(id);
  return chains;
}

// --- states and words -------------------------------------------------------------------------------------------------

const FIELDS = ["dim", "lam", "n_r", "n_s", "simulated"];
const keyOf = ({ dim, lam, n_r, n_s }) => `${dim},${lam.toFixed(2)},${n_r},${n_s}`;
const thousands = (n) => n.toLocaleString("en");
const rowsWords = (n) => (n >= 9.95 ? thousands(Math.round(n)) : n.toFixed(1));

/** What is wrong with a state, in words; "" where nothing is. */
function problem(page, state) {
  const wrong = (name, expected, got) => `${name}: expected ${expected}, got ${String(JSON.stringify(got)).slice(0, 60)}`;
  if (state === null || typeof state !== "object" || !same(Object.keys(state).sort(), [...FIELDS].sort()))
    return wrong("state", `exactly ${FIELDS.join(", ")}`, state);
  if (!page.dims.includes(state.dim)) return wrong("dim", `one of ${page.dims.join(", ")}`, state.dim);
  if (!page.lams.includes(state.lam)) return wrong("lam", "a number from 0.5 to 1 in steps of 0.01", state.lam);
  for (const [name, most] of [["n_r", 10], ["n_s", 100]]) {
    const [low, high] = [state.dim, most * state.dim];
    if (!Number.isInteger(state[name]) || state[name] < low || state[name] > high)
      return wrong(name, `a whole number from ${thousands(low)} to ${thousands(high)}`, state[name]);
  }
  return typeof state.simulated === "boolean" ? "" : wrong("simulated", "true or false", state.simulated);
}

const seedsWords = ({ w2 }) => `${w2.length} seed${w2.length > 1 ? "s" : ""}`;
const verdict = (ratio) => (ratio > 1.01 ? "Synthetic data helps" : ratio < 0.99 ? "Synthetic data harms"
                                                                                    : "Synthetic data changes nothing");

/** A state in words: scenes/phases.caption says the same. */
function caption(page, state, path) {
  const n_e = effective(state), ratio = n_e / state.n_r;
  const said = `with λ = ${state.lam} and d = ${state.dim}, ${thousands(state.n_r)} real and ${thousands(state.n_s)} synthetic rows a ` +
    `generation are in the end worth ${rowsWords(n_e)} real rows alone, n_e/n_r = ${ratio.toFixed(2)} (theory).`;
  if (!path) return [verdict(ratio), said];
  const [worth, error] = path.rows, late = Math.abs(rowsOf(theoryPath(state, page.generations).at(-1), state.dim) / n_e - 1) > LATE;
  return [verdict(ratio), `${said} Simulated: generation ${path.t.at(-1)} is as good as ${rowsWords(worth)}` +
    `${error == null ? "" : ` ± ${worth >= 9.95 ? Math.max(1, Math.round(error)) : error.toFixed(1)}`} real rows ` +
    `(${seedsWords(path)})${late ? " and is still on its way" : ""}.`];
}

// --- drawing ----------------------------------------------------------------------------------------------------------

const HELPS = "#2166AC", HARMS = "#B2182B", LOOP = "#009E73", ALONE = "#0072B2", BAND = 8;   // seeds that make a band
const BAR = 88, HEAD = 54, FOOT = 52;                           // width of the colour bar and its words, heights of the titles and of an axis

/** The colour of log₂ n_e/n_r. */
function shade(page, worth) {
  const last = page.shades.length - 1, at = ((Math.max(-REACH, Math.min(REACH, worth)) + REACH) / (2 * REACH)) * last;
  const i = Math.min(last - 1, Math.floor(at));
  return mix(page.shades[i], page.shades[i + 1], at - i);
}

function mapPlot({ dim }, width, height) {
  const box = [62, HEAD, width - 62 - BAR, height - HEAD - FOOT], [x, y, w, h] = box;
  const share = (n, most) => Math.log(n / dim) / Math.log(most);
  return { box, x: (n) => x + w * share(n, 10), y: (n) => y + h - h * share(n, 100),
           rows: (px, py) => [dim * 10 ** ((px - x) / w), dim * 100 ** ((y + h - py) / h)] };
}

function drawMap(ctx, { page, state, look }, plot, focus) {
  const theory = theoryMap(page, state), simulated = simulatedMap(page, state), map = simulated ?? theory;
  const [x, y, w, h] = plot.box, black = "#000000";
  ctx.write("What is synthetic data worth?", 0, 10, { bold: true, within: x + w });
  ctx.write("synthetic rows a generation n_s (log) ↑", 0, 33, { within: x + w + BAR });
  paintCells(ctx, page, map, plot);
  inside(ctx, plot.box, () => {
    const line = (chains, width, dash, colour = black) => {
      ctx.beginPath();
      for (const chain of chains) trace(ctx, chain.map(([r, s]) => [plot.x(r), plot.y(s)]));
      stroke(ctx, colour, width, dash);
    };
    const most = asymptote(state.dim, state.lam);
    if (most <= 100 * state.dim) {
      line([[[state.dim, most], [10 * state.dim, most]]], 2, [1.5, 4]);
      halo(ctx, `n_s* = ${thousands(Math.round(most))}`, x + 7, plot.y(most) + (plot.y(most) < y + 24 ? 12 : -11), look);
    }
    if (simulated) line(boundary(simulated), 3.6, []);
    line(boundary(theory), simulated ? 1.4 : 1.8, [7, 5], simulated ? "#FFFFFF" : black);
    drawWords(ctx, page, map, plot, plot.y(most), [plot.x(state.n_r), plot.y(state.n_s)]);
  });
  drawMapAxes(ctx, { page, state, look }, plot);
  drawBar(ctx, { page, look }, plot);
  drawRing(ctx, plot.x(state.n_r), plot.y(state.n_s));
  return { box: plot.box, n_r: map.n_r, n_s: map.n_s, worth: map.worth };
}

/** Words on any colour. */
function halo(ctx, text, x, y, look) {
  ctx.font = `600 ${SIZE}px ${look.font}`;
  ctx.textAlign = "left";
  ctx.strokeStyle = "rgba(255,255,255,0.8)";
  ctx.lineWidth = 3.5;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = "#000000";
  ctx.fillText(text, x, y);
}

/** Cells whose borders are whole pixels of the screen: no seams. */
function paintCells(ctx, page, { n_r, n_s, worth }, plot) {
  const ratio = window.devicePixelRatio || 1, whole = (v) => Math.round(v * ratio) / ratio;
  const xs = edges(n_r).map((n) => whole(plot.x(n))), ys = edges(n_s).map((n) => whole(plot.y(n)));
  worth.forEach((row, j) => row.forEach((value, i) => {
    ctx.fillStyle = css(shade(page, value));
    ctx.fillRect(xs[i], ys[j + 1], xs[i + 1] - xs[i], ys[j] - ys[j + 1]);
  }));
}

/** "helps" and "harms" in the middle of where they do, if there is room; off the dotted line and the ring. */
function drawWords(ctx, page, { n_r, n_s, worth }, plot, dotted, ring) {
  for (const [word, side] of [["helps", 1], ["harms", -1]]) {
    let weight = 0, px = 0, py = 0, count = 0;
    worth.forEach((row, j) => row.forEach((value, i) => {
      const there = Math.min(Math.max(side * value, 0), 1);
      [weight, px, py, count] = [weight + there, px + there * plot.x(n_r[i]), py + there * plot.y(n_s[j]), count + (there > 0.2)];
    }));
    if (count < 0.05 * n_r.length * n_s.length) continue;
    let [x, y] = [px / weight, py / weight];
    if (Math.abs(y - dotted) < 20) y = dotted + (y < dotted ? -20 : 20);
    if (Math.abs(x - ring[0]) < 50 && Math.abs(y - ring[1]) < 26) x = ring[0] + 50;
    const [left, , wide] = plot.box;                   // where n_s* stands, at the left
    if (Math.abs(y - dotted) < 36) x = Math.min(Math.max(x, left + 170), left + wide - 38);
    const nearest = (axis, at) => axis.reduce((best, n, i) =>
      (Math.abs(at(n)) < Math.abs(at(axis[best])) ? i : best), 0);
    const value = worth[nearest(n_s, (n) => plot.y(n) - y)][nearest(n_r, (n) => plot.x(n) - x)], fill = shade(page, value);
    if (side * value <= 0) continue;
    ctx.save();
    ctx.font = "600 21px sans-serif";
    ctx.textAlign = "center";
    ctx.fillStyle = contrast(fill, "#FFFFFF") > 3 ? "#FFFFFF" : "#000000";
    ctx.fillText(word, x, y);
    ctx.restore();
  }
}

function drawMapAxes(ctx, { state, look }, { box: [x, y, w, h], ...plot }) {
  const { dim } = state;
  ctx.beginPath();
  ctx.rect(x + 0.5, y + 0.5, w - 1, h - 1);
  stroke(ctx, css(look.quiet), 1);
  const ticks = (most) => [1, 2, 5, 10, 20, 50, 100].filter((k) => k <= most).map((k) => k * dim);
  for (const n of ticks(10)) ctx.write(thousands(n), plot.x(n), y + h + 13, { align: "center", colour: look.quiet });
  for (const n of ticks(100)) ctx.write(thousands(n), x - 7, plot.y(n), { align: "right", colour: look.quiet });
  ctx.write("real rows a generation n_r (log) →", x + w / 2, y + h + 38, { align: "center", within: w + 90 });
}

function drawBar(ctx, { page, look }, { box: [x, y, w, h] }) {
  const left = x + w + 18, top = y + 22, tall = h - 44;
  for (let i = 0; i < tall; i++) {
    ctx.fillStyle = css(shade(page, REACH - (2 * REACH * i) / tall));
    ctx.fillRect(left, top + i, 14, 1.5);
  }
  ctx.write("n_e/n_r", left, y + 4, { bold: true });
  [["4", 2], ["2", 1], ["1", 0], ["½", -1], ["¼", -2]].forEach(([text, value]) =>
    ctx.write(text, left + 21, top + (tall * (REACH - value)) / (2 * REACH), { colour: look.quiet }));
}

function drawRing(ctx, x, y) {
  for (const [colour, width] of [["#FFFFFF", 6], ["#000000", 2.6]]) {
    ctx.beginPath();
    ctx.arc(x, y, 9, 0, 2 * Math.PI);
    stroke(ctx, colour, width);
  }
}

/** 10, 50 and 90 % of each generation over the seeds. */
function quantiles(w2) {
  return [0.1, 0.5, 0.9].map((share) => w2[0].map((_, i) => {
    const sorted = w2.map((row) => row[i]).sort((a, b) => a - b), at = share * (sorted.length - 1), below = Math.floor(at);
    return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
  }));
}

function drawPath(ctx, { page, state, look, path }, width, height) {
  const theory = theoryPath(state, page.generations), alone = realOnly(state.n_r, state.dim);
  const high = 1.12 * Math.max(alone, ...theory, ...(path?.w2.flat() ?? [])), ticks = ticksOf([0, high], false, height - HEAD - FOOT);
  const left = 14 + Math.max(...ticks.map((v) => measured(ctx, plain(v), look))), right = 110;
  const [x0, x1, y0, y1] = [left, width - right, HEAD, height - FOOT];
  const x = (t) => x0 + ((t - 1) / (page.generations - 1)) * (x1 - x0), y = (v) => y1 - (v / high) * (y1 - y0);
  ctx.write(`${thousands(state.n_r)} real + ${thousands(state.n_s)} synthetic rows`, 0, 10, { bold: true, within: width });
  ctx.write("W₂² to the truth (0 is best) ↑", 0, 33, { within: width });
  ctx.beginPath();
  for (const v of ticks) {
    ctx.moveTo(x0, y(v));
    ctx.lineTo(x1, y(v));
    ctx.write(plain(v), x0 - 7, y(v), { align: "right", colour: look.quiet });
  }
  stroke(ctx, css(look.rule, 0.7), 1);
  for (const t of generationTicks(page.generations, x1 - x0))
    ctx.write(String(t), x(t), y1 + 13, { align: "center", colour: look.quiet });
  ctx.write("generation →", (x0 + x1) / 2, y1 + 38, { align: "center" });
  const line = (values, at, colour, thick, dash = []) => {
    ctx.beginPath();
    trace(ctx, values.map((v, i) => [x(at[i]), y(v)]));
    stroke(ctx, colour, thick, dash);
  };
  const every = theory.map((_, i) => i + 1), green = look.dark ? mix(LOOP, "#FFFFFF", 0.2) : rgb(LOOP);
  const blue = look.dark ? mix(ALONE, "#FFFFFF", 0.4) : rgb(ALONE);
  if (path?.w2.length >= BAND) {
    const [low, median, top] = quantiles(path.w2);
    ctx.beginPath();
    [...top.map((v, i) => [path.t[i], v]), ...low.map((v, i) => [path.t[i], v]).reverse()]
      .forEach(([t, v], i) => ctx[i ? "lineTo" : "moveTo"](x(t), y(v)));
    ctx.fillStyle = css(green, 0.28);
    ctx.fill();
    line(median, path.t, css(green), 2.8);
  } else for (const row of path?.w2 ?? []) line(row, path.t, css(green), 2);
  line([alone, alone], [1, page.generations], css(blue), 2.6, [2, 4]);
  line(theory, every, css(look.dark ? [255, 255, 255] : [0, 0, 0]), 1.4, [6, 4]);
  const end = path ? quantiles(path.w2)[1].at(-1) : theory.at(-1);
  const labels = [[alone, [`${thousands(state.n_r)} real`, "rows alone"], blue], [end, path ? ["this loop"] : ["theory"],
                                                                                 path ? green : look.text]];
  names(ctx, labels.map(([v, lines, colour]) => ({ y: y(v), lines, colour: ink(colour, look) })), x1 + 8, [y0, y1], look);
  return { key: path?.key ?? null, seeds: path?.w2.length ?? 0, theory, alone, box: [x0, y0, x1 - x0, y1 - y0], high };
}

/** Two names beside the ends of their lines, moved apart. */
function names(ctx, labels, x, [top, bottom], look) {
  const tall = ({ lines }) => lines.length * (LINE - 2), [upper, lower] = labels.sort((a, b) => a.y - b.y);
  const need = (tall(upper) + tall(lower)) / 2 + 4 - (lower.y - upper.y);
  if (need > 0) [upper.y, lower.y] = [upper.y - need / 2, lower.y + need / 2];
  const over = lower.y + tall(lower) / 2 - bottom - 8, under = top - 8 - upper.y + tall(upper) / 2;
  for (const label of labels) {
    label.y += over > 0 ? -over : under > 0 ? under : 0;
    label.lines.forEach((text, i) =>
      ctx.write(text, x, label.y + (i - (label.lines.length - 1) / 2) * (LINE - 2), { bold: true, colour: label.colour }));
  }
}

// --- the widget -------------------------------------------------------------------------------------------------------

/** All elements by name, in reading order. */
function build(page) {
  const ui = {
    presets: page.presets.map(({ name, help }) => button(name, { title: help, "aria-pressed": "false", class: "preset" })),
    help: make("p", { class: "help" }),
    lam: make("input", { type: "range", min: 0, max: page.lams.length - 1, step: 1, "aria-label": "sampling bias λ" }),
    lamWords: make("span", { class: "value" }),
    dim: make("select", { "aria-label": "dimension d" }, ...page.dims.map((dim) => make("option", { value: dim }, `d = ${dim}`))),
    simulated: button("simulated map", { "aria-pressed": "false" }),
    reset: button("reset"), words: exchange(),
    map: make("canvas", { "data-panel": "map", role: "application", tabindex: "0", "aria-roledescription": "map" }),
    path: canvas("path"), mapWords: make("p", { class: "caption" }), pathWords: make("p", { class: "caption" }),
    verdict: make("b"), said: make("span"), alert: make("p", { role: "alert", class: "alert" }),
  };
  ui.sentence = make("p", { role: "status", "aria-live": "polite", class: "sentence" }, ui.verdict, ui.said);
  ui.left = make("div", { class: "left" }, ui.map, ui.mapWords);
  ui.right = make("div", { class: "right" }, ui.path, ui.pathWords);
  ui.root = make("div", { class: "madkit-explorer madkit-map", role: "group", "data-lm-suppress-shortcuts": "true",
                          "aria-label": page.title || "map of the phase transition" },
    make("div", { class: "row" }, page.title && make("p", { class: "title" }, page.title), ...ui.presets, make("span", { class: "space" }),
      ui.reset),
    ui.presets.length > 0 && ui.help,
    make("div", { class: "row settings" }, make("label", { class: "slider" }, make("span", {}, "sampling bias λ"), ui.lam, ui.lamWords),
      ui.dim, page.simulated && ui.simulated),
    make("div", { class: "panels" }, ui.left, ui.right), ui.sentence, ui.alert,
    make("div", { class: "row foot" }, ui.words.copy, ui.words.paste), ui.words.row);
  return ui;
}

function render({ model, el }) {
  const page = model.get("page"), ui = build(page), end = new AbortController(), first = clone(model.get("state"));
  const paths = new Map(Object.entries(page.paths)), drawn = { frame: 0, lam: 0, map: {}, path: {} };
  let state = clone(first), trouble = "", frame = 0, plot = null, theme = 0, idle = 0;

  const guard = (act) => (...given) => {
    try {
      return act(...given);
    } catch (error) {
      trouble = `This could not be drawn: ${error.message}`;
      put(ui.alert, trouble);
      ui.alert.hidden = false;
    }
  };
  const on = (nodes, event, act) =>
    [nodes].flat().forEach((node, i) => node.addEventListener(event, guard((e) => act(e, i)), { signal: end.signal }));
  const schedule = () => (frame ||= requestAnimationFrame(guard(paint)));

  /** A new state, if it is a good one. */
  function move(change) {
    const next = { ...state, ...change }, why = problem(page, next);
    trouble = why;
    schedule();
    if (why || same(next, state)) return !why;
    state = next;
    model.set("state", clone(state));
    model.save_changes();
    return true;
  }

  function received() {
    const given = model.get("state"), why = problem(page, given);
    if (!why) state = clone(given);
    trouble = why;
    schedule();
  }

  function arrived() {
    const path = model.get("path");
    if (!path?.key) return;
    paths.delete(path.key);
    paths.set(path.key, path);
    if (!page.offline && paths.size > 300) paths.delete(paths.keys().next().value);
    if (path.key === keyOf(state)) schedule();
  }

  // the picture

  function paint() {
    frame = 0;
    const width = ui.root.clientWidth - 32;
    if (width <= 0) return;
    const look = lookOf(ui.root), path = paths.get(keyOf(state)), view = { page, state, look, path };
    const narrow = width < 660, left = narrow ? width : Math.floor((width - 28) * 0.54), right = narrow ? width : width - 28 - left;
    const tall = Math.round(Math.max(310, Math.min(0.8 * left, 540)));
    ui.root.classList.toggle("narrow", narrow);
    ui.root.style.setProperty("--left", `${left}px`);
    for (const [canvas, wide] of [[ui.map, left], [ui.path, right]]) canvas.style.width = `${wide}px`;
    plot = mapPlot(state, left, tall);
    drawn.map = drawMap(brush(ui.map, left, tall, look), view, plot);
    const lower = narrow ? Math.min(tall, 340) : tall;
    drawn.path = drawPath(brush(ui.path, right, lower, look), view, right, lower);
    show(path);
    idle ||= later(guard(prepare));
    Object.assign(drawn, { frame: drawn.frame + 1, lam: state.lam, state: keyOf(state) });
  }

  /** Maps of other λ, the nearest first, while nothing else happens: so that λ moves at once. */
  function prepare() {
    idle = 0;
    const missing = page.lams.filter((lam) => !kept.has(mapKey({ dim: state.dim, lam })));
    if (!missing.length) return;
    const lam = missing.reduce((best, one) => (Math.abs(one - state.lam) < Math.abs(best - state.lam) ? one : best));
    theoryMap(page, { dim: state.dim, lam });
    idle = later(guard(prepare));
  }

  /** Controls and words follow the state. */
  function show(path) {
    const pressed = page.presets.filter(({ set }) => Object.entries(set).every(([name, value]) => state[name] === value));
    ui.presets.forEach((node, i) => node.setAttribute("aria-pressed", pressed.includes(page.presets[i])));
    put(ui.help, pressed.map(({ name, help }) => `${name}: ${help}.`).join(" ") || "Click or drag on the map; move λ.");
    ui.lam.value = page.lams.indexOf(state.lam);
    put(ui.lamWords, state.lam === 1 ? "1 (no bias)" : state.lam.toFixed(2));
    ui.lam.setAttribute("aria-valuetext", ui.lamWords.textContent);
    ui.dim.value = state.dim;
    const record = hasRecord(page, state);
    ui.simulated.disabled = !record;
    ui.simulated.setAttribute("aria-pressed", record && state.simulated);
    ui.simulated.title = page.simulated ? `recorded for d = ${page.simulated.dim}, λ = ${page.simulated.lams.join(", ")}` : "";
    put(ui.mapWords, `Every cell is a loop: blue, its synthetic rows help (n_e > n_r); red, they harm. Boundary n_e = n_r: ` +
      `${record && state.simulated ? "solid simulated, " : ""}dashed theory; dotted n_s*, its height for many real rows.`);
    const how = (one) => (one.w2.length >= BAND ? `median of ${seedsWords(one)}, band 10–90 %` : seedsWords(one));
    const simulated = path ? `Green: ${how(path)}. ` : page.offline
      ? "Theory only: this page has simulated paths of the presets' cells; JupyterLab simulates any. " : "Simulating … ";
    put(ui.pathWords, `${simulated}Dashed: theory. Generation 1 is fitted on real rows alone.`);
    const [head, said] = caption(page, state, path), news = model.get("said");
    put(ui.verdict, `${head}: `);
    put(ui.said, said);
    ui.root.dataset.verdict = head.split(" ").at(-1);
    ui.map.setAttribute("aria-label", `Map of n_e/n_r over real rows n_r and synthetic rows n_s, λ = ${state.lam}, d = ${state.dim}. ` +
      `Chosen: n_r = ${state.n_r}, n_s = ${state.n_s}. ${head}. Arrow keys choose another cell.`);
    ui.path.setAttribute("aria-label", `W₂² over generations. ${head}: ${said}`);
    const why = trouble || (news?.kind === "error" ? news.text : "");
    put(ui.alert, why);
    ui.alert.hidden = !why;
  }

  // what people do

  const clamp = (n, low, high) => Math.max(low, Math.min(high, n));
  const nearest = (at, n) => at.reduce((best, other) => (Math.abs(Math.log(other / n)) < Math.abs(Math.log(best / n)) ? other : best));

  function pick(event) {
    const box = ui.map.getBoundingClientRect(), [r, s] = plot.rows(event.clientX - box.left, event.clientY - box.top);
    const { n_r, n_s } = axes(page, state.dim);
    move({ n_r: nearest(n_r, r), n_s: nearest(n_s, s) });
  }

  /** So many cells further along an axis. */
  function along(at, n, by) {
    const beyond = by > 0 ? at.findIndex((other) => other > n) : at.findLastIndex((other) => other < n);
    return beyond < 0 ? n : at[clamp(beyond + by - Math.sign(by), 0, at.length - 1)];
  }

  const KEYS = { ArrowLeft: ["n_r", -1], ArrowRight: ["n_r", 1], ArrowDown: ["n_s", -1], ArrowUp: ["n_s", 1],
                 PageDown: ["n_s", -5], PageUp: ["n_s", 5] };
  on(ui.root, "keydown", (event) => {
    event.stopPropagation();                           // JupyterLab takes the arrow keys for its own
    if (event.target !== ui.map || !(event.key in KEYS)) return;
    event.preventDefault();
    const [name, by] = KEYS[event.key], many = event.shiftKey ? 5 : 1;
    move({ [name]: along(axes(page, state.dim)[name], state[name], by * many) });
  });
  on(ui.map, "pointerdown", (event) => {
    ui.map.setPointerCapture(event.pointerId);
    pick(event);
  });
  on(ui.map, "pointermove", (event) => event.buttons & 1 && pick(event));
  on(ui.lam, "input", () => move({ lam: page.lams[Number(ui.lam.value)] }));
  on(ui.dim, "change", () => {
    const dim = Number(ui.dim.value), scaled = (n, most) => clamp(Math.round((n * dim) / state.dim), dim, most * dim);
    move({ dim, n_r: scaled(state.n_r, 10), n_s: scaled(state.n_s, 100) });
  });
  on(ui.simulated, "click", () => move({ simulated: !state.simulated }));
  on(ui.presets, "click", (_, i) => move(page.presets[i].set));
  on(ui.reset, "click", () => move(first));
  ui.words.join(on, () => state, (word) => {
    try {
      const given = parsed(word), why = problem(page, given);
      if (why) throw Error(why);
      return move(given);
    } catch (error) {
      trouble = error.message;
      schedule();
      return false;
    }
  });

  // life

  const heard = [["change:state", guard(received)], ["change:path", guard(arrived)], ["change:said", guard(schedule)]];
  for (const [name, act] of heard) model.on(name, act);
  const resized = new ResizeObserver(guard(schedule));
  const themed = new MutationObserver(guard(() => {
    schedule();
    clearTimeout(theme);
    theme = setTimeout(schedule, 300);               // a theme's style sheet may come after its name
  }));
  ui.root.map = { get state() { return clone(state); }, drawn, paths, set: move, plot: () => plot };
  ui.alert.hidden = true;
  el.append(ui.root);
  resized.observe(ui.root);
  const signs = ["class", "style", "data-jp-theme-light", "data-jp-theme-name"];
  themed.observe(document.body, { attributes: true, attributeFilter: signs });
  guard(arrived)();
  return () => {
    end.abort();
    resized.disconnect();
    themed.disconnect();
    cancelAnimationFrame(frame);
    (window.cancelIdleCallback ?? clearTimeout)(idle);
    clearTimeout(theme);
    for (const [name, act] of heard) model.off(name, act);
    ui.root.remove();
  };
}

/** The map in a page without a kernel. A sibling .madkit-still gives way to it. */
export function mount(el, page, state) {
  const cleanup = render({ model: still({ page: { ...page, offline: true }, state, path: {}, said: {} }), el });
  el.classList.add("madkit-alive");
  return cleanup;
}

export default { render };
