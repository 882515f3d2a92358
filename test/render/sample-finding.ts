import { readFileSync } from "node:fs";
import { closingBody } from "../../src/finding/closing.ts";
import { memberOf } from "../../src/history/suppression.ts";
import { type Published, readPublished } from "../../src/render/published.ts";

/** A finding of the shipped rule, as it was published: a web server's user asks for credentials with curl. */
export const SAMPLE_BODY = readFileSync("events/finding.ndjson", "utf8").trim();

export const SAMPLE: Published = readPublished(SAMPLE_BODY);

const SEEN = Date.parse("2026-11-24T04:00:52.911Z");
const HOST = "h-linux-15";
const HOUR = 3_600_000;

/** The finding, where its rule counts together by host. */
const OPENER = {
  ...SAMPLE,
  "kibana.alert.suppression.terms": [{ field: "host.id", value: [HOST] }],
  "kibana.alert.suppression.start": new Date(SEEN).toISOString(),
};

/** The message that closes a window of an hour, in which so much was held back. */
export function closingMessage(held: readonly { readonly executable: string; readonly after: number }[]): string {
  const members = held.map(({ executable, after }, index) =>
    memberOf((index + 1).toString(16).padStart(32, "0"), SEEN + after, [HOST, executable]),
  );
  return closingBody(JSON.stringify(OPENER), "5".repeat(32), {
    opener: String(SAMPLE["kibana.alert.uuid"]),
    end: SEEN + HOUR,
    members,
  });
}

/** What came after the sample's finding: the same user fetches a file, and what was fetched asks for itself. */
export const CLOSING_BODY = closingMessage([
  { executable: "/usr/bin/wget", after: 95_000 },
  { executable: "/usr/bin/python3.12", after: 610_000 },
  { executable: "/tmp/.x/agent", after: 1_874_000 },
]);

export const CLOSING: Published = readPublished(CLOSING_BODY);
