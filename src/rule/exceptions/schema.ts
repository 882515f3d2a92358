import * as z from "zod/mini";
import { namespaceType } from "../schema.ts";

/**
 * What an exception looks like in Kibana's exports and in a detection-rules repository. Unlike a rule's, each key must be
 * known: one that is not read might be what keeps the exception from hiding more than its author meant.
 * https://github.com/elastic/kibana, kbn-securitysolution-exceptions-common/api/model
 */

/** Lucene indexes no longer term, in bytes. */
const MAX_VALUE = 32_766;
const MAX_NAME = 1_000;
/** Entries of an item, and values of a match_any; Elasticsearch's own bound of a `terms` query. */
const MAX_ENTRIES = 1_000;
export const MAX_VALUES = 65_536;

/** Made when a file of exceptions is first read: a function that has none starts without them. */
export function exceptionSchemas(): Schemas {
  made ??= makeSchemas();
  return made;
}

let made: Schemas | undefined;

type Schemas = ReturnType<typeof makeSchemas>;
export type ItemTable = z.infer<Schemas["item"]>;
export type Entry = ItemTable["entries"][number];
export type InnerEntry = Extract<Entry, { type: "nested" }>["entries"][number];

function makeSchemas() {
  const name = z.string().check(z.minLength(1), z.maxLength(MAX_NAME));
  const value = z.string().check(z.minLength(1), z.maxLength(MAX_VALUE));
  const anything = z.optional(z.unknown());

  const field = { field: name };
  const operator = { operator: z.enum(["included", "excluded"]) };

  const match = z.strictObject({ ...field, ...operator, type: z.literal("match"), value });
  const matchAny = z.strictObject({
    ...{ ...field, ...operator, type: z.literal("match_any") },
    value: z.array(value).check(z.minLength(1), z.maxLength(MAX_VALUES)),
  });
  const wildcard = z.strictObject({ ...field, ...operator, type: z.literal("wildcard"), value });
  const exists = z.strictObject({ ...field, ...operator, type: z.literal("exists") });
  const list = z.strictObject({
    ...{ ...field, ...operator, type: z.literal("list") },
    list: z.strictObject({ id: name, type: name }),
  });
  const inner = z.discriminatedUnion("type", [match, matchAny, exists]);
  const nested = z.strictObject({
    ...{ ...field, type: z.literal("nested") },
    entries: z.array(inner).check(z.minLength(1), z.maxLength(MAX_ENTRIES)),
  });
  const entry = z.discriminatedUnion("type", [match, matchAny, wildcard, exists, list, nested]);

  /** Kept by Kibana of each saved object, and of no meaning here. */
  const saved = {
    ...{ id: anything, _version: anything, tie_breaker_id: anything, meta: anything, tags: anything },
    ...{ created_at: anything, created_by: anything, updated_at: anything, updated_by: anything },
    ...{ name: z.optional(z.string()), description: z.optional(z.string()) },
  };

  const item = z.strictObject({
    ...saved,
    item_id: z.optional(name),
    list_id: z.optional(name),
    namespace_type: z.optional(namespaceType),
    type: z.optional(z.literal("simple")),
    entries: z.array(entry).check(z.minLength(1), z.maxLength(MAX_ENTRIES)),
    os_types: z._default(z.array(z.enum(["linux", "macos", "windows"])), []),
    // TOML has dates of its own.
    expire_time: z.optional(z.union([z.string(), z.date()])),
    comments: z._default(z.array(z.looseObject({ comment: z.string() })), []),
  });

  const LIST_TYPES = [
    ...(["detection", "rule_default", "endpoint", "endpoint_trusted_apps", "endpoint_trusted_devices"] as const),
    ...(["endpoint_events", "endpoint_host_isolation_exceptions", "endpoint_blocklists"] as const),
    "endpoint_custom_yara_signatures",
  ] as const;

  /** A list, without its items: what a rule names. Its type changes nothing. */
  const container = z.strictObject({
    ...saved,
    list_id: name,
    namespace_type: z._default(namespaceType, "single"),
    type: z.optional(z.enum(LIST_TYPES)),
    os_types: anything,
    immutable: anything,
    version: anything,
  });

  /** `exceptions/*.toml`, as elastic/detection-rules keeps them (detection_rules/exception.py). */
  const file = z.strictObject({
    metadata: z.strictObject({
      ...{ creation_date: anything, updated_date: anything, deprecation_date: anything, maturity: anything },
      ...{ list_name: z.optional(z.string()), comments: anything },
      /** The rules that each list of the file belongs to. */
      rule_ids: z._default(z.array(name), []),
      rule_names: anything,
    }),
    exceptions: z.array(z.strictObject({ container, items: z._default(z.array(item), []) })).check(z.minLength(1)),
  });

  return { item, container, file };
}
