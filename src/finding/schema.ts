import * as z from "zod/mini";

/** What a subscriber may rely on, published as docs/finding.schema.json. Built into no function: a test holds both to it. */

const time = z.iso.datetime();
const text = z.string();
const texts = z.array(z.string());
const severity = z.enum(["low", "medium", "high", "critical"]);
const score = z.number().check(z.minimum(0), z.maximum(100));

const technique = z.looseObject({ id: text, name: text, reference: text });

const threat = z.looseObject({
  framework: text,
  tactic: technique,
  technique: z.optional(z.array(z.extend(technique, { subtechnique: z.optional(z.array(technique)) }))),
});

/** A schema of its own, with words for whoever reads the published one. */
function described<Schema extends z.core.$ZodType>(schema: Schema, description: string): Schema {
  const own = z.core.clone(schema);
  z.globalRegistry.add(own, { description });
  return own;
}

const alertFields = {
  "kibana.alert.uuid": described(
    z.string().check(z.regex(/^[0-9a-f]{32}$/)),
    "The finding's id, the same in every repeated publication. Deduplicate on it.",
  ),
  "kibana.alert.status": z.literal("active"),
  "kibana.alert.workflow_status": z.literal("open"),
  "kibana.alert.severity": described(severity, "The rule's, or the event's by its severity_mapping."),
  "kibana.alert.risk_score": described(score, "The rule's, or the event's by its risk_score_mapping."),
  "kibana.alert.reason": described(
    text,
    "One line for people. What the event says in it is inert: characters that cannot be seen are shown as escapes.",
  ),
  "kibana.alert.depth": z.literal(1),
  "kibana.alert.ancestors": described(
    z.array(z.object({ id: text, type: z.literal("event"), index: text, depth: z.literal(0) })),
    "The event that triggered the finding, by its id, and its data stream where it names one.",
  ),
  "kibana.alert.original_time": described(
    z.optional(z.union([z.string().check(z.maxLength(64)), z.number()])),
    "The event's @timestamp as it was sent.",
  ),
  "kibana.alert.building_block_type": z.optional(text),
  "kibana.alert.new_terms": described(
    z.array(z.union([z.string(), z.number(), z.boolean()])),
    "The new combination, in the order of kibana.alert.rule.parameters.new_terms_fields.",
  ),
};

const suppressionFields = {
  "kibana.alert.suppression.terms": described(
    z.optional(
      z.array(z.object({ field: text, value: z.nullable(z.array(z.union([z.string(), z.number(), z.boolean()]))) })),
    ),
    "What the rule's alert_suppression counts findings together by: a field's values as one, null where there are none.",
  ),
  "kibana.alert.suppression.start": described(z.optional(time), "When the first of them was seen."),
  "kibana.alert.suppression.end": described(z.optional(time), "When the last of them was seen."),
  "kibana.alert.suppression.docs_count": described(
    z.optional(z.number()),
    "How many were suppressed: 0 on a finding, since those come after it, and on a message of type suppression all of them.",
  ),
};

const ruleFields = {
  "kibana.alert.rule.rule_id": text,
  "kibana.alert.rule.name": described(
    text,
    "The rule's, or the event's by its rule_name_override: then inert, and of 256 characters at most.",
  ),
  "kibana.alert.rule.description": text,
  "kibana.alert.rule.version": described(text, "The rule file's updated_date."),
  "kibana.alert.rule.type": z.literal("new_terms"),
  "kibana.alert.rule.severity": severity,
  "kibana.alert.rule.risk_score": score,
  "kibana.alert.rule.author": z.optional(texts),
  "kibana.alert.rule.license": z.optional(text),
  "kibana.alert.rule.tags": texts,
  "kibana.alert.rule.references": texts,
  "kibana.alert.rule.false_positives": z.optional(texts),
  "kibana.alert.rule.threat": described(z.optional(z.array(threat)), "MITRE ATT&CK."),
  "kibana.alert.rule.note": described(z.optional(text), "How to investigate, in Markdown."),
  "kibana.alert.rule.setup": described(z.optional(text), "What the rule needs, in Markdown."),
  "kibana.alert.rule.indices": z.optional(texts),
  "kibana.alert.rule.timestamp_override": z.optional(text),
  "kibana.alert.rule.parameters": z.looseObject({
    query: z.optional(text),
    new_terms_fields: texts,
    history_window_start: text,
    filters: described(z.optional(z.array(z.record(text, z.unknown()))), "Filters of Kibana's, in query DSL."),
    investigation_fields: z.optional(z.looseObject({ field_names: texts })),
  }),
};

const streamFields = {
  "new_terms_stream.engine": z.literal("firstsight"),
  "new_terms_stream.type": described(
    z.enum(["finding", "overflow", "canary", "suppression"]),
    "overflow: one event had more combinations than are looked at; new_terms_stream.overflow says how many. canary: of a " +
      "synthetic event, which shows that findings still come through. suppression: closes a window of alert suppression; " +
      "new_terms_stream.suppressed lists what it held.",
  ),
  "new_terms_stream.first_seen": described(time, "When the combination was seen."),
  "new_terms_stream.previous_seen": described(
    z.optional(time),
    "When it was last seen before, longer ago than the window, where that is still known.",
  ),
  "new_terms_stream.window_ms": described(z.number(), "How far history counts, in milliseconds."),
  "new_terms_stream.arrival": described(time, "When the record arrived in the stream."),
  "new_terms_stream.overflow": z.optional(z.object({ combinations: z.number(), evaluated: z.number() })),
  "new_terms_stream.suppressed": described(
    z.optional(
      z.object({
        count: z.number(),
        combinations: z.array(z.object({ terms: texts, first_seen: time, finding: text })),
        start: time,
        end: time,
        of: text,
        published: time,
      }),
    ),
    "The new combinations that were suppressed within a window, each with the id its finding would have had; the window's " +
      "start and end, the id of the finding that opened it, and when that was made. The terms are cut to 80 bytes each.",
  ),
  "new_terms_stream.long_terms": described(
    z.optional(z.array(z.object({ field: text, length: z.number(), sha256: text }))),
    "The terms that are cut in kibana.alert.new_terms: their whole lengths, and hashes of their UTF-8 bytes.",
  ),
  "new_terms_stream.repeat": described(
    z.optional(z.boolean()),
    "Made again of a record older than history reaches: a finding of this id may have been published before.",
  ),
  "new_terms_stream.why": described(
    z.optional(text),
    "Why it is new, in a sentence or two for people. What the event says in it is inert. Counts in it are approximate.",
  ),
  "new_terms_stream.history_since": described(z.optional(time), "Since when the rule's history is kept."),
  "new_terms_stream.learned_ms": described(
    z.optional(z.number()),
    "For how long it had been kept when the combination was seen, in milliseconds.",
  ),
  "new_terms_stream.values": described(
    z.optional(
      z.array(
        z.object({
          field: text,
          combinations: z.number(),
          over: z.optional(z.literal(true)),
          first_seen: z.optional(time),
          last_seen: z.optional(time),
        }),
      ),
    ),
    "Of each new_terms field, how many other combinations hold the value, approximately; with `over`, more than these.",
  ),
  "new_terms_stream.truncated": described(z.optional(texts), "What was left out to make the finding fit, in order."),
};

export const findingSchema = z.catchall(
  z.object({
    "@timestamp": described(time, "When the finding was made."),
    event: z.optional(z.looseObject({ kind: z.literal("signal") })),
    ...alertFields,
    ...suppressionFields,
    ...ruleFields,
    ...streamFields,
  }),
  described(z.unknown(), "The event's other fields, as they were sent."),
);

/** Keys that no list can name: the event's own `event.*`. */
const PATTERNS = {
  "^kibana\\.alert\\.original_event\\.": {
    description: "The event's event.* as they were sent, event.original aside: event.kind is overwritten.",
  },
};

/** The schema as a document of its own. */
export function findingJsonSchema(): object {
  return { title: "firstsight finding", ...z.toJSONSchema(findingSchema), patternProperties: PATTERNS };
}
