// Tables that are dropped on a page: as Python reads them where it does, else in words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf } from "../../../madkit/live/js/explorer/dialect.js";
import { pointsIn, tableOf } from "../../../madkit/live/js/explorer/table.js";
import { golden } from "./golden.mjs";

const turn = () => Promise.resolve();
const rowsOf = (rows, first = "x,y") => [first, ...rows.map((row) => row.join(","))].join("\n");
const many = (count) => Array.from({ length: count }, (_, i) => [i % 7, (i * i) % 11]);

async function taken(text, columns) {
  const table = tableOf(text);
  return { table, ...await pointsIn(table, columns ?? table.chosen, turn) };
}

test("what Python reads, the page reads", async () => {
  for (const { text, names, points } of golden("tables")) {
    const { table, points: here } = await taken(text);
    assert.deepEqual(table.chosen.map((j) => table.names[j]), names, text);
    assert.equal(here.length, points.length, text);
    here.flat().forEach((v, i) =>
      assert.ok(Math.abs(v - points.flat()[i]) < 0.0051, `${text}: ${v}`));
  }
});

test("what Python refuses, the page leaves out, and says how many", async () => {
  const { rows, left, table } = await taken("a,b\n1,2\n2,x\n3,inf\n4\n5,5\n6,1\n7,2\n8,9\n");
  assert.deepEqual([rows, left, table.names], [8, 3, ["a", "b"]]);
  assert.deepEqual((await taken("1,2\n2,2\n3,1\n4,4\n5,5")).table.names, ["1", "2"]);
  assert.deepEqual((await taken('"a\nb",c\n1,2\n2,2\n3,1\n"4",4\n5,5')).table.names, ["a\nb", "c"]);
  const id = await taken(rowsOf(many(20).map((row, i) => [i + 1, ...row]), "id,x,y"));
  assert.deepEqual([id.table.chosen, id.table.numeric], [[1, 2], [0, 1, 2]]);
});

test("of many rows some are taken, at random, and the same each time", async () => {
  const text = rowsOf(many(5000)), [a, b] = [await taken(text), await taken(text)];
  assert.deepEqual([a.points.length, a.rows], [2000, 5000]);
  assert.deepEqual(a.points, b.points);
  assert.notDeepEqual(a.points, (await taken(rowsOf(many(2000)))).points);
  const far = await taken(rowsOf([...many(100), [1e6, 1]]));
  assert.deepEqual([far.beyond, Math.max(...far.points.flat())], [1, 4]);
});

test("codes are seen", async () => {
  const utf16 = (text) => Buffer.from(text, "utf16le");
  const read = (bytes) => textOf(new Blob([bytes]), turn);
  for (const bytes of [Buffer.from("\ufeffx,y"), utf16("\ufeffx,y"), utf16("x,y"),
                       utf16("\ufeffx,y").swap16()])
    assert.equal(await read(bytes), "x,y");
  assert.equal(await read(Buffer.from("größe,y", "latin1")), "größe,y");
  await assert.rejects(read(Buffer.from([0x89, 80, 78, 71, 13])), /the file is a picture/);
});

test("nonsense is refused in words", async () => {
  const refused = { "": /nothing in it/, " \n\n": /nothing/, "x,y\n": /no rows below/,
    "the,cat\nsat,on": /it has none/, "x\n1\n2": /it has one, “x”/, "a\0b": /no table of text/,
    "x,y\n1,2\n2,3\n3,1": /at least 5 rows with both numbers are needed, it has 3/,
    [rowsOf(many(9).map(([x]) => [x, 7]))]: /“y” has one value in all rows/,
    [rowsOf(many(9).map(([x, y]) => [x * 1e200, y]))]: /“x” has numbers too large/,
    [`x,y\n1,2\n"${"a".repeat(1e5)}`]: /quote/ };
  for (const [text, why] of Object.entries(refused)) await assert.rejects(taken(text), why);
});
