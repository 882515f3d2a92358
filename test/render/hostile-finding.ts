import fc from "fast-check";
import type { JsonValue } from "../../src/ecs/json.ts";

/** What a chat, a mail, a console or a terminal would take for its own. */
const MARKUP = [
  "<!here>",
  "<!channel>",
  "<@U123|boss>",
  "<http://evil.example|click>",
  "[click](javascript:alert(1))",
  "<at>boss</at>",
  "@here",
  "@channel",
  ":fire:",
  "*bold* _it_ ~no~",
  "`",
  "```",
  "``` `",
  "&amp;&lt;",
  "http://evil.example/a",
  "HTTPS://EVIL.example",
  "www.evil.example",
  "mailto:a@evil.example",
  "\r\nBcc: everyone@example.com",
  "\n\nCRITICAL 99  Something else",
  "\u202egnp.exe",
  "\u0000\u001b[2J\u009b",
  "\u200b\u2060\ufeff\u00ad\u061c",
  "\u{e0041}\u{e007f}",
  "\ud800",
  "\udc00x",
  "\ufffe\uffff",
  "\u2028\u2029",
  "\u{1f600}",
  "x".repeat(5000),
  "&".repeat(5000),
  "`".repeat(700),
  " ",
  "",
  "i-0123456789abcdef0",
  "eu-west-1",
  "aws",
  "critical",
  "constructor",
  "__proto__",
];

const text = fc.oneof(
  fc.constantFrom(...MARKUP),
  fc.array(fc.constantFrom(...MARKUP), { maxLength: 4 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 30 }),
);

const value: fc.Arbitrary<JsonValue> = fc.oneof(
  { arbitrary: text, weight: 8 },
  { arbitrary: fc.array(text, { maxLength: 20 }), weight: 2 },
  fc.constantFrom<JsonValue>(null, true, 0, -1, 1e300, 65_536, 4242, {}, [], [[null, {}]], { id: "x" }),
);

/** Fields that some form reads. */
const FIELDS = [
  "host.name",
  "host.id",
  "host.ip",
  "host.hostname",
  "host.os.type",
  "host.os.name",
  "user.name",
  "user.id",
  "user.domain",
  "process.pid",
  "process.entity_id",
  "process.name",
  "process.executable",
  "process.command_line",
  "process.hash.sha256",
  "process.parent.pid",
  "process.parent.executable",
  "file.path",
  "source.ip",
  "source.port",
  "destination.ip",
  "destination.domain",
  "destination.port",
  "network.direction",
  "network.transport",
  "event.action",
  "event.provider",
  "url.full",
  "cloud.provider",
  "cloud.region",
  "cloud.account.id",
  "cloud.account.name",
  "cloud.instance.id",
  "cloud.instance.name",
];

/** The finding's own keys; a rule's file is trusted, but its name may be the event's (rule_name_override). */
const OWN = [
  "@timestamp",
  "kibana.alert.uuid",
  "kibana.alert.severity",
  "kibana.alert.risk_score",
  "kibana.alert.reason",
  "kibana.alert.original_time",
  "kibana.alert.building_block_type",
  "kibana.alert.ancestors",
  "kibana.alert.rule.rule_id",
  "kibana.alert.rule.name",
  "kibana.alert.rule.description",
  "kibana.alert.rule.version",
  "kibana.alert.rule.tags",
  "kibana.alert.rule.references",
  "kibana.alert.rule.threat",
  "new_terms_stream.type",
  "new_terms_stream.first_seen",
  "new_terms_stream.previous_seen",
  "new_terms_stream.window_ms",
  "new_terms_stream.why",
  "new_terms_stream.history_since",
  "new_terms_stream.values",
];

const threat = fc.record(
  {
    tactic: fc.oneof(fc.record({ id: value, name: value }), value),
    technique: fc.oneof(
      fc.array(
        fc.record(
          { id: value, name: value, subtechnique: fc.oneof(fc.array(fc.record({ id: value, name: value })), value) },
          { requiredKeys: [], noNullPrototype: true },
        ),
        { maxLength: 3 },
      ),
      value,
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const plainFinding: fc.Arbitrary<Record<string, JsonValue>> = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: FIELDS.length }),
    fc.dictionary(fc.constantFrom(...OWN), value, { maxKeys: OWN.length }),
    fc.array(text, { maxLength: 3 }),
    fc.array(text, { maxLength: 3 }),
    fc.oneof(fc.array(threat, { maxLength: 4 }), value),
    fc.option(fc.constantFrom("note", "## Triage\n\n1. look\n".repeat(200))),
  )
  .map(([event, own, fields, terms, threats, note]) => ({
    ...event,
    ...own,
    "kibana.alert.new_terms": terms,
    "kibana.alert.rule.parameters": { new_terms_fields: fields },
    "kibana.alert.rule.threat": threats as JsonValue,
    ...(note === null ? {} : { "kibana.alert.rule.note": note }),
  }));

/** What a closing message has beside that: what was held back, and what it was counted together by. */
const suppression = fc.record(
  {
    "kibana.alert.suppression.terms": fc.oneof(
      fc.array(fc.record({ field: value, value: fc.oneof(value, fc.array(text, { maxLength: 3 })) }), { maxLength: 4 }),
      value,
    ),
    "new_terms_stream.suppressed": fc.oneof(
      {
        arbitrary: fc.record(
          {
            count: value,
            combinations: fc.oneof(
              {
                arbitrary: fc.array(
                  fc.record(
                    {
                      terms: fc.oneof(
                        { arbitrary: fc.array(text, { maxLength: 4 }), weight: 4 },
                        { arbitrary: value, weight: 1 },
                      ),
                      first_seen: fc.oneof(value, fc.constant("2026-11-24T04:02:27.911Z")),
                      finding: value,
                    },
                    { requiredKeys: [], noNullPrototype: true },
                  ),
                  { maxLength: 40 },
                ),
                weight: 6,
              },
              { arbitrary: value, weight: 1 },
            ),
            start: fc.oneof(value, fc.constant("2026-11-24T04:00:00.000Z")),
            end: fc.oneof(value, fc.constant("2026-11-24T05:00:00.000Z")),
            of: fc.oneof(value, fc.constant("0".repeat(32))),
            published: value,
          },
          { requiredKeys: [], noNullPrototype: true },
        ),
        weight: 6,
      },
      { arbitrary: value, weight: 1 },
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const closingMessage = fc
  .tuple(plainFinding, suppression)
  .map(([finding, held]) => ({ ...finding, ...(held as typeof finding), "new_terms_stream.type": "suppression" }));

/** A finding or a closing message of which nothing can be trusted: any key may be missing, and hold anything. */
export const hostileFinding: fc.Arbitrary<Record<string, JsonValue>> = fc.oneof(plainFinding, closingMessage);
