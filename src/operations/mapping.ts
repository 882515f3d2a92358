import { GetEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { ageText } from "./age.ts";
import { answered } from "./answer.ts";
import { fine, judged, type Look, wrong } from "./check.ts";
import type { Clients } from "./clients.ts";
import { type Point, pointsOf } from "./metrics.ts";
import type { Resource } from "./stack.ts";

export const MAPPING_TYPE = "AWS::Lambda::EventSourceMapping";

/** What osls puts behind a function's name, in the logical id of its mapping. */
const MAPPING = "EventSourceMapping";

/** Whether a function is handed what its source holds, and what became of the last time. */
export function mappingLook({ lambda }: Clients, { logicalId, physicalId }: Resource): Look {
  return {
    name: `mapping ${functionOf(logicalId)}`,
    async ask(abortSignal) {
      const command = new GetEventSourceMappingCommand({ UUID: physicalId });
      const answer = await answered("lambda:GetEventSourceMapping", lambda.send(command, { abortSignal }));
      const { State = "", StateTransitionReason: reason, LastProcessingResult: last } = answer;
      const says = `${State}, last result: ${last ?? "none yet"}`;
      const matters = State === "Enabled" ? [] : [`it hands over nothing (${reason ?? "no reason given"})`];
      return last?.startsWith("PROBLEM") === true ? wrong([says, ...matters].join("; ")) : judged(says, matters);
    },
  };
}

/** Of a mapping's logical id, as in `KinesisEventSourceMappingKinesisEventStream`. */
function functionOf(logicalId: string): string {
  const at = logicalId.indexOf(MAPPING);
  return (at > 0 ? logicalId.slice(0, at) : logicalId).toLowerCase();
}

export function readsStream({ logicalId, type }: Resource): boolean {
  return type === MAPPING_TYPE && logicalId.includes(`${MAPPING}Kinesis`);
}

const LOOKED_AT_MS = 15 * 60_000;
const LATE_MS = 5 * 60_000;

/** How old the records are that the kinesis function is handed. */
export function iteratorAgeLook(clients: Clients, stackName: string): Look {
  return {
    name: "iterator age",
    async ask(signal) {
      const points = await iteratorAges(clients, stackName, signal);
      const [newest] = points;
      if (newest === undefined) return fine(`no batch in ${ageText(LOOKED_AT_MS)}`);
      const says = `${ageText(newest.value)} behind, at most ${ageText(Math.max(...points.map(({ value }) => value)))} in ${ageText(LOOKED_AT_MS)}`;
      return judged(says, newest.value >= LATE_MS ? ["findings come late"] : []);
    },
  };
}

/**
 * How far behind the kinesis function was in the last quarter of an hour, ms, newest first; none where it was handed nothing.
 * @throws Unanswered
 */
export async function iteratorAges(
  clients: Clients,
  stackName: string,
  signal: AbortSignal,
): Promise<readonly Point[]> {
  const metric = {
    namespace: "AWS/Lambda",
    name: "IteratorAge",
    dimensions: { FunctionName: `${stackName}-kinesis` },
    statistic: "Maximum",
  } as const;
  const now = Date.now();
  const span = { from: new Date(now - LOOKED_AT_MS), to: new Date(now), period: 60 };
  const [points = []] = await pointsOf(clients, [metric], span, signal);
  return points;
}
