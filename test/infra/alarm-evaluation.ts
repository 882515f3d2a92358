import type { Json, JsonObject } from "../../src/deploy/cloudformation.ts";

/** A value as it was put in CloudWatch. */
export interface Datum {
  /** Namespace, name and dimensions: what metricKey makes of them. */
  readonly metric: string;
  /** Epoch ms. */
  readonly at: number;
  readonly value: number;
}

type AlarmState = "OK" | "ALARM";

/** Two metrics are one where namespace, name and every dimension are the same to the letter, in whatever order. */
export function metricKey(namespace: string, name: string, dimensions: Readonly<Record<string, string>>): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

interface Emf {
  readonly Timestamp: number;
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string;
    readonly Dimensions: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string }[];
  }[];
}

/**
 * What CloudWatch makes of a line of the embedded metric format, for each set of dimensions.
 * @param at when it is said to have been written, epoch ms
 * @throws Error where a metric or a dimension that is declared is not there, or is of the wrong type: no metric is made then
 */
export function emfData(line: Readonly<Record<string, unknown>>, at: number): Datum[] {
  const emf = line["_aws"] as Emf | undefined;
  if (emf === undefined || !Number.isFinite(emf.Timestamp)) throw new Error("a line without _aws and Timestamp");
  return emf.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => {
      const dimensions = Object.fromEntries(
        names.map((name): [string, string] => {
          const value = line[name];
          if (typeof value !== "string" || value === "") throw new Error(`dimension ${name} is ${String(value)}`);
          return [name, value];
        }),
      );
      return Metrics.map(({ Name }): Datum => {
        const value = line[Name];
        if (typeof value !== "number") throw new Error(`metric ${Name} is ${String(value)}`);
        return { metric: metricKey(Namespace, Name, dimensions), at, value };
      });
    }),
  );
}

/** Values of one metric by period, oldest first; undefined where there is none. */
type Series = readonly (number | undefined)[];

/** Periods that CloudWatch looks at beyond those that are evaluated, for data that comes late. */
const MORE_PERIODS = 2;

/**
 * The state of an alarm at a time. What is not yet old enough to have a period of its own counts for nothing.
 * @param alarm the properties of an AWS::CloudWatch::Alarm, with all names put in
 * @throws Error for what of alarms is not done here
 */
export function alarmState(alarm: JsonObject, data: ReadonlyMap<string, readonly Datum[]>, now: number): AlarmState {
  const evaluation = Number(alarm["EvaluationPeriods"]);
  const needed = Number(alarm["DatapointsToAlarm"] ?? evaluation);
  const series = seriesOf(alarm, data, now, evaluation + MORE_PERIODS);
  const threshold = Number(alarm["Threshold"]);
  const isBreaching = comparison(String(alarm["ComparisonOperator"]));
  // The newest that are there, also beyond the evaluated periods; only what they lack is missing.
  const points = series.filter((value) => value !== undefined).slice(-evaluation);
  const missing = evaluation - points.length;
  const breaching = points.filter((value) => isBreaching(value, threshold)).length;
  switch (alarm["TreatMissingData"]) {
    case "breaching":
      return breaching + missing >= needed ? "ALARM" : "OK";
    case "notBreaching":
      return breaching >= needed ? "ALARM" : "OK";
    default:
      throw new Error(`TreatMissingData ${String(alarm["TreatMissingData"])}`);
  }
}

function comparison(operator: string): (value: number, threshold: number) => boolean {
  switch (operator) {
    case "GreaterThanThreshold":
      return (value, threshold) => value > threshold;
    case "LessThanThreshold":
      return (value, threshold) => value < threshold;
    case "LessThanOrEqualToThreshold":
      return (value, threshold) => value <= threshold;
    default:
      throw new Error(`ComparisonOperator ${operator}`);
  }
}

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: { readonly Metric: JsonObject; readonly Period: number; readonly Stat: string };
}

function seriesOf(
  alarm: JsonObject,
  data: ReadonlyMap<string, readonly Datum[]>,
  now: number,
  periods: number,
): Series {
  if (alarm["Metrics"] === undefined) {
    const stat = String(alarm["Statistic"] ?? alarm["ExtendedStatistic"]);
    return statistics(metricOf(alarm), stat, Number(alarm["Period"]), data, now, periods);
  }
  const queries = alarm["Metrics"] as unknown as readonly Query[];
  const watched = queries.filter(({ ReturnData = true }) => ReturnData);
  const [{ Expression } = {}] = watched;
  if (watched.length !== 1 || Expression === undefined) throw new Error("an alarm watches one expression");
  const stats = queries.flatMap(({ MetricStat }) => MetricStat ?? []);
  const [period = 0, ...others] = new Set(stats.map(({ Period }) => Number(Period)));
  if (others.length > 0) throw new Error("the metrics of an expression have one period");
  const byId = new Map(
    queries.flatMap(({ Id, MetricStat }) =>
      MetricStat === undefined
        ? []
        : [[Id, statistics(metricOf(MetricStat.Metric), MetricStat.Stat, period, data, now, periods)] as const],
    ),
  );
  const times = Array.from({ length: periods }, (_, index) => (now - (periods - index) * period * 1000) / 1000);
  return mathOf(Expression, byId, times);
}

function metricOf({ Namespace, MetricName, Dimensions }: JsonObject): string {
  const list = (Dimensions ?? []) as readonly { readonly Name: string; readonly Value: string }[];
  for (const { Name, Value } of list) {
    if (typeof Value !== "string") throw new Error(`dimension ${Name} is ${JSON.stringify(Value)}`);
  }
  return metricKey(
    String(Namespace),
    String(MetricName),
    Object.fromEntries(list.map(({ Name, Value }) => [Name, Value])),
  );
}

function statistics(
  metric: string,
  stat: string,
  periodSeconds: number,
  data: ReadonlyMap<string, readonly Datum[]>,
  now: number,
  periods: number,
): Series {
  const period = periodSeconds * 1000;
  const values: number[][] = Array.from({ length: periods }, () => []);
  for (const { at, value } of data.get(metric) ?? []) {
    const ago = Math.ceil((now - at) / period);
    if (at < now && ago >= 1 && ago <= periods) values[periods - ago]?.push(value);
  }
  return values.map((list) => (list.length === 0 ? undefined : statistic(stat, list)));
}

function statistic(stat: string, values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  switch (stat) {
    case "Sum":
      return sum;
    case "Average":
      return sum / values.length;
    case "Maximum":
      return values.reduce((most, value) => Math.max(most, value));
    case "Minimum":
      return values.reduce((least, value) => Math.min(least, value));
    case "p99":
      return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.NaN;
    default:
      throw new Error(`statistic ${stat}`);
  }
}

/** What metric math computes with: a value for each period, or one for all of them. */
type Operand = Series | number;

const TOKEN = /\s*(\d+(?:\.\d+)?|[A-Za-z]\w*|[<>=!]=|[-+*/<>(),])/y;
const OPERATORS: readonly (readonly string[])[] = [
  ["OR"],
  ["AND"],
  ["<", ">", "<=", ">=", "==", "!="],
  ["+", "-"],
  ["*", "/"],
];

/**
 * An expression of CloudWatch's metric math, as far as alarms here use it: arithmetic, comparison, AND, OR, and IF, FILL,
 * DIFF, EPOCH, and SUM, AVG, MIN and MAX of one metric. A period in which a value is missing has no result.
 * @param times beginning of each period, epoch s
 * @throws Error for an expression that is none, or is one of others
 */
export function mathOf(expression: string, metrics: ReadonlyMap<string, Series>, times: readonly number[]): Series {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(expression)?.[1];
    if (token === undefined) throw new Error(`${expression}: not understood at ${at}`);
    tokens.push(token);
  }
  let next = 0;
  const result = operation(0);
  if (next < tokens.length) throw new Error(`${expression}: ${tokens[next]} is too much`);
  if (typeof result === "number") throw new Error(`${expression}: a number, and no series`);
  return result;

  function take(wanted: string): void {
    if (tokens[next++] !== wanted) throw new Error(`${expression}: expected ${wanted}`);
  }

  function operation(level: number): Operand {
    const operators = OPERATORS[level];
    if (operators === undefined) return primary();
    let left = operation(level + 1);
    for (let token = tokens[next]; token !== undefined && operators.includes(token); token = tokens[next]) {
      next++;
      left = applied(token, left, operation(level + 1));
    }
    return left;
  }

  function primary(): Operand {
    const token = tokens[next++] ?? "";
    if (token === "(") {
      const inner = operation(0);
      take(")");
      return inner;
    }
    if (/^\d/.test(token)) return Number(token);
    if (tokens[next] !== "(") {
      const series = metrics.get(token);
      if (series === undefined) throw new Error(`${expression}: there is no metric ${token}`);
      return series;
    }
    next++;
    const operands = [operation(0)];
    while (tokens[next] === ",") {
      next++;
      operands.push(operation(0));
    }
    take(")");
    return called(token, operands);
  }

  function called(name: string, [first = 0, second, third]: readonly Operand[]): Operand {
    if (name === "IF" && second !== undefined && third !== undefined) {
      return each([first, second, third], ([condition, yes, no]) => (condition === 0 ? no : yes));
    }
    if (typeof first === "number") throw new Error(`${expression}: ${name} of a number`);
    const there = first.filter((value) => value !== undefined);
    switch (name) {
      case "EPOCH":
        return times;
      case "DIFF":
        return first.map((value, index) => {
          const before = first[index - 1];
          return value === undefined || before === undefined ? undefined : value - before;
        });
      case "FILL":
        if (typeof second !== "number") throw new Error(`${expression}: FILL with no number`);
        // Of a metric that has nothing at all in sight there is nothing to fill.
        return there.length === 0 ? first : first.map((value) => value ?? second);
      case "SUM":
        return statistic("Sum", there);
      case "AVG":
        return statistic("Average", there);
      case "MAX":
        return there.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
      case "MIN":
        return there.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
      default:
        throw new Error(`${expression}: no function ${name}`);
    }
  }
}

function applied(operator: string, left: Operand, right: Operand): Operand {
  return each([left, right], ([a = 0, b = 0]) => {
    switch (operator) {
      case "+":
        return a + b;
      case "-":
        return a - b;
      case "*":
        return a * b;
      case "/":
        return b === 0 ? undefined : a / b;
      case "<":
        return Number(a < b);
      case ">":
        return Number(a > b);
      case "<=":
        return Number(a <= b);
      case ">=":
        return Number(a >= b);
      case "==":
        return Number(a === b);
      case "!=":
        return Number(a !== b);
      case "AND":
        return Number(a !== 0 && b !== 0);
      default:
        return Number(a !== 0 || b !== 0);
    }
  });
}

/** Period by period; in one in which an operand is missing there is nothing. */
function each(operands: readonly Operand[], compute: (values: readonly number[]) => number | undefined): Operand {
  const length = operands.find((operand) => typeof operand !== "number")?.length;
  if (length === undefined) return compute(operands as readonly number[]) ?? Number.NaN;
  return Array.from({ length }, (_, index) => {
    const values = operands.map((operand) => (typeof operand === "number" ? operand : operand[index]));
    return values.includes(undefined) ? undefined : compute(values as readonly number[]);
  });
}

/** Data by metric, for alarmState. */
export function byMetric(data: Iterable<Datum>): Map<string, Datum[]> {
  const found = new Map<string, Datum[]>();
  for (const datum of data) {
    const list = found.get(datum.metric);
    if (list === undefined) found.set(datum.metric, [datum]);
    else list.push(datum);
  }
  return found;
}

/** The metrics that an alarm reads: namespace, name and dimensions. */
export function metricsOf(alarm: JsonObject): { namespace: string; name: string; dimensions: Json }[] {
  const queries = (alarm["Metrics"] ?? [{ MetricStat: { Metric: alarm } }]) as unknown as readonly Query[];
  return queries.flatMap(({ MetricStat }) =>
    MetricStat === undefined
      ? []
      : [
          {
            namespace: String(MetricStat.Metric["Namespace"]),
            name: String(MetricStat.Metric["MetricName"]),
            dimensions: MetricStat.Metric["Dimensions"] ?? [],
          },
        ],
  );
}
