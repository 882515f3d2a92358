import type { Transform } from "node:stream";
import type { TestEvent } from "node:test/reporters";
import { spec } from "node:test/reporters";

/** The runner's own report, and under it one line that says how it went: `N passed, N failed`. */
export default async function* reporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const report = new spec() as Transform;
  const feed = (async () => {
    for await (const event of source) {
      if (event.type === "test:pass" || event.type === "test:fail") count(event, counts);
      report.write(event);
    }
    report.end();
  })();
  for await (const chunk of report) yield String(chunk);
  await feed;
  const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
  yield `\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`;
}

type Counts = { passed: number; failed: number; skipped: number };

function count(event: Extract<TestEvent, { type: "test:pass" | "test:fail" }>, counts: Counts): void {
  const { details, skip } = event.data;
  // A suite is the sum of its tests, unless it failed by itself.
  if (details.type === "suite" && event.type === "test:pass") return;
  if (skip !== undefined && skip !== false) counts.skipped++;
  else if (event.type === "test:pass") counts.passed++;
  else counts.failed++;
}
