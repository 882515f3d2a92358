import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../src/local/sample-events.ts";
import { timeline } from "../../src/workbench/timeline.ts";

test("any number of things comes out in order of time and place, whether they fit into memory or not", async () => {
  for (const most of [10_000, 100, 7]) {
    const random = seeded(most);
    const waiting = timeline(most);
    const all = Array.from({ length: 1000 }, (_, index) => {
      const at = Math.floor(random() * 50);
      return { at, source: random() < 0.5 ? "a" : "b", line: index, text: `é\u2028"${index}` };
    });
    // Some at once, as the readers of several blocks do.
    for (let from = 0; from < all.length; from += 90) {
      await Promise.all(
        [0, 30, 60].map((step) => waiting.add(all.slice(from + step, Math.min(from + step + 30, from + 90)))),
      );
    }
    const ordered: unknown[] = [];
    for await (const each of waiting.ordered()) ordered.push(each);
    waiting.close();
    const expected = all.toSorted((a, b) => a.at - b.at || a.source.localeCompare(b.source) || a.line - b.line);
    assert.deepEqual(ordered, expected);
  }
});
