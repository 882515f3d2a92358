import { isDeepStrictEqual } from "node:util";
import * as z from "zod/mini";

/**
 * What of OCSF's Detection Finding is used here, and nothing else, published as docs/ocsf.schema.json. It is narrower
 * than OCSF's own schema, which a test holds the same documents against where it is at hand. Built into no function.
 */

const text = z.string();
const texts = z.array(text).check(z.minLength(1));
const ms = z.int();
const optional = z.optional;

/** OCSF wants one of these at least of an object; a JSON schema of zod's does not say it. */
const oneOf = (...keys: readonly string[]) =>
  z.refine((value) => keys.some((key) => key in Object(value)), `expected one of ${keys.join(", ")}`);

const named = z.strictObject({ uid: optional(text), name: optional(text) }).check(oneOf("uid", "name"));
const endpoint = z
  .strictObject({
    ip: optional(text.check(z.maxLength(40))),
    domain: optional(text),
    port: optional(z.int()),
  })
  .check(oneOf("ip", "domain"));
const hash = z.strictObject({ algorithm_id: z.int(), value: text.check(z.regex(/^[a-fA-F0-9]+$/)) });
const file = z.strictObject({
  name: text,
  type_id: z.literal(1),
  path: optional(text),
  hashes: optional(z.array(hash)),
});
const user = z
  .strictObject({ name: optional(text), uid: optional(text), domain: optional(text) })
  .check(oneOf("uid", "name"));
const parent = z
  .strictObject({
    pid: optional(z.int()),
    uid: optional(text),
    name: optional(text),
    cmd_line: optional(text),
    file: optional(file),
  })
  .check(oneOf("pid", "uid"));
const process = z
  .strictObject({ ...parent.shape, parent_process: optional(parent), user: optional(user) })
  .check(oneOf("pid", "uid"));

const observed = z.strictObject({
  observation_parameter: text,
  observation_type: z.literal("Frequency Analysis"),
  observations: z.array(z.strictObject({ value: text, count: z.int() })).check(z.minLength(1)),
  observed_pattern: optional(z.literal("UNSEEN")),
});

const anomalies = z.strictObject({
  analysis_targets: z.array(z.strictObject({ name: text, type: text })).check(z.minLength(1)),
  anomalies: z.array(observed).check(z.minLength(1)),
  baselines: optional(z.array(observed).check(z.minLength(1))),
});

const info = z.strictObject({
  uid: text.check(z.minLength(1)),
  title: optional(text),
  desc: optional(text),
  created_time: optional(ms),
  modified_time: optional(ms),
  first_seen_time: optional(ms),
  last_seen_time: optional(ms),
  types: z.tuple([z.literal("new_terms")]),
  data_sources: optional(texts),
  analytic: z.strictObject({
    uid: text,
    name: optional(text),
    type_id: z.literal(1),
    type: z.literal("Rule"),
    category: z.literal("new_terms"),
    version: optional(text),
  }),
  attacks: optional(
    z.array(
      z
        .strictObject({ tactic: optional(named), technique: optional(named), sub_technique: optional(named) })
        .check(oneOf("tactic", "technique", "sub_technique")),
    ),
  ),
  related_events: optional(z.array(z.strictObject({ uid: text, first_seen_time: optional(ms) }))),
});

const evidence = z.strictObject({
  process: optional(process),
  user: optional(user),
  file: optional(file),
  src_endpoint: optional(endpoint),
  dst_endpoint: optional(endpoint),
  connection_info: optional(z.strictObject({ direction_id: z.int(), protocol_name: optional(text) })),
  api: optional(z.strictObject({ operation: text, service: optional(z.strictObject({ name: text })) })),
  url: optional(z.strictObject({ url_string: text })),
});

/** Create, of a finding; Update, of one that a closing message tells more of, without a status. */
const ACTIVITIES: Readonly<Record<number, object>> = {
  1: { activity_name: "Create", type_uid: 200401, type_name: "Detection Finding: Create", status_id: 1, status: "New" },
  2: { activity_name: "Update", type_uid: 200402, type_name: "Detection Finding: Update" },
};

const document = z.strictObject({
  activity_id: z.literal([1, 2]),
  activity_name: z.literal(["Create", "Update"]),
  category_uid: z.literal(2),
  category_name: z.literal("Findings"),
  class_uid: z.literal(2004),
  class_name: z.literal("Detection Finding"),
  type_uid: z.literal([200401, 200402]),
  type_name: z.literal(["Detection Finding: Create", "Detection Finding: Update"]),
  time: ms,
  count: optional(z.int()),
  start_time: optional(ms),
  end_time: optional(ms),
  severity_id: z.int().check(z.minimum(0), z.maximum(5)),
  severity: text,
  status_id: optional(z.literal(1)),
  status: optional(z.literal("New")),
  message: optional(text),
  is_alert: z.boolean(),
  risk_score: optional(z.int()),
  risk_level_id: optional(z.int()),
  risk_level: optional(text),
  metadata: z.strictObject({
    version: z.literal("1.6.0"),
    product: z.strictObject({ name: z.literal("firstsight"), vendor_name: z.literal("firstsight") }),
    profiles: z.array(z.enum(["security_control", "host", "cloud"])),
    uid: text.check(z.minLength(1)),
    correlation_uid: text.check(z.minLength(1)),
    logged_time: ms,
    original_time: optional(text),
    labels: optional(texts),
  }),
  finding_info: info,
  anomaly_analyses: optional(z.tuple([anomalies])),
  evidences: optional(z.tuple([evidence])),
  device: optional(
    z.strictObject({
      type_id: z.literal(0),
      uid: optional(text),
      hostname: optional(text),
      name: optional(text),
      ip: optional(text.check(z.maxLength(40))),
      instance_uid: optional(text),
      os: optional(z.strictObject({ name: text, type_id: z.int(), version: optional(text) })),
      region: optional(text),
    }),
  ),
  cloud: optional(
    z.strictObject({
      provider: text,
      region: optional(text),
      account: optional(
        z.strictObject({
          uid: optional(text),
          name: optional(text),
          type_id: optional(z.literal(10)),
          type: optional(z.literal("AWS Account")),
        }),
      ),
    }),
  ),
  resources: optional(
    z.tuple([z.strictObject({ uid: text, type: text, name: optional(text), region: optional(text) })]),
  ),
  observables: optional(
    z.array(z.strictObject({ name: text, type_id: z.int(), type: text, value: text })).check(z.minLength(1)),
  ),
  remediation: optional(z.strictObject({ desc: text, references: optional(texts) })),
  unmapped: z.record(text, z.unknown()),
});

/** What a JSON schema of zod's does not say: an activity's number and its words agree. */
export const ocsfSchema = document.check(
  z.refine(
    ({ activity_id, activity_name, type_uid, type_name, status_id, status }) =>
      isDeepStrictEqual(
        ACTIVITIES[activity_id],
        JSON.parse(JSON.stringify({ activity_name, type_uid, type_name, status_id, status })),
      ),
    "an activity with another's words",
  ),
);

/** The schema as a document of its own. */
export function ocsfJsonSchema(): object {
  return { title: "firstsight finding as an OCSF 1.6.0 Detection Finding", ...z.toJSONSchema(ocsfSchema) };
}
