import type { KqlNode, Literal } from "../../kql/ast.ts";
import { parse } from "../../kql/parse.ts";
import { type Detector, typesFor } from "../detector.ts";
import type { Exception } from "../exceptions/compile.ts";
import type { ExceptionsFile } from "../exceptions/file.ts";
import type { Exceptions } from "../exceptions/folder.ts";
import { type ExceptionItem, listKey } from "../exceptions/item.ts";
import type { Entry } from "../exceptions/schema.ts";
import type { Place } from "../places.ts";
import type { Rule } from "../rule.ts";
import { nearest } from "../spelling.ts";
import { truthWarnings } from "./truth.ts";
import type { WarningCode } from "./warning.ts";

/** Something about an exception that its author should know, and where in its file. */
export interface ExceptionWarning extends Place {
  readonly code: WarningCode;
  readonly message: string;
}

interface Surroundings {
  /** Rules that run with the exceptions. */
  readonly detectors: readonly Detector[];
  /** The rules beside the exceptions, whether they run or not. */
  readonly rules: readonly Pick<Rule, "rule_id" | "exceptions_list">[];
  /** Epoch ms. */
  readonly now: number;
}

/** What is to be said of the exceptions of a file that can be applied. */
export function exceptionWarnings(
  { items, byRule, rulePlaces }: ExceptionsFile,
  exceptions: Exceptions,
  { detectors, rules, now }: Surroundings,
): ExceptionWarning[] {
  const used = new Set(rules.flatMap((rule) => exceptions.itemsOf(rule).items));
  const known = new Set(rules.map(({ rule_id }) => rule_id));
  const strangers = [...byRule.keys()].filter((id) => !known.has(id));
  return [
    ...strangers.map((id) => ({
      ...{ code: "exception-unused" as const, line: 1, column: 1, ...rulePlaces.get(id) },
      message: `no rule here has the rule_id ${id}`,
    })),
    ...items.flatMap((item) => {
      const applied = detectors.flatMap((detector) =>
        detector.exceptions
          .filter((exception) => exception.item === item)
          .map((exception) => ({ detector, exception })),
      );
      return [
        ...keeping(item, now),
        ...(used.has(item) || strangers.length > 0 ? [] : [unused(item)]),
        ...applied.slice(0, 1).flatMap(({ detector: { rule }, exception }) => unknownFields(exception, rule)),
        ...applied.flatMap(({ detector: { rule }, exception }) => everything(rule, exception, now)),
      ];
    }),
  ];
}

/** What an exception needs so that somebody takes it away again. */
function keeping(item: ExceptionItem, now: number): ExceptionWarning[] {
  const { name, expireTime, owner, reason, placeOf } = item;
  const lacking = [
    expireTime === undefined ? ["expire_time"] : [],
    owner === undefined ? ["owner (meta.owner, or created_by)"] : [],
    reason === undefined ? ["reason (description, or a comment)"] : [],
  ].flat();
  const isExpired = expireTime !== undefined && expireTime < now;
  return [
    ...(lacking.length === 0
      ? []
      : [warning("exception-incomplete", placeOf([]), `the exception "${name}" has no ${lacking.join(", no ")}`)]),
    ...(isExpired
      ? [
          warning(
            "exception-expired",
            placeOf(["expire_time"]),
            `the exception "${name}" expired ${new Date(expireTime).toISOString()}: it hides nothing any more`,
          ),
        ]
      : []),
  ];
}

function unused({ name, list, placeOf }: ExceptionItem): ExceptionWarning {
  const message = `the exception "${name}" hides nothing: no rule here names its list ${listKey(list)}`;
  return warning("exception-unused", placeOf([]), message);
}

function unknownFields(exception: Exception, rule: Rule): ExceptionWarning[] {
  const { item } = exception;
  return unknownFieldsOf(exception, rule).map(({ name, entry, advice }) =>
    warning(
      "unknown-field",
      item.placeOf(["entries", entry]),
      `no known mapping has the field ${name}, which the exception "${item.name}" reads${advice}`,
    ),
  );
}

/** Misspelt names looked up at most: each is held against all names of ECS. */
const MAX_LOOKED_UP = 20;

/** Fields that an exception reads and no known mapping has: by its entries, with the name that may have been meant. */
export function unknownFieldsOf(
  { clauses }: Exception,
  { index }: Pick<Rule, "index">,
): { readonly name: string; readonly entry: number; readonly advice: string }[] {
  const types = typesFor(index);
  const unknown = clauses.flatMap(({ fields }, entry) =>
    fields.filter(({ mapping }) => mapping.dynamic === true).map(({ name }) => ({ name, entry })),
  );
  const known = unknown.length === 0 ? [] : [...new Set(types.names())];
  return unknown.map(({ name, entry }, at) => {
    const meant = at < MAX_LOOKED_UP ? nearest(name, known) : undefined;
    return { name, entry, advice: meant === undefined ? "" : `; did you mean ${meant}?` };
  });
}

/** An exception that hides whatever the rule matches, as far as that can be seen without events. */
function everything(rule: Rule, { item, isExpired }: Exception, now: number): ExceptionWarning[] {
  if (isExpired(now)) return [];
  const types = typesFor(rule.index);
  const query = parse(rule.query);
  const isNever = (node: KqlNode) => truthWarnings(rule, node, types).some(({ code }) => code === "matches-nothing");
  const parts = [...item.entries.map(entryNode), ...(item.osTypes.length === 0 ? [] : [osNode(item.osTypes)])];
  if (isNever(query)) return [];
  const isImplied = parts.every(
    (part) => part !== undefined && isNever({ kind: "and", nodes: [query, { kind: "not", node: part }] }),
  );
  if (!isImplied) return [];
  const message = `the exception "${item.name}" hides every event that the rule ${rule.name} matches`;
  return [warning("exception-hides-everything", item.placeOf([]), message)];
}

function warning(code: WarningCode, { line, column }: Place, message: string): ExceptionWarning {
  return { code, line, column, message };
}

/** What an entry asks, as KQL; nothing where KQL cannot ask it. */
function entryNode(entry: Entry): KqlNode | undefined {
  const node = plainNode(entry);
  if (node === undefined || entry.type === "nested" || entry.operator === "included") return node;
  return { kind: "not", node };
}

function plainNode(entry: Entry): KqlNode | undefined {
  switch (entry.type) {
    case "match":
      return isNode(entry.field, quoted(entry.value));
    case "match_any":
      return anyOf(entry.value.map((value) => isNode(entry.field, quoted(value))));
    case "exists":
      return isNode(entry.field, { kind: "wildcard", segments: ["", ""], offset: 0 });
    case "wildcard":
      if (/[?\\]/.test(entry.value)) return undefined;
      if (!entry.value.includes("*")) return isNode(entry.field, quoted(entry.value));
      return isNode(entry.field, { kind: "wildcard", segments: entry.value.split("*"), offset: 0 });
    default:
      return undefined;
  }
}

function osNode(osTypes: readonly string[]): KqlNode {
  const fields = ["host.os.type", "host.os.name.caseless"];
  return anyOf(fields.flatMap((field) => osTypes.map((os) => isNode(field, quoted(os)))));
}

function isNode(field: string, value: Literal): KqlNode {
  return { kind: "is", field: { kind: "quoted", value: field, offset: 0 }, value };
}

function quoted(value: string): Literal {
  return { kind: "quoted", value, offset: 0 };
}

function anyOf(nodes: readonly KqlNode[]): KqlNode {
  const [only] = nodes;
  return nodes.length === 1 && only !== undefined ? only : { kind: "or", nodes };
}
