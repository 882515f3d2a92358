import { readFileSync } from "node:fs";
import type { EcsEvent, JsonObject } from "../../src/ecs/json.ts";
import { openFinding, sealFinding } from "../../src/finding/seal.ts";
import { connectionEvent, IMDS } from "../../src/local/sample-events.ts";
import { type Published, readPublished } from "../../src/render/published.ts";
import { loadRule } from "../../src/rule/load.ts";
import { SHIPPED_RULE } from "../support/rules.ts";

const AT = "2026-11-24T04:00:52.656Z";
const ACCOUNT = {
  account: { id: "111122223333" },
  instance: { id: "i-0123456789abcdef0" },
  provider: "aws",
  region: "eu-west-1",
};

/** The body of a finding of the shipped rule: credentials asked for with curl, by a web server's user. */
export function sampleBody(over: JsonObject = {}, host = "h-linux-15", executable = "/usr/bin/curl"): string {
  const detector = loadRule(SHIPPED_RULE, readFileSync(SHIPPED_RULE, "utf8"));
  const process = {
    name: executable.split("/").at(-1) ?? "",
    executable,
    commandLine: "curl http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    user: "www-data",
    parent: "/bin/bash",
  };
  const about = { id: host, name: `${host.replace("h-", "")}.example`, os: "linux" } as const;
  const event = connectionEvent({ host: about, process, address: IMDS, port: 80, id: "e-1", at: AT });
  const full: EcsEvent = { ...event, cloud: ACCOUNT };
  const [terms] = detector.combinations(full).list;
  if (terms === undefined) throw new Error("the sample has no terms");
  const arrival = Date.parse(AT) + 255;
  const sealed = sealFinding({
    type: "finding",
    rule: detector.rule,
    event: full,
    terms,
    findingId: idOf(`${host} ${executable}`),
    triggerId: "e-1",
    firstSeen: arrival,
    previousSeen: undefined,
    arrival,
    now: arrival + 190,
  });
  return JSON.stringify({ ...(JSON.parse(openFinding(sealed)) as JsonObject), ...over });
}

export function sample(over: JsonObject = {}, host?: string, executable?: string): Published {
  return readPublished(sampleBody(over, host, executable));
}

/** 32 digits that are the same for the same text. */
function idOf(text: string): string {
  return Buffer.from(text).toString("hex").padEnd(32, "0").slice(-32);
}
