import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import { isLeaf, type Leaf, leafText } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";

/**
 * A finding as it was published. What reads it trusts nothing of it to be there, or to be of its kind: a form of it is
 * made in any case, with less in it.
 */
export type Published = JsonObject;

/** @throws Error where a body is no JSON object */
export function readPublished(body: string): Published {
  const value = JSON.parse(body) as JsonValue;
  if (!isObject(value)) throw new Error("expected a finding: a JSON object");
  return value;
}

/** The text of one of a finding's own flat keys, such as `kibana.alert.uuid`; empty where there is none. */
export function ownText(finding: Published, key: string): string {
  const value = Object.hasOwn(finding, key) ? finding[key] : undefined;
  return value === undefined || value === null || !isLeaf(value) ? "" : leafText(value);
}

/** True for the finding of the canary's event, which is for its alarm and for no person. */
export function isCanaryFinding(finding: Published): boolean {
  return ownText(finding, "new_terms_stream.type") === "canary";
}

/** The texts of a flat key that holds a list. */
export function ownTexts(finding: Published, key: string): string[] {
  const value = Object.hasOwn(finding, key) ? finding[key] : undefined;
  return textsOf(value);
}

/** Of a list the texts, numbers and flags, as texts. */
function textsOf(value: JsonValue | undefined): string[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly JsonValue[]).flatMap((each) => (each !== null && isLeaf(each) ? [leafText(each)] : []));
}

/** Epoch ms of a flat key that holds a time; undefined where there is none. */
export function ownTime(finding: Published, key: string): number | undefined {
  return timeOf(ownText(finding, key));
}

/** Epoch ms of a time as the engine writes it, ISO with a year of four digits; undefined where it is none. */
export function timeOf(text: string): number | undefined {
  const ms = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** The values of an event's field, as texts, in order; none of them is empty. */
export function valuesOf(finding: Published, field: string): string[] {
  const found: string[] = [];
  fieldPath(field).some(finding, (leaf: Leaf) => {
    if (leaf !== "") found.push(leafText(leaf));
    return false;
  });
  return found;
}

/** The first of them, without halves of characters; undefined where there is none. */
export function firstOf(finding: Published, field: string): string | undefined {
  let first: string | undefined;
  fieldPath(field).some(finding, (leaf: Leaf) => {
    if (leaf === "") return false;
    first = leafText(leaf).toWellFormed();
    return true;
  });
  return first;
}

/** One new_terms field with what is new of it. */
export interface NewTerm {
  readonly field: string;
  readonly value: string;
}

/** The new combination; empty where the finding has none. */
export function combinationOf(finding: Published): NewTerm[] {
  return termsOf(newTermsFields(finding), ownTexts(finding, "kibana.alert.new_terms"));
}

/** The fields that the rule looks for new combinations of. */
export function newTermsFields(finding: Published): string[] {
  const parameters = finding["kibana.alert.rule.parameters"];
  return isObject(parameters) ? textsOf(parameters["new_terms_fields"]) : [];
}

/** Values with their fields, in the order of these. */
export function termsOf(fields: readonly string[], values: readonly string[]): NewTerm[] {
  return fields.slice(0, values.length).map((field, index) => ({ field, value: values[index] ?? "" }));
}

export interface Named {
  readonly id: string;
  readonly name: string;
}

/** A tactic, with a technique of it, with a part of that; each may be all that the rule names. */
export interface Threat {
  readonly tactic: Named | undefined;
  readonly technique: Named | undefined;
  readonly subtechnique: Named | undefined;
}

/** What of MITRE ATT&CK the rule names: each chain by itself, from the tactic down to where it ends. */
export function threatsOf(finding: Published): Threat[] {
  const all = objectsOf(finding["kibana.alert.rule.threat"]).flatMap((threat): Threat[] => {
    const tactic = namedOf(threat["tactic"]);
    const techniques = objectsOf(threat["technique"]);
    if (techniques.length === 0)
      return tactic === undefined ? [] : [{ tactic, technique: undefined, subtechnique: undefined }];
    return techniques.flatMap((each): Threat[] => {
      const technique = namedOf(each);
      const parts = objectsOf(each["subtechnique"]);
      if (parts.length === 0) return [{ tactic, technique, subtechnique: undefined }];
      return parts.map((part) => ({ tactic, technique, subtechnique: namedOf(part) }));
    });
  });
  return all.filter((threat) => Object.values(threat).some((named) => named !== undefined));
}

/** The objects of a list. */
export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter((each) => isObject(each)) : [];
}

function namedOf(value: JsonValue | undefined): Named | undefined {
  if (!isObject(value)) return undefined;
  const [id, name] = [ownText(value, "id"), ownText(value, "name")];
  return id === "" && name === "" ? undefined : { id, name };
}
