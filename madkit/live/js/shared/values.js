// Plain values: copied and compared.

/** @template T @param {T} value @returns {T} */
export const clone = (value) => JSON.parse(JSON.stringify(value));

/** @type {(a: unknown, b: unknown) => boolean} */
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * Whether two lists differ, by identity.
 * @param {unknown[]} a @param {unknown[]} b
 */
export const differ = (a, b) => a.length !== b.length || a.some((one, i) => one !== b[i]);

/** @param {number} n @param {number} low @param {number} high */
export const clamp = (n, low, high) => Math.max(low, Math.min(high, n));
