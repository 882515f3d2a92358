import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import {
  CreateTopicCommand,
  ListSubscriptionsByTopicCommand,
  SubscribeCommand,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { startedRule } from "../../src/detect/rule-set.ts";
import { dynamoDbTable } from "../../src/history/dynamodb-table.ts";
import { openClients } from "../../src/operations/clients.ts";
import { StackError } from "../../src/operations/stack.ts";
import { type Status, statusOf } from "../../src/operations/status.ts";
import { rulesDigest } from "../../src/rule/digest.ts";
import { loadRules } from "../../src/rule/load.ts";
import { dynamoDb } from "../../src/runtime/dynamodb.ts";
import { received } from "../support/cloud.ts";
import { deployedStack } from "../support/deployed-stack.ts";
import { ruleText } from "../support/rule-text.ts";
import { shippedDetector } from "../support/rules.ts";

const stack = await deployedStack();
const { aws, cloud, state } = stack;
Object.assign(process.env, stack.environment);
const clients = openClients();
after(async () => {
  clients.close();
  await stack.close();
});
beforeEach(() => stack.mend());

const look = (limitMs = 5000, rulesFolder = "rules") =>
  statusOf(clients, { stackName: "firstsight-prod", rulesFolder, limitMs });

/** The checks that are not fine, by name. */
function bad({ checks }: Status): Record<string, string> {
  return Object.fromEntries(
    checks
      .filter(({ state: each }) => each !== "fine")
      .map(({ name, state: each, says, more = [] }) => [name, [`${each}: ${says}`, ...more].join(" | ")]),
  );
}

test("on a good day all is well, and each part of the stack was looked at", async () => {
  const found = await look();
  assert.deepEqual(bad(found), {});
  assert.equal(found.isWell, true);
  assert.deepEqual(
    found.checks.map(({ name }) => name),
    [
      ...["stack", "mapping kinesis", "mapping retry", "iterator age", "alarms", "findings key"],
      ...[
        "history table",
        "history expiry",
        "history backup",
        "pending findings",
        "findings topic",
        "operations topic",
      ],
      ...["quarantine", "retry queue", "retry dead letters", "rule set", "learning", "canary"],
    ],
  );
  assert.deepEqual(found.outputs, stack.outputs);
  assert.equal(found.checks.find(({ name }) => name === "canary")?.says.includes("4 min ago"), true);
});

const BREAKAGES: readonly (readonly [string, () => void, string, RegExp])[] = [
  [
    "a stack that was rolled back",
    () => {
      state.stackStatus = "UPDATE_ROLLBACK_COMPLETE";
    },
    "stack",
    /^wrong: .*the last deployment was taken back/,
  ],
  [
    "a stack that is being changed",
    () => {
      state.stackStatus = "UPDATE_IN_PROGRESS";
    },
    "stack",
    /^wrong: .*not settled/,
  ],
  [
    "a mapping that is switched off",
    () => {
      state.mapping.State = "Disabled";
    },
    "mapping kinesis",
    /^wrong: Disabled, last result: OK; it hands over nothing \(User action\)/,
  ],
  [
    "a mapping whose function cannot be called",
    () => {
      state.mapping.LastProcessingResult = "PROBLEM: Function call failed";
    },
    "mapping kinesis",
    /^wrong: Enabled, last result: PROBLEM: Function call failed/,
  ],
  [
    "a stream that is read late",
    () => {
      state.points.set("IteratorAge", [[1, 300_000]]);
    },
    "iterator age",
    /^wrong: 5 min behind.*findings come late/,
  ],
  [
    "an alarm that rings",
    () => {
      state.alarms.set("firstsight-prod-BehindAlarm", "ALARM");
    },
    "alarms",
    /^wrong: 1 of 2 ring \| firstsight-prod-BehindAlarm rings since 2026-11-20 08:00 UTC, \d+ d ago: what firstsight-prod-BehindAlarm means/,
  ],
  [
    "an alarm that was deleted",
    () => {
      state.deletedAlarms.add("firstsight-prod-ErrorsAlarm");
    },
    "alarms",
    /^wrong: .*firstsight-prod-ErrorsAlarm is not there any more/,
  ],
  [
    "a key that is to be deleted",
    () => {
      state.keyState = "PendingDeletion";
    },
    "findings key",
    /^wrong: PendingDeletion; no finding can be published/,
  ],
  [
    "a table that keeps all",
    () => {
      state.ttl = "DISABLED";
    },
    "history expiry",
    /^wrong: DISABLED/,
  ],
  [
    "a table without backup",
    () => {
      state.pitr = "DISABLED";
    },
    "history backup",
    /^wrong: /,
  ],
  [
    "a canary that is silent",
    () => {
      state.points.set("canary", [
        [20, 1],
        [1, 0],
      ]);
    },
    "canary",
    /^wrong: last finding .*20 min ago/,
  ],
  [
    "a canary that was never heard",
    () => {
      state.points.set("canary", []);
    },
    "canary",
    /^wrong: no finding of it/,
  ],
  [
    "other rules than those here",
    () => {
      state.outputs = { ...stack.outputs, RuleSet: "0".repeat(64) };
    },
    "rule set",
    /^wrong: deployed 000000000000, rules [0-9a-f]{12}; the rules that run are not these/,
  ],
];

for (const [what, breakIt, name, says] of BREAKAGES) {
  test(`${what} is the one thing that is wrong`, async () => {
    breakIt();
    const found = await look();
    assert.deepEqual(Object.keys(bad(found)), [name]);
    assert.match(bad(found)[name] ?? "", says);
    assert.equal(found.isWell, false);
  });
}

test("two things that are wrong at once are two", async () => {
  state.mapping.State = "Disabled";
  state.keyState = "Disabled";
  assert.deepEqual(Object.keys(bad(await look())), ["mapping kinesis", "findings key"]);
});

test("a table that is not there is wrong, and so is what is asked of it", async () => {
  state.outputs = { ...stack.outputs, HistoryTableName: "elsewhere" };
  const found = bad(await look());
  assert.match(found["history table"] ?? "", /^wrong: not there: ResourceNotFound for dynamodb:DescribeTable/);
  assert.match(found["pending findings"] ?? "", /^wrong: not there: ResourceNotFound for dynamodb:Query/);
});

test("a queue that is not there is wrong", async () => {
  state.outputs = { ...stack.outputs, QuarantineQueueUrl: `${aws.url}/000000000000/gone` };
  assert.match(bad(await look())["quarantine"] ?? "", /^wrong: not there: .* for sqs:GetQueueAttributes/);
});

test("a stack without its table is not all there", async () => {
  const { HistoryTableName: _, FindingsTopicArn: __, ...rest } = stack.outputs;
  state.outputs = rest;
  const found = bad(await look());
  assert.equal(found["history table"], "wrong: the stack has no output HistoryTableName");
  assert.equal(found["findings topic"], "wrong: the stack has no output FindingsTopicArn");
});

test("what a stage leaves out is not looked at", async () => {
  const { QuarantineQueueUrl: _, RuleSet: __, ...rest } = stack.outputs;
  state.outputs = rest;
  state.points.delete("canary");
  const found = await look();
  assert.deepEqual(bad(found), {});
  assert.equal(
    found.checks.some(({ name }) => name === "quarantine"),
    false,
  );
});

test("messages that want a person are wrong; those that are worked are not", async () => {
  const send = (queue: string) =>
    cloud.sqs.send(new SendMessageCommand({ QueueUrl: `${aws.url}/000000000000/${queue}`, MessageBody: "{}" }));
  for (const queue of ["retry", "quarantine", "retry-dead"]) await send(queue);
  try {
    const found = await look();
    assert.deepEqual(Object.keys(bad(found)), ["quarantine", "retry dead letters"]);
    assert.match(bad(found)["quarantine"] ?? "", /^wrong: 1 messages; bytes that are no event/);
    assert.equal(found.checks.find(({ name }) => name === "retry queue")?.says, "1 messages");
  } finally {
    for (const queue of ["retry", "quarantine", "retry-dead"]) {
      await received(cloud.sqs, `${aws.url}/000000000000/${queue}`);
    }
  }
});

test("findings that nobody publishes are wrong, those of a living invocation are not", async () => {
  const table = dynamoDbTable(dynamoDb(cloud.dynamoDb), stack.outputs["HistoryTableName"] ?? "");
  const now = Date.now();
  const claim = (id: number, leaseUntil: number) =>
    table.claim(`n1#${id}`, {
      ruleId: "r",
      preview: ["a"],
      firstSeen: now,
      lastSeen: now,
      findingId: "0".repeat(32),
      triggerId: "t",
      outbox: Buffer.from("{}"),
      leaseUntil,
      windowMs: 1000,
    });
  await claim(1, now + 60_000);
  const alive = await look();
  assert.deepEqual(bad(alive), {});
  assert.equal(alive.checks.find(({ name }) => name === "pending findings")?.says, "1");
  await table.openWindow({ opener: "o", start: now, end: now, due: now + 3_600_000, outbox: Buffer.from("{}") });
  assert.deepEqual(bad(await look()), {}, "a window of suppression that is open");
  await claim(2, now + 600_000);
  assert.match(bad(await look())["pending findings"] ?? "", /^wrong: 2; 1 were tried at least three times/);
  await claim(3, now - 600_000);
  assert.match(bad(await look())["pending findings"] ?? "", /^wrong: 3; 1 are due for up to 10 min, and nobody/);
  for (const id of [1, 2, 3]) {
    await table.complete(`n1#${id}`, { findingId: "0".repeat(32), now, windowMs: 1000, lastSeen: now });
  }
  assert.deepEqual(bad(await look()), {});
});

test("nobody listens to findings: no subscription, one that is not confirmed, an archive, a queue that nobody reads", async () => {
  const { TopicArn = "" } = await cloud.sns.send(new CreateTopicCommand({ Name: "silent" }));
  state.outputs = { ...stack.outputs, FindingsTopicArn: TopicArn };
  const topic = async () => bad(await look())["findings topic"];
  assert.equal(await topic(), "wrong: no subscription; nobody listens to findings");

  aws.answers.set("sns:ListSubscriptionsByTopic", ({ TopicArn: asked }) => ({
    Subscriptions: [
      subscription("email", "someone@example.com", "PendingConfirmation"),
      ...(asked === TopicArn ? more : [subscription("email", "ops@example.com", "arn:aws:sns:eu-west-1:0:o:1")]),
    ],
  }));
  let more: ReturnType<typeof subscription>[] = [];
  try {
    assert.equal(await topic(), "wrong: no subscription, 1 not confirmed yet; nobody listens to findings");
    more = [
      subscription("firehose", "arn:aws:firehose:eu-west-1:0:deliverystream/archive", "arn:aws:sns:eu-west-1:0:t:1"),
    ];
    assert.match((await topic()) ?? "", /1 firehose, 1 not confirmed yet; nobody listens to findings: they are kept/);
    state.outputs = { ...state.outputs, FindingsQueueUrl: `${aws.url}/000000000000/findings` };
    more = [subscription("sqs", "arn:aws:sqs:eu-west-1:0:findings", "arn:aws:sns:eu-west-1:0:t:2")];
    assert.match((await topic()) ?? "", /nobody listens to findings/);
    state.points.set("NumberOfEmptyReceives", [[3, 12]]);
    assert.equal(await topic(), undefined);
    state.points.delete("NumberOfEmptyReceives");
    more.push(subscription("lambda", "arn:aws:lambda:eu-west-1:0:function:page", "arn:aws:sns:eu-west-1:0:t:3"));
    assert.equal(await topic(), undefined);
  } finally {
    aws.answers.delete("sns:ListSubscriptionsByTopic");
  }
});

function subscription(Protocol: string, Endpoint: string, SubscriptionArn: string) {
  return { SubscriptionArn, Owner: "0", Protocol, Endpoint, TopicArn: "t" };
}

test("nobody is told of alarms", async () => {
  const TopicArn = stack.outputs["OperationsTopicArn"] ?? "";
  const { Subscriptions = [] } = await cloud.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  const [{ SubscriptionArn, Protocol, Endpoint } = {}] = Subscriptions;
  await cloud.sns.send(new UnsubscribeCommand({ SubscriptionArn }));
  try {
    assert.match(bad(await look())["operations topic"] ?? "", /^wrong: no subscription; nobody is told of an alarm/);
  } finally {
    await cloud.sns.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint }));
  }
});

test("whatever may not be asked costs its own check, which names the permission, and no other", async () => {
  const learns = () => {
    state.variables = { ...state.variables, LEARN: "window" };
  };
  learns();
  await look();
  const actions = new Set(aws.asked);
  const documented = readFileSync("docs/status.md", "utf8").match(/(?<=`)[a-z]+:[A-Z]\w+(?=`)/g);
  assert.deepEqual([...actions].toSorted(), [...new Set(documented)].toSorted());
  for (const action of actions) {
    if (action === "cloudformation:DescribeStacks") continue;
    stack.mend();
    learns();
    aws.refusals.set(action, { code: "AccessDenied", message: "User is not authorized to perform it" });
    const found = bad(await look());
    assert.notDeepEqual(found, {}, action);
    for (const says of Object.values(found)) {
      assert.match(
        says,
        new RegExp(
          `^unknown: (0 of 1 rules learn, 0 have learned, of 1 it is )?not known: AccessDenied for ${action}$`,
        ),
      );
    }
  }
});

test("SNS says of a refusal that it is an authorization error: it is the same thing", async () => {
  aws.refusals.set("sns:ListSubscriptionsByTopic", { code: "AuthorizationError", message: "User is not authorized" });
  assert.match(bad(await look())["findings topic"] ?? "", /AccessDenied for sns:ListSubscriptionsByTopic$/);
});

test("a service that hangs costs its own check, and no more than its time", async () => {
  for (const action of ["kms:DescribeKey", "dynamodb:Query", "cloudformation:ListStackResources"]) {
    stack.mend();
    aws.hanging.add(action);
    const begun = performance.now();
    const found = bad(await look(1500));
    assert.ok(performance.now() - begun < 4500, action);
    assert.ok(Object.keys(found).length > 0, action);
    for (const says of Object.values(found))
      assert.match(says, /^unknown: not known: no answer (within 1.5 s|in time for)/);
  }
});

test("one that hangs and one that refuses are two, each with its own words", async () => {
  aws.hanging.add("cloudwatch:DescribeAlarms");
  aws.refusals.set("kms:DescribeKey", { code: "AccessDenied", message: "no" });
  assert.deepEqual(bad(await look(1500)), {
    alarms: "unknown: not known: no answer within 1.5 s",
    "findings key": "unknown: not known: AccessDenied for kms:DescribeKey",
  });
});

test("where the stack cannot be described there is nobody to ask", async () => {
  const why = async (limitMs = 5000) => {
    const error: unknown = await look(limitMs).catch((each: unknown) => each);
    assert.ok(error instanceof StackError, String(error));
    return error.message;
  };
  const refused = (code: string, message: string) =>
    aws.refusals.set("cloudformation:DescribeStacks", { code, message });
  refused("ValidationError", "Stack with id firstsight-prod does not exist");
  assert.equal(await why(), "there is no stack firstsight-prod in this account and Region");
  refused("ExpiredToken", "The security token included in the request is expired");
  assert.equal(await why(), "the credentials are not accepted: ExpiredToken");
  refused("AccessDenied", "no");
  assert.equal(await why(), "it cannot be asked about firstsight-prod: AccessDenied for cloudformation:DescribeStacks");
  stack.mend();
  aws.hanging.add("cloudformation:DescribeStacks");
  assert.match(await why(500), /no answer in time for cloudformation:DescribeStacks/);
});

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const table = dynamoDbTable(dynamoDb(cloud.dynamoDb), stack.outputs["HistoryTableName"] ?? "");
const shipped = startedRule(shippedDetector().rule);

/** What the check says, with a line for each rule that it names. */
const learning = async (limitMs = 5000, folder = "rules") => {
  const { checks } = await look(limitMs, folder);
  const { state: how, says, more = [], rules } = checks.find(({ name }) => name === "learning") ?? {};
  return { says: `${how}: ${says}`, more, rules };
};

/** Of a stage that runs these rules, and has them learn a window. */
function learningStage(folder = "rules"): void {
  state.variables = { ...state.variables, LEARN: "window" };
  state.outputs = { ...stack.outputs, RuleSet: rulesDigest(folder) };
}

/** As many rules, in a folder. */
function manyRules(count: number): string {
  const folder = join(mkdtempSync(join(tmpdir(), "firstsight-status-")), "rules");
  mkdirSync(folder);
  for (let index = 0; index < count; index++) {
    const name = `rule-${String(index).padStart(4, "0")}`;
    writeFileSync(join(folder, `${name}.toml`), ruleText(`process.name:${name}`, name).replace('"R"', `"${name}"`));
  }
  return folder;
}

test("a stage that does not learn says so, and one that learns until a time says until when", async () => {
  assert.deepEqual(await learning(), { says: "fine: none", more: [], rules: undefined });
  assert.equal(aws.asked.includes("dynamodb:BatchGetItem"), false);
  state.variables = { ...state.variables, COUNTERS: "true", LEARN_UNTIL: "2026-01-01T00:00:00Z" };
  assert.equal((await learning()).says, "fine: none");
  state.variables = { ...state.variables, LEARN_UNTIL: "2099-12-01T00:00:00Z" };
  assert.equal((await learning()).says, "fine: all rules learn until 2099-12-01 00:00 UTC");
  state.variables = { ...state.variables, LEARN_UNTIL: "8640000000000001" };
  assert.match((await learning()).says, /^fine: all rules learn until \+275760-09-13/);
});

test("a rule that was shown nothing, that learns, and that has learned, by the stream's time and not the clock's", async () => {
  learningStage();
  const [name] = [shippedDetector().rule.name];
  assert.deepEqual(await learning(), {
    says: "fine: 0 of 1 rules learn, 0 have learned, 1 has seen no record yet",
    more: [`${name}: no record yet`],
    rules: [{ ruleId: shipped.ruleId, name, state: "unseen" }],
  });
  const since = Date.now() - 7 * DAY - HOUR;
  await table.start(shipped.key, { at: since, ruleId: shipped.ruleId, windowMs: shipped.windowMs });
  const until = since + 7 * DAY;
  const told = { since: new Date(since).toISOString(), until: new Date(until).toISOString() };
  assert.deepEqual(await learning(), {
    says: "fine: 0 of 1 rules learn, 1 has learned",
    more: [],
    rules: [{ ruleId: shipped.ruleId, name, state: "learned", ...told }],
  });
  // The stream is read two hours late: the window is not over in it.
  state.points.set("IteratorAge", [[1, 2 * HOUR + 60_000]]);
  const behind = await learning();
  assert.equal(behind.says, "fine: 1 of 1 rules learns, 0 have learned");
  const minute = (text: string) => `${text.slice(0, 16).replace("T", " ")} UTC`;
  assert.deepEqual(behind.more, [
    `${name}: since ${minute(told.since)}, until ${minute(told.until)}, by 1 h of stream`,
  ]);
  // Where that is not known, the rest is told all the same.
  aws.refusals.set("cloudwatch:GetMetricData", { code: "AccessDenied", message: "no" });
  assert.equal((await learning()).says, "fine: 0 of 1 rules learn, 1 has learned");
});

test("variables that Lambda cannot decrypt are not taken for none", async () => {
  const { answers } = aws;
  const good = answers.get("lambda:GetFunctionConfiguration") ?? assert.fail();
  const failure = { ErrorCode: "AccessDeniedException", Message: "Lambda was unable to decrypt" };
  answers.set("lambda:GetFunctionConfiguration", { Environment: { Error: failure } });
  try {
    assert.equal((await learning()).says, "unknown: not known: AccessDenied for lambda:GetFunctionConfiguration");
  } finally {
    answers.set("lambda:GetFunctionConfiguration", good);
  }
});

test("rules that are not those that run cannot be told of, and the check says why", async () => {
  learningStage();
  state.outputs = { ...stack.outputs, RuleSet: "0".repeat(64) };
  assert.equal(
    (await learning()).says,
    "unknown: each rule for a window; which do cannot be told: the rules that run are not those of rules",
  );
  const { RuleSet: _, ...without } = stack.outputs;
  state.outputs = without;
  assert.match((await learning()).says, /^fine: .* cannot be told: the stack has no output RuleSet$/);
  state.outputs = stack.outputs;
  assert.match((await learning(5000, "nowhere")).says, /^fine: .* cannot be told: nowhere is not here$/);
  assert.equal(aws.asked.includes("dynamodb:BatchGetItem"), false);
});

test("2,000 rules are twenty reads, and the first twenty of those that learn have a line", async () => {
  const folder = manyRules(2000);
  learningStage(folder);
  const at = Date.now();
  const { detectors } = loadRules(folder);
  for (const [index, { rule }] of detectors.slice(0, 60).entries()) {
    const { key, ...start } = startedRule(rule);
    await table.start(key, { ...start, at: at - index * 6 * HOUR - 60_000 });
  }
  aws.asked.length = 0;
  const { says, more, rules = [] } = await learning(20_000, folder);
  assert.equal(says, "fine: 28 of 2000 rules learn, 32 have learned, 1940 have seen no record yet");
  assert.equal(aws.asked.filter((action) => action === "dynamodb:BatchGetItem").length, 20);
  assert.deepEqual([more.length, more.at(-1), rules.length], [21, "and 1948 more", 2000]);
  // The first to be done stands first.
  assert.match(more[0] ?? "", /^rule-0027: since .* by 5 h of stream$/);

  // What was read before the table fails is told.
  let left = 3;
  const passed = aws.answers;
  passed.set("dynamodb:BatchGetItem", () => {
    if (left-- > 0) return { Responses: {}, UnprocessedKeys: {} };
    aws.hanging.add("dynamodb:BatchGetItem");
    return { Responses: {}, UnprocessedKeys: { history: { Keys: [{ pk: { S: "start#x" } }] } } };
  });
  try {
    const begun = performance.now();
    const half = await learning(4000, folder);
    assert.ok(performance.now() - begun < 8000);
    assert.equal(
      half.says,
      "unknown: 0 of 2000 rules learn, 0 have learned, 300 have seen no record yet, of 1700 it is not known: no answer in time for dynamodb:BatchGetItem",
    );
  } finally {
    passed.delete("dynamodb:BatchGetItem");
  }
});

test("a table that is throttled, or leaves keys unread, costs the check and no more", async () => {
  learningStage();
  const code = "ProvisionedThroughputExceededException";
  aws.refusals.set("dynamodb:BatchGetItem", { code, message: "slow down" });
  const found = bad(await look(1500));
  assert.deepEqual(Object.keys(found), ["learning"]);
  assert.match(found["learning"] ?? "", /of 1 it is not known: no answer in time for dynamodb:BatchGetItem$/);
  stack.mend();
  learningStage();
  aws.answers.set("dynamodb:BatchGetItem", () => ({
    Responses: {},
    UnprocessedKeys: { history: { Keys: [{ pk: { S: shipped.key } }] } },
  }));
  try {
    assert.match((await learning()).says, /not known: DynamoDB left 1 keys unprocessed for dynamodb:BatchGetItem$/);
  } finally {
    aws.answers.delete("dynamodb:BatchGetItem");
  }
});

test("a start that is no time is wrong: its rule would learn for ever", async () => {
  learningStage();
  try {
    for (const fs of [{ S: "yesterday" }, { N: "1e300" }, { N: "8640000000000000" }]) {
      aws.answers.set("dynamodb:BatchGetItem", () => ({ Responses: { history: [{ pk: { S: shipped.key }, fs }] } }));
      const { says, more, rules } = await learning();
      assert.equal(says, "wrong: 0 of 1 rules learn, 0 have learned, 1 has a start that is no time");
      assert.match(more.join(), /: its start is no time, so it learns for ever$/);
      assert.equal(rules?.[0]?.state, "unreadable");
    }
  } finally {
    aws.answers.delete("dynamodb:BatchGetItem");
  }
});

test("a folder without rules is nothing to hold the deployed ones against", async () => {
  assert.deepEqual(bad(await look(5000, "nowhere")), {});
});
