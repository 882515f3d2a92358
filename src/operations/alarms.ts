import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { sinceText } from "./age.ts";
import { answered } from "./answer.ts";
import { type Look, type Seen, wrong } from "./check.ts";
import type { Clients } from "./clients.ts";
import type { Resource } from "./stack.ts";

export const ALARM_TYPES: ReadonlySet<string> = new Set(["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"]);

/** Names of one request: DescribeAlarms' limit. */
const TOGETHER = 100;

/** Which of the stack's alarms ring, and since when. */
export function alarmsLook(clients: Clients, alarms: readonly Resource[]): Look {
  return {
    name: "alarms",
    async ask(signal) {
      const names = alarms.map(({ physicalId }) => physicalId);
      const found = await alarmsOf(clients, names, signal);
      return seen(names, found, Date.now());
    },
  };
}

interface Alarm {
  readonly name: string;
  readonly state: string;
  /** Of its state. */
  readonly since: Date;
  readonly description: string;
  readonly isMuted: boolean;
}

function seen(names: readonly string[], found: readonly Alarm[], now: number): Seen {
  const ringing = found.filter(({ state }) => state === "ALARM");
  const muted = found.filter(({ isMuted }) => isMuted);
  const unsure = found.filter(({ state }) => state === "INSUFFICIENT_DATA");
  const isFound = new Set(found.map(({ name }) => name));
  const missing = names.filter((name) => !isFound.has(name));
  const more = [
    ...ringing.map(({ name, since, description }) => `${name} rings since ${sinceText(since, now)}: ${description}`),
    ...muted.map(({ name }) => `${name} is switched off: it calls nobody`),
    ...missing.map((name) => `${name} is not there any more`),
  ];
  const says = `${ringing.length} of ${names.length} ring${unsure.length > 0 ? `, ${unsure.length} have no data yet` : ""}`;
  if (names.length === 0) return wrong("there are none");
  return { state: more.length === 0 ? "fine" : "wrong", says, ...(more.length === 0 ? {} : { more }) };
}

async function alarmsOf({ cloudWatch }: Clients, names: readonly string[], abortSignal: AbortSignal): Promise<Alarm[]> {
  const alarms: Alarm[] = [];
  for (let from = 0; from < names.length; from += TOGETHER) {
    const command = new DescribeAlarmsCommand({
      AlarmNames: names.slice(from, from + TOGETHER),
      AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
      MaxRecords: TOGETHER,
    });
    const answer = await answered("cloudwatch:DescribeAlarms", cloudWatch.send(command, { abortSignal }));
    for (const alarm of [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])]) {
      alarms.push({
        name: alarm.AlarmName ?? "",
        state: alarm.StateValue ?? "",
        since: alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp ?? new Date(0),
        description: alarm.AlarmDescription?.split("\n")[0] ?? "",
        isMuted: alarm.ActionsEnabled === false,
      });
    }
  }
  return alarms;
}
