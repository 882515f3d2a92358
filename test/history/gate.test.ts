import assert from "node:assert/strict";
import { test } from "node:test";
import { gate } from "../../src/history/gate.ts";

test("no more is under way than there is room for, and all of it begins in order", async () => {
  const pass = gate(3);
  const begun: number[] = [];
  let inside = 0;
  let most = 0;
  const work = async (index: number): Promise<number> => {
    begun.push(index);
    most = Math.max(most, ++inside);
    for (let tick = 0; tick < (index * 7) % 5; tick++) await new Promise((resolve) => setImmediate(resolve));
    inside--;
    return index;
  };
  const all = Array.from({ length: 50 }, (_, index) => index);
  assert.deepEqual(await Promise.all(all.map((index) => pass(() => work(index)))), all);
  assert.deepEqual(begun, all);
  assert.equal(most, 3);
});

test("what fails gives its place back", async () => {
  const pass = gate(1);
  await assert.rejects(
    pass(() => Promise.reject(new Error("no"))),
    /no/,
  );
  assert.equal(await pass(async () => "yes"), "yes");
});
