import { ALARM_TYPES, alarmsLook } from "./alarms.ts";
import { Unanswered } from "./answer.ts";
import { canaryLook } from "./canary.ts";
import { type Check, check, judged, type Look, wrong } from "./check.ts";
import type { Clients } from "./clients.ts";
import { keyLook } from "./key.ts";
import { learningLook } from "./learning.ts";
import { iteratorAgeLook, MAPPING_TYPE, mappingLook, readsStream } from "./mapping.ts";
import { pendingLook } from "./pending.ts";
import { queueLooks } from "./queue-depths.ts";
import { ruleSetLook } from "./rule-set.ts";
import { type Stack, stackOf } from "./stack.ts";
import { subscriptionLooks } from "./subscriptions.ts";
import { tableLooks } from "./table.ts";

/** How a deployed stack fares. */
export interface Status {
  readonly stack: string;
  /** None of the checks is wrong or unknown. */
  readonly isWell: boolean;
  readonly checks: readonly Check[];
  readonly outputs: Readonly<Record<string, string>>;
}

interface StatusOptions {
  readonly stackName: string;
  /** The local rules. */
  readonly rulesFolder: string;
  /** How long each check may take, ms. */
  readonly limitMs: number;
}

/**
 * Looks at all of a stack at once. What cannot be asked costs its own check.
 * @throws StackError where there is no such stack, or nobody to ask
 */
export async function statusOf(clients: Clients, { stackName, rulesFolder, limitMs }: StatusOptions): Promise<Status> {
  const stack = await stackOf(clients, stackName, limitMs);
  const looks = [
    stackLook(stack),
    ...resourceLooks(clients, stack),
    ...tableAndTopicLooks(clients, stack),
    ...queueLooks(clients, stack),
    ruleSetLook(stack.outputs.get("RuleSet"), rulesFolder),
    learningLook(clients, stack, { rulesFolder, limitMs }),
    canaryLook(clients, stackName),
  ];
  const checks = await Promise.all(looks.map((look) => check(look, limitMs)));
  return {
    stack: stackName,
    isWell: checks.every(({ state }) => state === "fine"),
    checks,
    outputs: Object.fromEntries(stack.outputs),
  };
}

const SETTLED = new Set([
  "CREATE_COMPLETE",
  "UPDATE_COMPLETE",
  "IMPORT_COMPLETE",
  "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
]);

function stackLook({ state, reason, changed }: Stack): Look {
  const says = `${state}${changed === undefined ? "" : `, deployed ${changed.toISOString()}`}`;
  const matter = state.includes("ROLLBACK") ? "the last deployment was taken back" : "it is not settled";
  return {
    name: "stack",
    ask: async () => judged(says, SETTLED.has(state) ? [] : [reason === undefined ? matter : `${matter}: ${reason}`]),
  };
}

/** What is known by the stack's resources alone. */
function resourceLooks(clients: Clients, { name, resources, outputs }: Stack): Look[] {
  const key = outputs.get("FindingsKeyArn");
  if (resources instanceof Unanswered) {
    const ask = async () => {
      throw resources;
    };
    const looks = ["mappings", "alarms"].map((each) => ({ name: each, ask }));
    return key === undefined ? [...looks, { name: "findings key", ask }] : [...looks, keyLook(clients, key)];
  }
  const mappings = resources.filter(({ type }) => type === MAPPING_TYPE);
  const ownKey = resources.find(({ logicalId }) => logicalId === "FindingsKey")?.physicalId;
  const keyId = key ?? ownKey;
  return [
    ...mappings.map((mapping) => mappingLook(clients, mapping)),
    ...(mappings.some(readsStream) ? [iteratorAgeLook(clients, name)] : []),
    alarmsLook(
      clients,
      resources.filter(({ type }) => ALARM_TYPES.has(type)),
    ),
    ...(keyId === undefined ? [] : [keyLook(clients, keyId)]),
  ];
}

function tableAndTopicLooks(clients: Clients, stack: Stack): Look[] {
  const table = stack.outputs.get("HistoryTableName");
  return [
    ...(table === undefined
      ? [missing("history table", "HistoryTableName")]
      : [...tableLooks(clients, table), pendingLook(clients, table)]),
    ...(stack.outputs.has("FindingsTopicArn") ? [] : [missing("findings topic", "FindingsTopicArn")]),
    ...subscriptionLooks(clients, stack),
  ];
}

/** Every stage has it: its stack is not all there. */
function missing(name: string, output: string): Look {
  return { name, ask: async () => wrong(`the stack has no output ${output}`) };
}
