// Where the numbers of an axis stand.

/** Pixels between two numbers, at least. */
const APART = 34;

/** @type {(count: number, value: (i: number) => number) => number[]} */
const listed = (count, value) => Array.from({ length: count }, (_, i) => value(i));

/**
 * Ticks of an axis of this range.
 * @param {number[]} range @param {boolean} log @param {number} room in pixels
 */
export function ticksOf([low, high], log, room) {
  const most = Math.max(2, Math.floor(room / APART));
  if (log) return logTicks(low, high, most);
  const raw = (high - low) / most, unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * ([1, 2, 5, 10].find((m) => m * unit >= raw) ?? 10);
  const first = Math.ceil(low / step - 1e-9), count = Math.floor(high / step + 1e-9) - first + 1;
  return listed(count, (i) => Number(((first + i) * step).toPrecision(12)));
}

/** @param {number} low @param {number} high @param {number} most */
function logTicks(low, high, most) {
  const [a, b] = [Math.log10(low), Math.log10(high)];
  const decades = Math.floor(b) - Math.ceil(a) + 1;
  if (decades >= 2) {
    const step = Math.ceil(decades / most), first = Math.ceil(Math.ceil(a) / step) * step;
    return listed(Math.floor((Math.floor(b) - first) / step) + 1, (i) => 10 ** (first + i * step));
  }
  const fine = [];
  for (let k = Math.floor(a); k <= b; k++) for (const m of [1, 2, 5]) fine.push(m * 10 ** k);
  return fine.filter((v) => v >= low && v <= high);
}

/**
 * The first generation, and multiples of a round number.
 * @param {number} T @param {number} room in pixels
 */
export function generationTicks(T, room) {
  const steps = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000];
  const step = steps.find((s) => (T / s) * APART <= room) ?? T;
  const multiples = listed(Math.floor(T / step), (i) => (i + 1) * step);
  return [1, ...multiples.filter((g) => g - 1 >= 0.6 * step)];
}
