// Numbers in words, as madkit.live.scenes.words says them.

/**
 * An exponent, raised.
 * @param {number} k
 */
const raised = (k) =>
  String(k).replace(/./g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]);

/**
 * A number in at most `digits` digits; far from 1 as a power of ten.
 * @param {number} value
 */
export function plain(value, digits = 3) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return "–";
  if (size === 0) return "0";
  if (size >= 1e-3 && size < 1e5)
    return String(Number(value.toPrecision(digits))).replace("-", "−");
  const [front, back] = value.toExponential(Math.min(1, digits - 1)).split("e");
  const times = Number(front) === 1 ? "" : String(Number(front)).replace("-", "−") + "·";
  return `${times}10${raised(Number(back))}`;
}
