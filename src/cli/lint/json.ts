import type { Check } from "../../rule/advice/check.ts";
import type { RuleHistory } from "./history.ts";
import { typeName } from "./text.ts";
import { totalsOf } from "./totals.ts";

/** Everything lint found, as docs/lint.md describes it: keys may be added to it, and none taken away. */
export function jsonReport(checks: readonly Check[], histories?: ReadonlyMap<string, RuleHistory>) {
  const [rules, exceptions] = [
    checks.filter(({ of }) => of === "rule"),
    checks.filter(({ of }) => of === "exceptions"),
  ];
  return {
    rules: rules.map(({ path, ruleId = null, name = null, status, problems, advice, prefilterGap = null }) => ({
      path,
      rule_id: ruleId,
      name,
      status,
      problems: problems.map(problemOf),
      reads: (advice?.fields ?? []).map(({ name: field, mapping, absentAtEdge = null }) => ({
        name: field,
        type: typeName(mapping),
        absent: absentAtEdge,
      })),
      patterns: (advice?.patterns ?? []).map(({ name: pattern, mapped }) => ({ name: pattern, mapped })),
      pipelines: advice?.pipelines ?? [],
      limits: advice?.limits ?? [],
      prefilter_off: prefilterGap,
      ...historyOf(histories?.get(path)),
    })),
    exceptions: exceptions.map(({ path, status, problems }) => ({ path, status, problems: problems.map(problemOf) })),
    totals: totalsOf(checks),
  };
}

/** Of a rule whose stage was asked. */
function historyOf(told: RuleHistory | undefined) {
  if (told === undefined) return {};
  const { state, since, until, learnsMs } = told;
  const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  return { history: { state, since: time(since), until: time(until), learns: learnsMs !== undefined } };
}

function problemOf({ severity, code, message, line, column }: Check["problems"][number]) {
  return { severity, code, message, line, column };
}
