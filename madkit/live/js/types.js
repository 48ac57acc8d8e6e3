// The shapes of what the modules hand to one another, for `tsc --checkJs` and for readers. Values
// come from Python as live.scenes.page, .pack and .phases make them. No module needs this file.

export {};

// --- canvases and colours ----------------------------------------------------------------------

/**
 * @typedef {string | number[]} Colour as "#D55E00", "rgb(…)" or [red, green, blue]
 * @typedef {[number, number, number, number]} Box left, top, width and height in pixels
 * @typedef {{ paper: number[], text: number[], quiet: number[], rule: number[], real: number[],
 *             dark: boolean, font: string }} Look the colours of the page around
 * @typedef {{ colour?: Colour, bold?: boolean, align?: CanvasTextAlign, within?: number }} Writing
 * @typedef {CanvasRenderingContext2D} Context
 * @typedef {Context & { write: (text: string, x: number, y: number, given?: Writing) => void }} Pen
 * @typedef {(ctx: Pen, width: number, height: number, look: Look, depends: unknown[],
 *            paint: (pen: Pen) => void) => void} Layer
 * @typedef {{ x: (v: number) => number, y: (v: number) => number }} Scale
 * @typedef {Record<string, string | number | boolean | null | undefined>} Attributes
 * @typedef {{ title: string, head: string[], rows: string[][] }} Sheaf a table of words
 */

// --- what comes from Python --------------------------------------------------------------------

/**
 * @typedef {(name: string, act: Function) => void} Hear
 * @typedef {{ get: (name: string) => any, set: (name: string, value: any) => void, on: Hear,
 *             off: Hear, save_changes: () => void, send: (message: any) => void }} Model
 * @typedef {{ kind: string, text: string, share?: number | null }} News what the kernel says
 * @typedef {{ shape: number[], data: Float32Array }} Numbers an array, row by row
 *
 * @typedef {{ colour: string, dash: number[], marker: string }} LoopLook
 * @typedef {LoopLook & { label: string, takes: string[], family?: string,
 *             law?: string, starts?: string }} Loop the engine's name of its law, where it has one
 * @typedef {{ name: string, label: string, values: number[], words: string[],
 *             ends?: string[] }} Control
 * @typedef {{ name: string, label: string, short: string, kind: string, log: boolean,
 *             range: [number, number] | null, colour?: string }} Metric
 * @typedef {{ name: string, help: string, set: Record<string, any> }} Preset
 * @typedef {{ kind?: string, dim?: number, half?: number, window?: number[],
 *             real?: number[][], labels?: number[], of?: number,
 *             angles?: number[] }} Truth angles: of the lines of sliced W₂
 * @typedef {{ title: string, generations: number, choose: string, compare: boolean, draw: boolean,
 *             heavy: boolean, offline: boolean, seeds: number, truth: Truth, loops: Loop[],
 *             controls: Control[], metrics: Metric[], presets: Preset[], start?: State }} Page
 *
 * @typedef {"A" | "B"} Side
 * @typedef {{ loop: string, [name: string]: any }} Settings places on the sliders, and the loop
 * @typedef {{ t: number, tab: Side, A: Settings, B: Settings | null, seed: number, speed: number,
 *             drawn: DrawnPoints | null }} State
 * @typedef {{ points: number[][], model?: string }} DrawnPoints one's own distribution, and what
 *   learns it
 *
 * @typedef {[string, number, number]} Part source, generation of birth, rows
 * @typedef {{ low: Float32Array | null, median: Float32Array | null, high: Float32Array | null,
 *             theory: Float32Array | null, words: string }} Curve
 * @typedef {{ key: string, label: string, t: number[], kept?: number[], lam?: number,
 *             seeds: number, curves: Record<string, Curve>, composition: [number, Part[]][],
 *             mean: Numbers | null, root: Numbers | null, emitted: Numbers | null,
 *             rows: Numbers | null, images: Numbers | null, real: Numbers | null,
 *             there?: number[][] }} Track there: images of each label, real, then as kept
 */

// --- the explorer ------------------------------------------------------------------------------

/**
 * @typedef {{ side: Side, given: State, tracks: Track[] }} ShownSide
 * @typedef {{ page: Page, look: Look, shown: ShownSide[], state: State }} View
 * @typedef {{ mean: Float32Array, root: Float32Array, kept: number }} Fit
 * @typedef {{ points: number[][], before: number[][][], last: number[] | null }} Draft
 *
 * @typedef {{ track: Track, size: number, title: number, x: number, y: number }} Panel
 * @typedef {{ side: Side, x: number, y: number, head: number, width: number,
 *             panels: Panel[] }} Block
 * @typedef {{ blocks: Block[], height: number }} Plan
 *
 * @typedef {{ scale: number, per: number, lines: number, gap: number }} Layout of a sheet's row
 * @typedef {Layout & { each: number, m: number, h: number, w: number, deep: number, ratio: number,
 *             many: number, labels: number[] }} Sheet
 * @typedef {{ y: number, head: number, lead: number, width: number, side?: Side, track?: Track,
 *             real?: Track }} SheetRow
 * @typedef {{ sheet: Sheet, rows: SheetRow[], height: number }} SheetPlan
 * @typedef {{ points: number[][], kept?: number, cells?: Box[] }} Done what a square shows
 *
 * @typedef {{ side: Side, track: Track, loop: LoopLook, name: string, silent: boolean }} CurveLine
 * @typedef {{ metric: Metric, lines: CurveLine[], x0: number, x1: number, y0: number, y1: number,
 *             left: number, right: number, range: [number, number], ticks: number[],
 *             texts: string[], last: boolean } & Scale} Plot
 * @typedef {{ name: string, from: number[], colour: string, line: number[],
 *             bold: boolean }} EndName
 * @typedef {{ t: number, frame: number, spoken: boolean, panels: any[], curves: any[],
 *             axes: Record<string, any> }} Drawn
 *
 * @typedef {ReturnType<typeof import("./explorer/elements.js").build>} ExplorerUi
 * @typedef {{ page: Page, model: Model, ui: ExplorerUi,
 *             session: import("./explorer/session.js").Session,
 *             asking: import("./explorer/asking.js").Asking,
 *             player: import("./explorer/player.js").Player,
 *             pad: import("./explorer/pad.js").Pad,
 *             drop: import("./explorer/drop.js").Drop,
 *             life: import("./shared/life.js").Life }} Joined
 * @typedef {Joined & { show: import("./explorer/show.js").Show }} Parts
 */

// --- the engine --------------------------------------------------------------------------------

/**
 * @typedef {{ kind: "real" | "fresh" | "synthetic" | "previous", n?: number, lam?: number,
 *             memory?: number }} Source what a loop is a sum of
 * @typedef {{ n_ini: number, dim: number, rows: number[][], ranks: number[], full: boolean,
 *             of: { kind: string, age: number, lam: number }[], chain: boolean }} Groups
 *   of rows [generation − 1][group]; a chain is a product of fits
 * @typedef {{ seeds: number, generations: number, dim: number, fits: Float64Array,
 *             logs: Float64Array | null }} Fits [seed][generation], five numbers each; ½ log det
 */

/**
 * @typedef {(count: number, lam: number, from: import("./engine/pcg64.js").Pcg64) => Float64Array
 *   } Emits rows of a fit
 * @typedef {{ weights: number[], means: Float64Array, covs: Float64Array, roots: Float64Array,
 *             likelihood: number }} Mixed of k components
 * @typedef {{ key: string, sources: Source[], n_ini: number, points: number[][], model: string,
 *             components: number, seed: number, emit: number, generations: number,
 *             metrics: string[], angles: number[] }} Eating a loop on rows, to be run
 * @typedef {{ id: number, key: string, t: number, rows: Float32Array | null,
 *             values: Record<string, number>, real: Float32Array | null,
 *             error: string }} Eaten one generation of it
 */

// --- bets --------------------------------------------------------------------------------------

/**
 * @typedef {number | string | number[]} Placed a point, a choice, or a curve
 * @typedef {{ bet: Placed | null }} BetState
 * @typedef {{ kind: "choice" | "point" | "curve", question: string, sealed: string,
 *             choices: string[], low: number, high: number, log: boolean, unit: string,
 *             steps: number, t: number[], known: number[], name: string, colour: string,
 *             seeds: number }} BetPage what its kind needs of these
 * @typedef {{ why: string, answer: string, words: Record<string, string>, value: number,
 *             low: number[], median: number[], high: number[] }} Answer the same
 * @typedef {{ ticks: number[], x0: number, x1: number, y0: number, y1: number,
 *             index: (px: number) => number } & Scale} BetPlot index: of a generation
 * @typedef {ReturnType<typeof import("./predict/elements.js").build>} BetUi
 * @typedef {{ page: BetPage, ui: BetUi, session: import("./predict/session.js").Session,
 *             life: import("./shared/life.js").Life }} BetJoined
 * @typedef {BetJoined & { show: import("./predict/show.js").Show }} BetParts
 */

// --- the map -----------------------------------------------------------------------------------

/**
 * @typedef {{ n_r: number[], n_s: number[], worth: number[][] }} Cells log₂ n_e/n_r, [n_s][n_r]
 * @typedef {{ dim: number, lam: number, n_r: number, n_s: number, simulated: boolean }} MapState
 * @typedef {{ key: string, t: number[], w2: number[][], rows: [number, number | null] }} MapTrack
 * @typedef {{ dim: number, lams: number[], n_r: number[], n_s: number[],
 *             worth: number[][][] }} Simulated
 * @typedef {{ title: string, dims: number[], lams: number[], cells: number, shades: number[][],
 *             generations: number, presets: Preset[], simulated: Simulated | null,
 *             offline: boolean, tracks: Record<string, MapTrack> }} MapPage
 * @typedef {{ page: MapPage, state: MapState, look: Look, track?: MapTrack }} MapView
 * @typedef {{ box: Box, rows: (px: number, py: number) => number[] } & Scale} MapPlot
 * @typedef {{ theory: number[], alone: number, high: number, ticks: number[], x0: number,
 *             x1: number, y0: number, y1: number } & Scale} LoopPlot
 * @typedef {ReturnType<typeof import("./map/elements.js").build>} MapUi
 * @typedef {{ page: MapPage, ui: MapUi, session: import("./map/session.js").Session,
 *             life: import("./shared/life.js").Life }} MapJoined
 * @typedef {MapJoined & { show: import("./map/show.js").Show }} MapParts
 */

// --- views -------------------------------------------------------------------------------------

/**
 * @typedef {{ name: string, label: string, words: string[], named: boolean,
 *             places: number[] | null }} ViewControl `places`: on the sliders of JupyterLab
 * @typedef {{ title: string, controls: ViewControl[], plays: string, offline: boolean,
 *             thinned: boolean, presets: { name: string, set: Record<string, number> }[]
 *          }} ViewPage `plays`: the control that the player moves, "" where there is none
 * @typedef {{ label: string, range: [number, number], log: boolean,
 *             ticks: [number, string][] | null }} SceneAxis
 * @typedef {{ name: string, colour: string, dash: number[], marker: string, x: Numbers,
 *             median: Numbers, low: Numbers | null, high: Numbers | null, theory: Numbers | null,
 *             dot: number | null, ring: number | null }} SceneLine
 * @typedef {{ name: string, y: Numbers, band: [number, number], at: number, bold: boolean,
 *             verdict: string, value: string, perfect: string }} Verdict
 * @typedef {{ kind: "cloud" | "sheet" | "plot" | "table" | "png", title: string, colour: string,
 *             note?: string, real: Numbers, rows: Numbers, line?: Numbers, rings?: Numbers,
 *             crosses?: Numbers, images: Numbers, labels: string[] | null, x: SceneAxis,
 *             y: SceneAxis, lines: SceneLine[], at?: number | null, level?: number,
 *             cross?: [number, number, string], bytes: any }} ScenePanel of scenes.panels
 * @typedef {{ key: string, text: string, left: ScenePanel[], right: ScenePanel[],
 *             refused?: string }} Scene `refused`: why there is none
 * @typedef {ReturnType<typeof import("./view/elements.js").build>} ViewUi
 * @typedef {{ page: ViewPage, ui: ViewUi, session: import("./view/session.js").Session,
 *             player: import("./view/player.js").Player,
 *             life: import("./shared/life.js").Life }} ViewJoined
 * @typedef {ViewJoined & { show: import("./view/show.js").Show }} ViewParts
 */
