import * as z from "zod/mini";

/** What a subscriber may rely on, published as docs/finding.schema.json. Built into no function: a test holds both to it. */

const time = z.iso.datetime();
const text = z.string();
const texts = z.array(z.string());

export const findingSchema = z.looseObject({
  "@timestamp": time.register(z.globalRegistry, { description: "When the finding was made." }),
  event: z.optional(z.looseObject({ kind: z.literal("signal") })),

  "kibana.alert.uuid": z
    .string()
    .check(z.regex(/^[0-9a-f]{32}$/))
    .register(z.globalRegistry, {
      description: "The finding's id, the same in every repeated publication. Deduplicate on it.",
    }),
  "kibana.alert.status": z.literal("active"),
  "kibana.alert.workflow_status": z.literal("open"),
  "kibana.alert.severity": z.enum(["low", "medium", "high", "critical"]),
  "kibana.alert.risk_score": z.number().check(z.minimum(0), z.maximum(100)),
  "kibana.alert.reason": text,
  "kibana.alert.depth": z.literal(1),
  "kibana.alert.ancestors": z.array(z.object({ id: text, type: z.literal("event"), index: text, depth: z.literal(0) })),
  "kibana.alert.original_time": z.optional(z.unknown()),
  "kibana.alert.building_block_type": z.optional(text),
  "kibana.alert.new_terms": z.array(z.union([z.string(), z.number(), z.boolean()])).register(z.globalRegistry, {
    description: "The new combination, in the order of kibana.alert.rule.parameters.new_terms_fields.",
  }),

  "kibana.alert.rule.rule_id": text,
  "kibana.alert.rule.name": text,
  "kibana.alert.rule.description": text,
  "kibana.alert.rule.version": text,
  "kibana.alert.rule.type": z.literal("new_terms"),
  "kibana.alert.rule.severity": text,
  "kibana.alert.rule.risk_score": z.number(),
  "kibana.alert.rule.tags": texts,
  "kibana.alert.rule.references": texts,
  "kibana.alert.rule.parameters": z.looseObject({
    query: z.optional(text),
    new_terms_fields: texts,
    history_window_start: text,
  }),

  "new_terms_stream.engine": z.literal("firstsight"),
  "new_terms_stream.type": z.enum(["finding", "overflow"]).register(z.globalRegistry, {
    description:
      "overflow: one event had more combinations than are looked at; new_terms_stream.overflow says how many.",
  }),
  "new_terms_stream.first_seen": time,
  "new_terms_stream.previous_seen": z.optional(time),
  "new_terms_stream.window_ms": z.number(),
  "new_terms_stream.arrival": time,
  "new_terms_stream.overflow": z.optional(z.object({ combinations: z.number(), evaluated: z.number() })),
  "new_terms_stream.long_terms": z.optional(z.array(z.object({ field: text, length: z.number(), sha256: z.string() }))),
  "new_terms_stream.truncated": z.optional(texts).register(z.globalRegistry, {
    description: "What was left out to make the finding fit, in order.",
  }),
});

/** The schema as a document of its own. */
export function findingJsonSchema(): object {
  return { title: "firstsight finding", ...z.toJSONSchema(findingSchema) };
}
