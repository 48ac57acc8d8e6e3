// The logarithm of Γ and its derivative for x > 0: moved to large x, and Stirling's series there.

const FAR = 12;

/** @param {number} x */
export function logGamma(x) {
  let moved = 0, y = x;
  for (; y < FAR; y++) moved -= Math.log(y);
  const z = 1 / (y * y);
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z / 1188)))) / y;
  return moved + (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series;
}

/**
 * ψ(x).
 * @param {number} x
 */
export function digamma(x) {
  let moved = 0, y = x;
  for (; y < FAR; y++) moved -= 1 / y;
  const z = 1 / (y * y);
  const series = z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z / 132))));
  return moved + Math.log(y) - 1 / (2 * y) - series;
}
