// What browsers have and the libraries of older TypeScript lack.

interface Array<T> {
  findLast(act: (value: T, index: number) => unknown): T | undefined;
  findLastIndex(act: (value: T, index: number) => unknown): number;
  toReversed(): T[];
}

interface Element {
  checkVisibility(): boolean;
}

interface CanvasRenderingContext2D {
  roundRect(x: number, y: number, w: number, h: number, radii?: number): void;
}

/** What a worker needs, where modules were joined: see madkit.live.join. */
declare const madkitThread: (() => object) | undefined;
