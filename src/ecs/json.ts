/**
 * JSON values as an event carries them, with number tokens kept where a double would change their text.
 *
 * Elasticsearch indexes a number by its source text where the field is a keyword, and 64-bit integers exactly. A plain
 * JSON.parse rounds `9223372036854775807` and turns `1.0` into `1`, so two different terms could become one.
 */

declare global {
  // ECMAScript's "JSON.parse source text access", in V8 since 11.4; not yet in TypeScript's library.
  interface JSON {
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
    parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  }
}

/** A number whose text a double cannot give back: JSON.stringify writes `rawJSON` as it stands. */
export interface RawNumber {
  readonly rawJSON: string;
}

export type JsonValue = string | number | boolean | null | RawNumber | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** One ECS document. */
export type EcsEvent = JsonObject;

/**
 * Parses JSON and keeps the source text of each number that a double would not print the same way.
 * Slower than JSON.parse by several times: meant for texts known to hold such a number.
 * @throws SyntaxError as JSON.parse does. Recursion depth is the text's nesting: bound it before.
 */
export function parseExact(text: string): JsonValue {
  return JSON.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source ? JSON.rawJSON(source) : value,
  ) as JsonValue;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

/**
 * JSON that SNS and SQS take whatever its strings hold. Both refuse U+FFFE and U+FFFF, for ever; as escapes they are
 * the same value. The other characters they refuse, JSON.stringify escapes by itself.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export function sendableJson(value: object): string {
  return JSON.stringify(value).replaceAll("\ufffe", "\\ufffe").replaceAll("\uffff", "\\uffff");
}
