import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { inertJson } from "../../src/finding/inert.ts";
import { asffOf } from "../../src/render/asff.ts";
import { asffSchema } from "../../src/render/asff-schema.ts";
import { chatOf } from "../../src/render/chat.ts";
import { codeSpan } from "../../src/render/code-span.ts";
import { defanged } from "../../src/render/defang.ts";
import { digestsOf } from "../../src/render/digest.ts";
import { emailOf } from "../../src/render/email.ts";
import { eventBridgeOf } from "../../src/render/eventbridge.ts";
import { ocsfOf } from "../../src/render/ocsf.ts";
import { ocsfSchema } from "../../src/render/ocsf-schema.ts";
import { readPublished } from "../../src/render/published.ts";
import { UNSEEN } from "../finding/unseen.ts";
import { hostileFinding } from "./hostile-finding.ts";
import { officialOcsf } from "./ocsf-validator.ts";

const RUNS = 400;
const findings = fc.array(hostileFinding, { minLength: 1, maxLength: 12 });
const WORD_JOINER = /\u2060/g;

/** What Slack would read of a message, but for our own marks: no control, no mention, no code left open. */
function assertHarmlessInChat(markup: string): void {
  assert.doesNotMatch(markup, /[<>]/);
  assert.doesNotMatch(markup, /&(?!amp;|lt;|gt;)/);
  assert.doesNotMatch(markup, /@(?!\u2060)/);
  // All that is between back-ticks is code; each line's are in pairs.
  for (const line of markup.split("\n")) {
    const parts = line.split("`");
    assert.equal(parts.length % 2, 1, line);
    const outside = parts.filter((_, index) => index % 2 === 0).join("");
    assert.doesNotMatch(outside, /evil|@|:fire:|javascript|bold/i, line);
  }
  assert.doesNotMatch(markup.replaceAll("\n", "").replace(WORD_JOINER, ""), UNSEEN);
}

test("a chat message is of the right shape and length, and nothing in it is an attacker's markup", () => {
  fc.assert(
    fc.property(findings, (some) => {
      for (const digest of [...digestsOf(some), ...some.flatMap((finding) => digestsOf([finding]))]) {
        const message = chatOf(digest);
        const { title, description, nextSteps, keywords } = message.content;
        for (const markup of [title, description, ...nextSteps, ...keywords, message.metadata.summary]) {
          assertHarmlessInChat(markup);
        }
        assert.ok(title.length <= 250 && description.length <= 3000 && description.length > 0);
        assert.ok(nextSteps.length <= 3 && nextSteps.every((step) => step.length <= 300));
        assert.ok(keywords.length <= 10 && keywords.every((word) => word.length <= 60));
        assert.match(message.metadata.threadId, /^[\w.-]{1,64}$/);
        assert.match(message.id, /^[\w.-]{1,64}$/);
        assert.deepEqual(JSON.parse(JSON.stringify(message)), message);
        assert.doesNotMatch(title.split("\n").join(""), /\n/);
      }
    }),
    { numRuns: RUNS },
  );
});

test("a mail has a subject that SNS takes, and a body without links, controls or lines of an attacker's", () => {
  fc.assert(
    fc.property(findings, (some) => {
      for (const digest of [...digestsOf(some), ...some.flatMap((finding) => digestsOf([finding]))]) {
        const { subject, body } = emailOf(digest);
        assert.match(subject, /^\[firstsight\] [\x20-\x7e]{1,86}$/);
        assert.doesNotMatch(body.replaceAll("\n", ""), UNSEEN);
        assert.doesNotMatch(body, /\w:\/\/|\bwww\.|mailto:|javascript:/i);
        assert.doesNotMatch(body, /^(CRITICAL 99|Bcc)/m);
        assert.ok(Buffer.byteLength(body) < 64 * 1024 * 3 && body.length < 64 * 1024, `${body.length}`);
      }
    }),
    { numRuns: RUNS },
  );
});

test("OCSF is valid by both schemas, and ASFF by Security Hub's lengths, whatever a finding holds", () => {
  const official = officialOcsf();
  fc.assert(
    fc.property(hostileFinding, (finding) => {
      const ocsf = ocsfOf(finding);
      ocsfSchema.parse(ocsf);
      assert.equal(official?.(ocsf), undefined);
      const asff = asffOf(finding);
      asffSchema.parse(asff);
      assert.ok(Buffer.byteLength(JSON.stringify(asff)) < 240 * 1024);
      const line = inertJson(asff, 0);
      assert.doesNotMatch(line, UNSEEN);
      for (const string of stringsOf(asff)) assert.doesNotMatch(string, UNSEEN);
    }),
    { numRuns: RUNS },
  );
});

test("an event of EventBridge has the finding as it was published, in JSON that hides nothing", () => {
  fc.assert(
    fc.property(hostileFinding, (finding) => {
      const body = JSON.stringify(finding);
      const entry = eventBridgeOf(readPublished(body), body);
      assert.equal(entry.Detail, body);
      assert.ok(!Number.isNaN(Date.parse(entry.Time)));
      for (const arn of entry.Resources)
        assert.match(arn, /^arn:aws[a-z-]*:ec2:[a-z0-9-]+:\d{12}:instance\/i-[0-9a-f]+$/);
      const line = inertJson(entry, 0);
      assert.doesNotMatch(line, UNSEEN);
      assert.deepEqual(JSON.parse(line), entry);
    }),
    { numRuns: RUNS },
  );
});

test("the same findings make the same bytes, in whichever order they come, and twice the same", () => {
  const withIds = fc.array(hostileFinding, { minLength: 1, maxLength: 8 }).map((some) =>
    some.map((finding, index) => ({
      ...finding,
      "kibana.alert.uuid": index.toString(16).padStart(32, "0"),
      "kibana.alert.rule.rule_id": "r",
    })),
  );
  fc.assert(
    fc.property(withIds, (some) => {
      const bytes = (list: typeof some) =>
        JSON.stringify(digestsOf(list).map((digest) => [emailOf(digest), chatOf(digest)]));
      assert.equal(bytes([...some, ...some].reverse()), bytes(some));
      for (const finding of some) {
        const copy = JSON.parse(JSON.stringify(finding)) as typeof finding;
        assert.deepEqual([ocsfOf(copy), asffOf(copy)], [ocsfOf(finding), asffOf(finding)]);
      }
    }),
    { numRuns: RUNS / 2 },
  );
});

test("attackers' words, in each medium", () => {
  assert.equal(codeSpan("<!here> & `x` @here", 160), "`&lt;!here&gt; &amp; ˋxˋ @\u2060here`");
  assert.equal(codeSpan("a\nb\u202egnp.exe\u0000\u001b[31m", 160), "`a\\u000ab\\u202egnp.exe\\u0000\\u001b[31m`");
  assert.equal(codeSpan("", 10), "` `");
  assert.equal(codeSpan("&".repeat(50), 20), "`&amp;&amp;&amp;&amp;…`");
  assert.equal(codeSpan("x".repeat(50), 5), "`xxxxx…`");
  assert.equal(defanged("curl http://a.example/x; www.b.example"), "curl http[://]a.example/x; www[.]b.example");
  assert.equal(defanged("a@b.example ftp.b.example tel:1"), "a[@]b.example ftp[.]b.example tel[:]1");
  assert.equal(defanged("a\r\nBcc: x"), "a\\u000d\\u000aBcc: x");
});

function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}
