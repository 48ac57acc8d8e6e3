// Signs drawn as paths in a box of 20 by 20: fonts differ in which they have.

export const SIGNS = {
  play: "M5 2 18 10 5 18z", pause: "M4 3h4v14H4zM12 3h4v14h-4z",
  back: "M3 3h3v14H3zM17 3v14L7 10z", next: "M17 3h-3v14h3zM3 3v14l10-7z",
};

/** @param {string} path */
export function sign(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
