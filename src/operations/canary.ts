import { ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { sinceText } from "./age.ts";
import { answered } from "./answer.ts";
import { fine, judged, type Look, wrong } from "./check.ts";
import type { Clients } from "./clients.ts";
import { pointsOf } from "./metrics.ts";

const LOOKED_AT_MS = 3 * 3_600_000;
const LATE_MS = 15 * 60_000;

/** When the last finding of the canary was published, where the stage has one. */
export function canaryLook(clients: Clients, stackName: string): Look {
  return {
    name: "canary",
    async ask(signal) {
      const command = new ListMetricsCommand({ Namespace: "firstsight", MetricName: "canary" });
      const listed = await answered(
        "cloudwatch:ListMetrics",
        clients.cloudWatch.send(command, { abortSignal: signal }),
      );
      const metrics = (listed.Metrics ?? [])
        .map(({ Dimensions = [] }) => Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value ?? ""])))
        .filter((dimensions) => dimensions["function"]?.startsWith(`${stackName}-`))
        .map((dimensions) => ({ namespace: "firstsight", name: "canary", dimensions, statistic: "Sum" }) as const);
      if (metrics.length === 0) return fine("none");
      const now = Date.now();
      const span = { from: new Date(now - LOOKED_AT_MS), to: new Date(now), period: 60 };
      const times = (await pointsOf(clients, metrics, span, signal))
        .flat()
        .filter(({ value }) => value > 0)
        .map(({ at }) => at.getTime());
      if (times.length === 0) return wrong("no finding of it in three hours: nothing may reach the topic");
      const last = Math.max(...times);
      return judged(
        `last finding ${sinceText(new Date(last), now)}`,
        now - last > LATE_MS ? ["it should be one each five minutes"] : [],
      );
    },
  };
}
