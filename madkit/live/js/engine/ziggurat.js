// Normal and exponential numbers by the ziggurat (Marsaglia and Tsang 2000), as NumPy makes them:
// 256 layers of one area; one look into a table decides for 99 of 100 numbers.

/** @typedef {import("./pcg64.js").Pcg64} Pcg64 */
/** @typedef {{ x: Float64Array, sure: Float64Array, y: Float64Array }} Layers */

const NORMAL_END = 3.6541528853610088, NORMAL_AREA = 0.0049286732339746549;
const EXPONENTIAL_END = 7.69711747013105, EXPONENTIAL_AREA = 0.0039496598225815572;
const BITS_52 = 4503599627370496, BITS_53 = 9007199254740992;

const NORMAL = layers(NORMAL_END, NORMAL_AREA, BITS_52, (x) => Math.exp(-0.5 * x * x),
                      (y) => Math.sqrt(-2 * Math.log(y)));
const EXPONENTIAL = layers(EXPONENTIAL_END, EXPONENTIAL_AREA, BITS_53, (x) => Math.exp(-x),
                           (y) => -Math.log(y));

/**
 * Layer i holds a whole number k of `bits` below sure[i] for certain; it stands for k x[i]. Its
 * upper edge is y[i].
 * @param {number} end where the tail begins @param {number} area @param {number} bits
 * @param {(x: number) => number} density @param {(y: number) => number} inverse
 * @returns {Layers}
 */
function layers(end, area, bits, density, inverse) {
  const x = new Float64Array(256), sure = new Float64Array(256), y = new Float64Array(256);
  const base = area / density(end);                      // as wide as the lowest layer and its tail
  let edge = end;
  [x[0], sure[0], y[0]] = [base / bits, Math.floor(end / base * bits), 1];
  [x[255], y[255]] = [end / bits, density(end)];
  for (let i = 254; i > 0; i--) {
    const inner = inverse(area / edge + density(edge));
    sure[i + 1] = Math.floor(inner / edge * bits);
    [x[i], y[i], edge] = [inner / bits, density(inner), inner];
  }
  return { x, sure, y };
}

/** @param {Pcg64} from */
export function normal(from) {
  const { x: width, sure, y } = NORMAL;
  for (;;) {
    from.next();
    const { low, high } = from, i = low & 255;
    const k = (high & 0x1fffffff) * 8388608 + (low >>> 9);
    const x = (low >>> 8) & 1 ? -k * width[i] : k * width[i];
    if (k < sure[i]) return x;
    if (i === 0) return tail(from, Math.floor(k / 256) % 2 === 1);
    if ((y[i - 1] - y[i]) * from.uniform() + y[i] < Math.exp(-0.5 * x * x)) return x;
  }
}

/** @param {Pcg64} from @param {boolean} negative */
function tail(from, negative) {
  for (;;) {
    const x = -(1 / NORMAL_END) * Math.log1p(-from.uniform()), y = -Math.log1p(-from.uniform());
    if (y + y > x * x) return negative ? -(NORMAL_END + x) : NORMAL_END + x;
  }
}

/** @param {Pcg64} from */
export function exponential(from) {
  const { x: width, sure, y } = EXPONENTIAL;
  for (;;) {
    from.next();
    const { low, high } = from, i = (low >>> 3) & 255;
    const k = high * 2097152 + (low >>> 11), x = k * width[i];
    if (k < sure[i]) return x;
    if (i === 0) return EXPONENTIAL_END - Math.log1p(-from.uniform());
    if ((y[i - 1] - y[i]) * from.uniform() + y[i] < Math.exp(-x)) return x;
  }
}
