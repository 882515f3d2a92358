import { GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { answered } from "./answer.ts";
import type { Clients } from "./clients.ts";

/** A metric as CloudWatch keeps it. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: "Sum" | "Maximum";
}

export interface Span {
  readonly from: Date;
  readonly to: Date;
  /** s, a multiple of 60. */
  readonly period: number;
}

export interface Point {
  /** Where its period begins. */
  readonly at: Date;
  readonly value: number;
}

/** Metrics of one request: GetMetricData's limit. */
const TOGETHER = 500;

/**
 * Points of metrics, newest first, in the order of the metrics. A metric that was never written has none.
 * @param abortSignal bounds it all
 * @throws Unanswered
 */
export async function pointsOf(
  { cloudWatch }: Clients,
  metrics: readonly Metric[],
  { from, to, period }: Span,
  abortSignal: AbortSignal,
): Promise<readonly (readonly Point[])[]> {
  const points: Point[][] = metrics.map(() => []);
  for (let first = 0; first < metrics.length; first += TOGETHER) {
    const MetricDataQueries = metrics.slice(first, first + TOGETHER).map((metric, index) => ({
      Id: `m${first + index}`,
      MetricStat: {
        Metric: { Namespace: metric.namespace, MetricName: metric.name, Dimensions: dimensionsOf(metric) },
        Period: period,
        Stat: metric.statistic,
      },
    }));
    let NextToken: string | undefined;
    do {
      const input = { StartTime: from, EndTime: to, MetricDataQueries, ScanBy: "TimestampDescending" } as const;
      const command = new GetMetricDataCommand(NextToken === undefined ? input : { ...input, NextToken });
      const answer = await answered("cloudwatch:GetMetricData", cloudWatch.send(command, { abortSignal }));
      for (const { Id = "", Timestamps = [], Values = [] } of answer.MetricDataResults ?? []) {
        const own = points[Number(Id.slice(1))];
        for (const [index, at] of Timestamps.entries()) own?.push({ at, value: Values[index] ?? 0 });
      }
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
  }
  return points;
}

function dimensionsOf({ dimensions }: Metric): { readonly Name: string; readonly Value: string }[] {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
}
