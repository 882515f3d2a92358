import type { FieldTypes } from "../../ecs/mapping.ts";
import { isLoneStar, type KqlNode } from "../../kql/ast.ts";
import { parse } from "../../kql/parse.ts";
import { clausesOf } from "../../kql/walk.ts";
import type { Rule } from "../rule.ts";
import { clauseWarnings } from "./clauses.ts";
import { fieldsRead, fieldWarnings, patternsRead, type ReadField, type ReadPattern } from "./fields.ts";
import { foreignWarnings } from "./lucene.ts";
import { pipelinesNeeded } from "./pipeline.ts";
import { type PrefilterGap, prefilterGap } from "./prefilter-gap.ts";
import { rawLimits } from "./raw-events.ts";
import { truthWarnings } from "./truth.ts";
import { valueWarnings } from "./values.ts";
import type { Warning } from "./warning.ts";

export interface Advice {
  readonly warnings: readonly Warning[];
  readonly fields: readonly ReadField[];
  readonly patterns: readonly ReadPattern[];
  /** The pipelines that events must have been through, where they must. */
  readonly pipelines: readonly string[];
  /** Why it finds nothing in raw events, or only in some that are not logged by default. */
  readonly limits: readonly string[];
  /** Why no record can be passed over unparsed, where none can. */
  readonly prefilterGap: PrefilterGap | undefined;
}

/** What a detection engineer should know of a rule that runs. */
export function advise(rule: Rule, types: FieldTypes): Advice {
  const query = parse(rule.query);
  const clauses = clausesOf(query).filter(({ field }) => !isLoneStar(field));
  const patterns = patternsRead(clauses, types);
  const fields = fieldsRead(rule, clauses, types);
  const mappedOf = new Map(patterns.map(({ name, mapped }) => [name, mapped]));
  const ofQuery = queryWarnings(query);
  // A field that is Lucene's syntax is no misspelt one.
  const foreign = new Set(ofQuery.filter(({ code }) => code === "lucene-syntax").map(({ at }) => at));
  return {
    warnings: [
      ...ruleWarnings(rule),
      ...fieldWarnings(rule, clauses, types, fields, patterns).filter(({ at }) => !foreign.has(at)),
      ...clauses.flatMap((clause) => {
        const mapped = clause.field.kind === "wildcard" ? mappedOf.get(clause.name) : undefined;
        return clauseWarnings(clause, types(mapped?.[0] ?? clause.name), rule);
      }),
      ...ofQuery,
      ...truthWarnings(rule, query, types),
    ],
    fields,
    patterns,
    pipelines: pipelinesNeeded(rule, query, types),
    limits: rawLimits(rule, query, types),
    prefilterGap: prefilterGap(query, types),
  };
}

/** What can be said of a query whose rule does not run: it may be the reason. */
export function queryWarnings(query: KqlNode): Warning[] {
  const clauses = clausesOf(query);
  return [...clauses.flatMap(foreignWarnings), ...valueWarnings(clauses)];
}

function ruleWarnings({ metadata, index }: Rule): Warning[] {
  const warnings: Warning[] = [];
  if (metadata.maturity === "deprecated") {
    warnings.push({ code: "deprecated", at: ["metadata", "maturity"], message: "Elastic has deprecated this rule" });
  }
  if (index?.every((pattern) => pattern.startsWith(".alerts-security"))) {
    warnings.push({
      code: "kibana-alerts",
      at: ["rule", "index"],
      message: "it looks at Kibana's own alerts, which no event stream carries: it will find nothing",
    });
  }
  return warnings;
}
