import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readSettings, settingsOfText } from "../../src/deploy/read-settings.ts";
import { settingsOf } from "../../src/deploy/settings.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const STREAM = "arn:aws:kinesis:eu-west-1:111122223333:stream/events";

function messages(text: string): string[] {
  try {
    settingsOfText("config/dev.yml", text);
    return [];
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message.split("\n");
  }
}

describe("settings", () => {
  test("of an empty file are those that the commented example shows", () => {
    const { region, firehose, dashboard } = settingsOfText("config/dev.yml", "");
    assert.deepEqual([region, firehose, dashboard], ["eu-west-1", "none", true]);
    assert.deepEqual(
      settingsOfText("x", readFileSync(`${root}config/example.yml`, "utf8")),
      settingsOfText("config/dev.yml", ""),
    );
  });

  test("that are commented out in the example are taken, too", () => {
    const text = readFileSync(`${root}config/example.yml`, "utf8")
      .split("\n")
      .map((line) =>
        line.replace(/^(\s*)# (?=\w+: |vpc:|rollback:|permissionsBoundary:)/, "$1").replace(/^#( {2,}\w+:)/, "$1"),
      )
      .filter((line) => !/^\s*(mode|shards|senders|maxReadUnits|maxWriteUnits):/.test(line))
      .join("\n");
    const { stream, history, vpc, rollback, rules } = settingsOfText("x", text);
    assert.equal(stream?.arn, STREAM);
    assert.equal(stream.kmsKey, KEY);
    assert.equal(history.table, "history");
    assert.equal(vpc?.subnetIds.length, 2);
    assert.equal(rollback?.minutes, 15);
    assert.equal(rules.learnUntil, "2026-12-01T00:00:00Z");
  });

  for (const name of readdirSync(`${root}config/examples`)) {
    test(`of config/examples/${name} are right`, () => {
      settingsOfText(name, readFileSync(`${root}config/examples/${name}`, "utf8"));
    });
  }
});

describe("a mistake in a file of settings", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      "an unknown key",
      "stream: { shard: 2 }",
      "config/dev.yml:1:18: stream.shard = 2: there is no such key (did you mean shards?). Allowed: arn, mode, shards, retentionHours, kmsKey, consumer, parallelization, startingPosition, senders",
    ],
    [
      "a key at the wrong place",
      "shards: 2",
      "config/dev.yml:1:9: shards = 2: there is no such key. Allowed: region, stream, firehose, sources, history, findings, rules, operations, canary, dashboard, logs, vpc, tags, permissionsBoundary, rollback",
    ],
    [
      "the wrong type",
      "stream:\n  shards: lots",
      'config/dev.yml:2:11: stream.shards = "lots": expected a whole number from 1 to 10000 (each takes 1 MB or 1,000 records a second)',
    ],
    [
      "a file's name that is empty",
      'sources: { asnDatabase: "" }',
      'config/dev.yml:1:25: sources.asnDatabase = "": expected a file, such as ./GeoLite2-ASN.mmdb',
    ],
    ["a flag that is a word", "canary: on", 'config/dev.yml:1:9: canary = "on": expected true or false'],
    [
      "none of the choices",
      "firehose: yes",
      'config/dev.yml:1:11: firehose = "yes": expected none, function or stream',
    ],
    [
      "a mode that there is none of",
      "stream: { mode: ON_DEMAN }",
      'config/dev.yml:1:17: stream.mode = "ON_DEMAN": expected PROVISIONED or ON_DEMAND',
    ],
    [
      "an ARN of something else",
      "stream: { arn: 'arn:aws:sns:eu-west-1:111122223333:topic' }",
      'config/dev.yml:1:16: stream.arn = "arn:aws:sns:eu-west-1:111122223333:topic": expected an ARN such as arn:aws:kinesis:eu-west-1:111122223333:stream/events',
    ],
    [
      "an account that YAML takes for a number",
      "stream: { senders: [111122223333] }",
      "config/dev.yml:1:21: stream.senders[0] = 111122223333: expected an account of twelve digits, in quotes",
    ],
    [
      "a way to learn that there is none of",
      "rules: { learn: 7d }",
      'config/dev.yml:1:17: rules.learn = "7d": expected window or none',
    ],
    [
      "a flag that is a text",
      "history: { counters: yes please }",
      'config/dev.yml:1:22: history.counters = "yes please": expected true or false',
    ],
    [
      "a time that is none",
      "rules: { learnUntil: soon }",
      'config/dev.yml:1:22: rules.learnUntil = "soon": expected an ISO time such as 2026-12-01T00:00:00Z',
    ],
    [
      "days that CloudWatch has none of",
      "logs: { retentionDays: 31 }",
      "config/dev.yml:1:24: logs.retentionDays = 31: expected one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653",
    ],
    [
      "an address that is none",
      "operations: { email: [me] }",
      'config/dev.yml:1:23: operations.email[0] = "me": expected an e-mail address',
    ],
    ["text where keys should be", "history: big", 'config/dev.yml:1:10: history = "big": expected keys and values'],
    [
      "a severity that there is none of",
      "findings: { subscriptions: [{ protocol: email, endpoint: a@example.com, severity: [hihg] }] }",
      'config/dev.yml:1:84: findings.subscriptions[0].severity[0] = "hihg": expected low, medium, high or critical',
    ],
    [
      "a bus that is an ARN",
      "findings: { export: { eventBus: 'arn:aws:events:eu-west-1:111122223333:event-bus/b' } }",
      'config/dev.yml:1:33: findings.export.eventBus = "arn:aws:events:eu-west-1:111122223333:event-bus/b": expected the name of an event bus of this account, such as default',
    ],
    [
      "a way to people that there is none of",
      "findings: { notify: [{ protocol: slack, endpoint: x }] }",
      'config/dev.yml:1:34: findings.notify[0].protocol = "slack": expected email or https',
    ],
    [
      "a protocol that SNS needs a role for",
      "findings: { subscriptions: [{ protocol: firehose, endpoint: x }] }",
      'config/dev.yml:1:41: findings.subscriptions[0].protocol = "firehose": expected email, email-json, https, sqs or lambda',
    ],
    ["two keys of one name", "canary: true\ncanary: false", "config/dev.yml:2:1: Map keys must be unique"],
    [
      "no YAML",
      "stream: [",
      "config/dev.yml:1:10: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
  ];
  for (const [name, text, expected] of cases) {
    test(`${name} is told with its place, its value, and what is allowed`, () => {
      assert.deepEqual(messages(text), [expected]);
    });
  }

  const contradictions: readonly (readonly [string, string, RegExp])[] = [
    [
      "a stream that exists and its shards",
      `stream: { arn: '${STREAM}', shards: 2 }`,
      /stream\.shards = 2: the stream of stream\.arn has its own/,
    ],
    [
      "shards of a stream on demand",
      "stream: { mode: ON_DEMAND, shards: 2 }",
      /stream\.shards = 2: a stream that is ON_DEMAND/,
    ],
    ["no source at all", "stream: none", /stream = "none": no stream and no delivery stream/],
    [
      "a canary without a stream",
      "{ stream: none, firehose: stream, canary: true }",
      /canary = true: the canary sings on a stream/,
    ],
    [
      "another Region's stream",
      `{ region: us-east-1, stream: { arn: '${STREAM}' } }`,
      /stream\.arn = .*: is in eu-west-1, and the stage in us-east-1/,
    ],
    ["senders without a key", "stream: { senders: ['444455556666'] }", /stream\.kmsKey is needed/],
    ["LATEST of a new stream", "stream: { startingPosition: LATEST }", /would lose the first minutes/],
    [
      "a table that exists and its limits",
      "history: { table: t, maxWriteUnits: 9 }",
      /history\.maxWriteUnits = 9: the table of history\.table/,
    ],
    ["no archive and its days", "findings: { archive: false, archiveDays: 9 }", /there is no archive/],
    [
      "a mail and a chat's message",
      "findings: { notify: [{ protocol: email, endpoint: a@example.com, format: chat }] }",
      /findings\.notify\[0\]\.format = "chat": a chat's messages are for a program/,
    ],
    [
      "a mail and a URL",
      "findings: { notify: [{ protocol: email, endpoint: 'https://example.com' }] }",
      /findings\.notify\[0\]\.endpoint = .*expected an e-mail address/,
    ],
    [
      "https and an address",
      "findings: { notify: [{ protocol: https, endpoint: a@example.com }] }",
      /findings\.notify\[0\]\.endpoint = .*expected a URL that begins with https/,
    ],
    [
      "a filter and SNS's bounds",
      `findings: { notify: [{ protocol: email, endpoint: a@example.com, severity: [low, high], tags: [${Array.from({ length: 76 }, (_, at) => `t${at}`).join(", ")}] }] }`,
      /findings\.notify\[0\] .*152 combinations .* of which SNS filters by 150/,
    ],
    ["a tag of AWS's", "tags: { 'aws:x': y }", /AWS keeps names in aws:/],
  ];
  const twice: readonly (readonly [string, string, RegExp])[] = [
    [
      "an endpoint of two filters",
      "findings: { subscriptions: [{ protocol: email, endpoint: a@b.de, severity: [high] }, { protocol: email, endpoint: a@b.de }] }",
      /findings\.subscriptions\[1\]\.endpoint = "a@b\.de": an endpoint has one subscription to a topic/,
    ],
    [
      "a person told twice",
      "findings: { notify: [{ protocol: email, endpoint: a@b.de, severity: [critical] }, { protocol: email, endpoint: a@b.de, rules: [r1] }] }",
      /findings\.notify\[1\]\.endpoint = "a@b\.de": an endpoint has one subscription to a topic/,
    ],
    [
      "an address woken twice",
      "operations: { email: [a@b.de, a@b.de] }",
      /operations\.email\[1\] = "a@b\.de": is named twice/,
    ],
  ];
  for (const [name, text, expected] of [...contradictions, ...twice]) {
    test(`${name} contradict each other`, () => {
      const found = messages(text);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", /^config\/dev\.yml:1:\d+: /);
      assert.match(found[0] ?? "", expected);
    });
  }

  test("does not hide the next", () => {
    const found = messages(
      "firehose: yes\ncanary: on\nstream:\n  shards: 0\n  retentionHour: 24\nlogs: { retentionDays: 2 }\n",
    );
    assert.deepEqual(
      found.map((line) => line.split(" = ")[0]),
      [
        "config/dev.yml:1:11: firehose",
        "config/dev.yml:2:9: canary",
        "config/dev.yml:4:11: stream.shards",
        "config/dev.yml:5:18: stream.retentionHour",
        "config/dev.yml:6:24: logs.retentionDays",
      ],
    );
  });

  test("of a stage that has no file names the stages that have one", () => {
    assert.throws(() => readSettings(root, "prd"), {
      message: "config/prd.yml: no settings for stage prd; there are dev, example, prod",
    });
  });

  test("is told inert, and of thousands the first", () => {
    const [only = ""] = messages('"a\\u202eb\\e[31m": 1');
    assert.match(only, /^config\/dev\.yml:1:\d+: a\\u202eb\\u001b\[31m = 1: there is no such key/);
    const many = messages(Array.from({ length: 15_000 }, (_, index) => `k${index}: 1`).join("\n"));
    assert.equal(many.length, 51);
    assert.equal(many.at(-1), "config/dev.yml: and 14950 more mistakes");
    assert.match(messages("[".repeat(5000))[0] ?? "", /nested too deep|sufficiently indented/);
  });

  test("is no way out of the folder, nor a bomb", () => {
    assert.throws(() => readSettings(root, "../config/dev"), /no stage's name/);
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]\n${["b", "c", "d", "e", "f", "g", "h"].map((name, index) => `${name}: &${name} [${Array(10).fill(`*${"abcdefg"[index]}`).join(", ")}]`).join("\n")}`;
    assert.equal(messages(bomb).length > 0, true);
  });
});

test("what is loosely of the kind is refused with its place and with what is allowed", () => {
  const key = "arn:aws:kms:eu-west-1:111122223333:key/1";
  const refused: readonly (readonly [string, RegExp])[] = [
    ["tags: { __proto__: a }", /^config\/dev\.yml:1:\d+: tags \(keys and values\): __proto__: expected another name/],
    ["tags: { '': a }", /: tags \(keys and values\): "": expected letters, digits, spaces and _ \. :/],
    ['tags: { a: "\\0" }', /: tags \(keys and values\): "a": expected letters, digits, spaces/],
    ["tags: { a: '${env:HOME}' }", /: tags \(keys and values\): "a": expected letters, digits, spaces/],
    ...["*", "${env:HOME}", " x", "a?"].map(
      (name) =>
        [
          `stream: { arn: 'arn:aws:kinesis:eu-west-1:111122223333:stream/${name}' }`,
          /: expected an ARN such as/,
        ] as const,
    ),
    ["region: ' '", /: region = " ": expected a Region such as eu-west-1/],
    ['region: "eu-west-1\\n"', /: region = ".*": expected a Region such as eu-west-1/],
    [`region: ${"a".repeat(4)}-${"b".repeat(50)}-1`, /: region = .*: expected a Region such as eu-west-1/],
    ["region: somewhere", /: region = "?somewhere"?: expected a Region such as eu-west-1/],
    [
      `stream: { kmsKey: "${key}", senders: ["111122223333", "222233334444", "111122223333"] }`,
      /: stream\.senders\[2\] = ".*": is named twice/,
    ],
    ...["foo", "arn:aws:sns:eu-west-1:111122223333:topic", "arn:aws:sqs:eu-west-1:111122223333:"].map(
      (endpoint): [string, RegExp] => [
        `findings: { subscriptions: [{ protocol: sqs, endpoint: "${endpoint}" }] }`,
        /: findings\.subscriptions\[0\]\.endpoint = ".*": expected the ARN of a queue such as arn:aws:sqs:/,
      ],
    ),
    ...["name", "arn:aws:lambda:eu-west-1:111122223333:layer:x"].map((endpoint): [string, RegExp] => [
      `findings: { subscriptions: [{ protocol: lambda, endpoint: "${endpoint}" }] }`,
      /endpoint = ".*": expected the ARN of a function such as arn:aws:lambda:/,
    ]),
    ...["https://", "https:///x", "https://a b", "http://a.example", "https://a.example/\\n"].flatMap((endpoint) =>
      ["subscriptions", "notify"].map((name): [string, RegExp] => [
        `findings: { ${name}: [{ protocol: https, endpoint: "${endpoint}" }] }`,
        /\[0\]\.endpoint = ".*": expected a URL that begins with https:\/\/ and names a host/,
      ]),
    ),
    ["findings: { subscriptions: [{ protocol: email-json, endpoint: nobody }] }", /endpoint = .*: expected an e-mail/],
    [
      'permissionsBoundary: "arn:aws:iam::111122223333:policy/boundary\\n"',
      /: permissionsBoundary = ".*": expected an ARN such as arn:aws:iam::/,
    ],
  ];
  for (const [text, expected] of refused) {
    assert.throws(
      () => settingsOfText("config/dev.yml", text),
      ({ message }: Error) => {
        assert.match(message, expected);
        assert.equal(message.split("\n").length, 1, message);
        return true;
      },
    );
  }
});

test("what is of the kind is taken, whatever its form", () => {
  for (const region of ["us-gov-west-1", "ap-southeast-2", "cn-north-1", "us-isob-east-1", "mx-central-1"])
    assert.equal(settingsOf({ region }).region, region);
  const subscriptions = [
    { protocol: "sqs", endpoint: "arn:aws-cn:sqs:cn-north-1:111122223333:q" },
    { protocol: "lambda", endpoint: "arn:aws:lambda:eu-west-1:111122223333:function:f:live" },
    { protocol: "https", endpoint: "https://user:x@a.example:8443/hook?a=b#c" },
  ];
  assert.equal(settingsOf({ findings: { subscriptions } }).findings.subscriptions.length, 3);
  assert.deepEqual(settingsOf({ tags: { constructor: "a" } }).tags, { constructor: "a" });
});

test("keys named like an object's own are unknown, and harmless", () => {
  assert.throws(
    () => settingsOf(JSON.parse('{"__proto__": {"canary": false}, "constructor": 1}')),
    /there is no such key/,
  );
});
