import type { Check } from "../../rule/advice/check.ts";
import { typeName } from "./text.ts";
import { totalsOf } from "./totals.ts";

/** Everything lint found, as docs/lint.md describes it: keys may be added to it, and none taken away. */
export function jsonReport(checks: readonly Check[]) {
  return {
    rules: checks.map(({ path, ruleId = null, name = null, status, problems, advice, prefilterGap = null }) => ({
      path,
      rule_id: ruleId,
      name,
      status,
      problems: problems.map(({ severity, code, message, line, column }) => ({
        severity,
        code,
        message,
        line,
        column,
      })),
      reads: (advice?.fields ?? []).map(({ name: field, mapping, absentAtEdge = null }) => ({
        name: field,
        type: typeName(mapping),
        absent: absentAtEdge,
      })),
      patterns: (advice?.patterns ?? []).map(({ name: pattern, mapped }) => ({ name: pattern, mapped })),
      pipelines: advice?.pipelines ?? [],
      limits: advice?.limits ?? [],
      prefilter_off: prefilterGap,
    })),
    totals: totalsOf(checks),
  };
}
