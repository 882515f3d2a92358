import { endpointTypes } from "../../ecs/catalogue.ts";
import { parseDate } from "../../ecs/iso-date.ts";
import { isObject, type JsonObject } from "../../ecs/json.ts";
import type { FieldTypes } from "../../ecs/mapping.ts";
import { withNames } from "../../ecs/mapping.ts";
import { compileExceptions } from "../../rule/exceptions/compile.ts";
import { readItem } from "../../rule/exceptions/file.ts";
import type { ExceptionItem } from "../../rule/exceptions/item.ts";
import { valueList } from "../../rule/exceptions/value-list.ts";
import { RuleError } from "../../rule/rule.ts";
import { caseTypes, failed, type Outcome, PASSED } from "./case.ts";
import { type MatchCase, runMatchCase } from "./query-case.ts";

/** A match case with exceptions, items as Kibana exports them: false is expected where one of them holds. */
export interface ExceptionCase extends MatchCase {
  readonly exceptions: readonly JsonObject[];
  /** When the event counts; by default now. */
  readonly at?: string;
}

export function runExceptionCase(test: ExceptionCase): Outcome {
  const at = test.at === undefined ? Date.now() : parseDate(test.at);
  if (at === undefined) throw new Error(`at is no time: ${test.at}`);
  try {
    const items = test.exceptions.map(caseItem);
    const isExcepted = compileExceptions(items, withCaseless(caseTypes(test.types)), () => at).some(({ holds }) =>
      holds(test.event, at),
    );
    // The query decides where no exception holds; where one does, nothing may be expected.
    if (!isExcepted) return runMatchCase(test);
    return test.expect === false ? PASSED : failed(test.expect, false);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return test.es_error === true ? PASSED : failed(test.expect, `refused: ${error.message}`);
  }
}

/** An item whose value lists stand in it: `list.values`. @throws RuleError */
export function caseItem(item: JsonObject): ExceptionItem {
  const lists = new Map<string, readonly string[]>();
  const entries = item["entries"];
  const plain = (Array.isArray(entries) ? (entries as readonly unknown[]) : []).map((entry) => {
    if (!isObject(entry as JsonObject) || !isObject((entry as JsonObject)["list"] as JsonObject)) return entry;
    const { values = [], ...list } = (entry as JsonObject)["list"] as JsonObject;
    lists.set(String(list["id"]), values as readonly string[]);
    return { ...(entry as JsonObject), list };
  });
  return readItem("case", { ...item, entries: plain }, (id, type) => {
    const values = lists.get(id) ?? [];
    return valueList(id, type, { path: "case", values, lines: values.map((_, index) => index + 1) });
  });
}

/** Elastic Defend's multi-fields, which the UI of exceptions offers. */
function withCaseless(types: FieldTypes): FieldTypes {
  return withNames((name) => (name.endsWith(".caseless") ? endpointTypes(name) : types(name)), types.names);
}
