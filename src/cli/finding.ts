import type { JsonObject } from "../ecs/json.ts";
import type { Detector } from "../rule/detector.ts";
import { InputError } from "../workbench/input/input-error.ts";
import { eventIn, oneEvent } from "../workbench/one-event.ts";
import { UsageError } from "./verb.ts";

/**
 * A finding as it was published, or the SNS message that it came in.
 * @param path a file, or `-`
 * @throws InputError where it is none
 */
export async function findingIn(path: string): Promise<JsonObject> {
  const read = await eventIn(path);
  if (read.kind === "unreadable") throw new InputError(`${path}: ${read.reason}`);
  const { Message: message } = read.event;
  const inner = typeof message === "string" ? oneEvent(Buffer.from(message)) : read;
  if (inner.kind === "unreadable") throw new InputError(`${path}: its Message: ${inner.reason}`);
  if (ruleIdOf(inner.event) === undefined)
    throw new InputError(`${path}: no finding: it has no kibana.alert.rule.rule_id`);
  return inner.event;
}

/** The rule that made a finding. @throws UsageError where it is none of these */
export function ruleOf(finding: JsonObject, detectors: readonly Detector[]): Detector {
  const id = ruleIdOf(finding);
  const detector = detectors.find(({ rule }) => rule.rule_id === id);
  if (detector === undefined)
    throw new UsageError(`the finding's rule, ${id}, is none of these; --rules says where it is`);
  return detector;
}

function ruleIdOf(finding: JsonObject): string | undefined {
  const id = finding["kibana.alert.rule.rule_id"];
  return typeof id === "string" ? id : undefined;
}
