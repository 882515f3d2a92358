import type { FieldTypes, Mapping } from "../ecs/mapping.ts";
import { wildcardPattern } from "../ecs/pattern.ts";
import { isLoneStar, literalText } from "../kql/ast.ts";
import { parse } from "../kql/parse.ts";
import { type Clause, clausesOf } from "../kql/walk.ts";
import { readFilter } from "./filters.ts";
import type { Rule } from "./rule.ts";

/** Something in a rule that runs, and probably does not do what its author meant. */
export interface Warning {
  /** UTF-16 offset into the query; absent where the rule as a whole is meant. */
  readonly offset?: number;
  readonly message: string;
}

/** A field that a rule reads. */
export interface ReadField {
  readonly name: string;
  readonly mapping: Mapping;
  /** Why events straight from an agent do not have it, where they do not. */
  readonly absentAtEdge: string | undefined;
}

/** A pattern of names that a rule reads: it stands for these mapped fields, and for any other name that fits. */
export interface ReadPattern {
  readonly name: string;
  readonly mapped: readonly string[];
}

export interface Advice {
  readonly warnings: readonly Warning[];
  readonly fields: readonly ReadField[];
  readonly patterns: readonly ReadPattern[];
}

/** What a detection engineer should know of a rule that runs. */
export function advise(rule: Rule, types: FieldTypes): Advice {
  const clauses = clausesOf(parse(rule.query)).filter(({ field }) => !isLoneStar(field));
  const patterns = patternsOf(clauses, types);
  const names = new Set([
    ...clauses.filter(({ field }) => field.kind !== "wildcard").map(({ name }) => name),
    ...rule.filters.filter(({ meta }) => meta?.disabled !== true).map((filter) => readFilter(filter).field),
    ...rule.new_terms.value,
  ]);
  const fields = [...names].sort().map((name): ReadField => {
    return { name, mapping: types(name), absentAtEdge: absentAtEdge(name) };
  });
  return {
    warnings: [
      ...ruleWarnings(rule),
      ...fields
        .filter(({ mapping }) => mapping.dynamic === true)
        .map(({ name }) => ({
          message: `${name} is in no mapping known here: taken as a keyword, as dynamic mapping would`,
        })),
      ...fields
        .filter(({ mapping }) => mapping.type === "unmapped")
        .map(({ name }) => ({
          message: `${name} is in no mapping of the rule's indices: a clause on it never holds`,
        })),
      ...patterns
        .filter(({ mapped }) => mapped.length === 0)
        .map(({ name }) => ({
          message: `${name} stands for no field of a mapping known here: for any name of an event that fits, taken as dynamic mapping would`,
        })),
      ...clauses.flatMap((clause) => {
        const mapped = patterns.find(({ name }) => clause.field.kind === "wildcard" && name === clause.name)?.mapped;
        return clauseWarnings(clause, types(mapped?.[0] ?? clause.name), rule);
      }),
    ],
    fields,
    patterns,
  };
}

function patternsOf(clauses: readonly Clause[], types: FieldTypes): ReadPattern[] {
  const found = new Map<string, ReadPattern>();
  for (const { name, field } of clauses) {
    if (field.kind !== "wildcard" || found.has(name)) continue;
    const [first = "", ...rest] = field.segments;
    const path = name.slice(0, name.length - literalText(field).length);
    const mapped = Array.from(types.names()).filter(wildcardPattern([path + first, ...rest]));
    found.set(name, { name, mapped: mapped.sort() });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function ruleWarnings({ metadata, index }: Rule): Warning[] {
  const warnings: Warning[] = [];
  if (metadata.maturity === "deprecated") warnings.push({ message: "Elastic has deprecated this rule" });
  if (index?.every((pattern) => pattern.startsWith(".alerts-security"))) {
    warnings.push({ message: "it looks at Kibana's own alerts, which no event stream carries: it will find nothing" });
  }
  return warnings;
}

const KEYWORDS = new Set(["keyword", "wildcard", "constant_keyword"]);

function clauseWarnings({ name, value, isRange }: Clause, mapping: Mapping, rule: Rule): Warning[] {
  const { offset } = value;
  const text = literalText(value);
  const isKeyword = KEYWORDS.has(mapping.type);
  const messages: string[] = [];
  if (isLoneStar(value)) return [];
  if (text.includes("?") && isKeyword) {
    messages.push(`? is a character like any other in KQL: "${text}" matches a question mark only`);
  }
  const hasStar = value.kind === "wildcard" ? value.segments.some((part) => part.includes("*")) : text.includes("*");
  if (mapping.type === "constant_keyword" && hasStar) {
    messages.push(`* is a wildcard here, quoted and escaped as well, since ${name} is a constant_keyword`);
  } else if (value.kind === "quoted" && hasStar) {
    messages.push(`a quoted * is a star and not a wildcard: leave the quotes off "${text}" if any text was meant`);
  }
  if (/[\t\r\n]/.test(text)) {
    const shown = JSON.stringify(text);
    messages.push(
      value.kind === "quoted" && text.includes("\\")
        ? `\\t, \\r and \\n in quotes are a tab and line ends: write \\\\ for a backslash in ${shown}`
        : `the value goes over a line end or tab; an or may be missing in ${shown}`,
    );
  }
  if (value.kind === "unquoted" && typeof value.value === "boolean" && isKeyword) {
    messages.push(`${text} is the text "${text}" here, since ${name} is a ${mapping.type}`);
  }
  if (isRange && isKeyword) {
    messages.push(`${name} is a ${mapping.type}: the range goes by spelling, and "9" is over "10"`);
  }
  if (name === (rule.timestamp_override ?? "@timestamp")) {
    messages.push(`${name} is when events are taken to happen, which here is when they arrive`);
  }
  if (isKeyword && text.length > (mapping.ignoreAbove ?? Number.POSITIVE_INFINITY)) {
    messages.push(`the value is longer than ${name} indexes (${mapping.ignoreAbove}): it matches nothing`);
  }
  return messages.map((message) => ({ offset, message }));
}

/** Sources whose events become ECS only in an ingest pipeline of their integration. */
const PIPELINE_ROOTS = new Set([
  "aws",
  "azure",
  "fortinet",
  "gcp",
  "github",
  "google_workspace",
  "kubernetes",
  "o365",
  "okta",
]);

function absentAtEdge(name: string): string | undefined {
  const root = name.slice(0, Math.max(name.indexOf("."), 0));
  if (name.includes(".geo.") || name.includes(".as.")) return "added by GeoIP in an ingest pipeline";
  if (name === "event.ingested") return "set by an ingest pipeline; arrival stands for it";
  if (name.startsWith("kibana.alert.")) return "of Kibana's alerts";
  if (PIPELINE_ROOTS.has(root)) return `made of raw ${root} events by an ingest pipeline`;
  return undefined;
}
