import { readFileSync } from "node:fs";
import { type Published, readPublished } from "../../src/render/published.ts";

/** A finding of the shipped rule, as it was published: a web server's user asks for credentials with curl. */
export const SAMPLE_BODY = readFileSync("events/finding.ndjson", "utf8").trim();

export const SAMPLE: Published = readPublished(SAMPLE_BODY);
