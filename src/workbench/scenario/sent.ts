import type { StreamRecord } from "../../stream/record.ts";
import { eventJson } from "./event.ts";
import type { Repeat, Scenario, Step } from "./scenario.ts";

/** A step's record, the nth time. */
export interface Sent {
  readonly n: number;
  readonly record: StreamRecord;
}

/** All that a test sends: each step as often as it is repeated, then the next. */
export function sentBy({ steps, repeat }: Scenario): Sent[] {
  const times = repeat?.times ?? 1;
  return steps.flatMap((step, index) =>
    Array.from({ length: times }, (_, zeroBased) => {
      const n = zeroBased + 1;
      const record = { id: `test:${index + 1}.${n}`, arrival: step.at, bytes: Buffer.from(textOf(step, repeat, n)) };
      return { n, record };
    }),
  );
}

function textOf({ send }: Step, repeat: Repeat | undefined, n: number): string {
  if (send.kind === "text") return numbered(send.text, repeat, n);
  const changes = (repeat?.vary ?? []).map(
    ({ field, values }) => [field, typeof values === "string" ? numbered(values, repeat, n) : values[n - 1]] as const,
  );
  return eventJson(send.entries, changes);
}

/** A template's text the nth time. */
export function numbered(text: string, repeat: Repeat | undefined, n: number): string {
  return repeat === undefined ? text : text.replaceAll("{{n}}", String(n));
}
