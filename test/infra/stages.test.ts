import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Json, JsonObject, Template } from "../../src/deploy/cloudformation.ts";
import { problems } from "./cloudformation.ts";
import { packaged } from "./package.ts";

const folder = fileURLToPath(new URL("../../config/", import.meta.url));
const ACCOUNT = "111122223333";

const base = (await packaged("")).template;
const stages = new Map<string, Template>();
for (const path of ["example.yml", ...readdirSync(`${folder}examples`).map((name) => `examples/${name}`)]) {
  stages.set(path, (await packaged(readFileSync(`${folder}${path}`, "utf8"))).template);
}

function stage(name: string): Template {
  const template = stages.get(`examples/${name}.yml`);
  assert.ok(template, name);
  return template;
}
const properties = (template: Template, id: string): JsonObject => template.Resources[id]?.Properties ?? {};
const ids = (template: Template) => Object.keys(template.Resources);
const of = (template: Template, type: string) => ids(template).filter((id) => template.Resources[id]?.Type === type);
/** What a stage has that the least of settings has not, and the other way about. */
const more = (template: Template) =>
  ids(template)
    .filter((id) => !(id in base.Resources))
    .sort();
const less = (template: Template) =>
  ids(base)
    .filter((id) => !(id in template.Resources))
    .sort();
const withoutDigest = (id: string) => id.replace(/Subscription[0-9a-f]{12}$/, "Subscription");
const isOf = (part: RegExp) => (id: string) => part.test(id);

for (const [path, template] of stages) {
  describe(`the package of config/${path}`, () => {
    test("is known to CloudFormation", () => assert.deepEqual(problems(template), []));
    test("has decided all its conditions", () => {
      assert.equal(template.Conditions, undefined);
      assert.doesNotMatch(JSON.stringify(template), /Fn::If|AWS::NoValue|"Condition":"/);
    });
    test("says what each of its outputs is", () => {
      for (const [name, output] of Object.entries(template.Outputs ?? {})) {
        if (name.startsWith("Serverless")) continue;
        assert.match(String((output as JsonObject)["Description"]), /^[A-Z]/, name);
      }
    });
    test("keeps what holds data or is subscribed to", () => {
      const kept = [
        "DynamoDB::Table",
        "Kinesis::Stream",
        "KinesisFirehose::DeliveryStream",
        "KMS::Key",
        "SNS::Topic",
        "SQS::Queue",
      ];
      for (const id of [...kept, "S3::Bucket"].flatMap((type) => of(template, `AWS::${type}`))) {
        if (id === "ServerlessDeploymentBucket") continue;
        const { DeletionPolicy, UpdateReplacePolicy } = template.Resources[id] ?? {};
        assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ["Retain", "Retain"], id);
      }
    });
  });
}

test("the commented example is the least of settings", () => {
  const example = stages.get("example.yml");
  assert.ok(example);
  assert.deepEqual(ids(example).sort(), ids(base).sort());
});

describe("a stage with a stream that exists", () => {
  const template = stage("existing-stream");
  const arn = `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/endpoint-events`;

  test("makes none, and has all else", () => {
    assert.deepEqual(less(template), ["EventStream"]);
    assert.deepEqual(more(template).map(withoutDigest), ["OperationsSubscription"]);
    assert.doesNotMatch(JSON.stringify(template), /"EventStream"|\$\{EventStream/);
  });
  test("reads it, from now on, and may read no other", () => {
    assert.partialDeepStrictEqual(properties(template, "KinesisEventSourceMappingKinesisEventStream"), {
      EventSourceArn: arn,
      StartingPosition: "LATEST",
    });
    assert.deepEqual(statement(template, "KinesisFunctionRole", "ReadStream")["Resource"], arn);
  });
  test("gives up on a record before that stream forgets it, and rings long before", () => {
    const { MaximumRecordAgeInSeconds } = properties(template, "KinesisEventSourceMappingKinesisEventStream");
    assert.ok(Number(MaximumRecordAgeInSeconds) < 24 * 3600 && Number(MaximumRecordAgeInSeconds) > 12 * 3600);
  });
  test("watches it by its name", () => {
    const watched = of(template, "AWS::CloudWatch::Alarm").flatMap((id) =>
      namesOf(properties(template, id), "StreamName"),
    );
    assert.ok(watched.length > 0);
    assert.deepEqual([...new Set(watched)], ["endpoint-events"]);
  });
  test("says where alarms are sent to", () => {
    const [id = ""] = more(template);
    assert.partialDeepStrictEqual(properties(template, id), { Protocol: "email", Endpoint: "platform@example.com" });
  });
});

describe("a stage that a delivery stream brings all events", () => {
  const template = stage("firehose-only");

  test("has no stream, and nothing that reads one", () => {
    const gone = less(template);
    for (const id of [
      "EventStream",
      "KinesisLambdaFunction",
      "KinesisFunctionRole",
      "KinesisLogGroup",
      "FailedBatchBucket",
    ]) {
      assert.ok(gone.includes(id), id);
    }
    assert.deepEqual(ids(template).filter(isOf(/^(Kinesis|EventStream|FailedBatch|Canary)/)), []);
    assert.deepEqual(of(template, "AWS::Lambda::EventSourceMapping"), ["RetryEventSourceMappingSQSRetryQueue"]);
  });
  test("makes one, with a bucket; where there is one, it makes the function alone", () => {
    const made = ["DeliveryBucket", "DeliveryBucketPolicy", "DeliveryRole", "DeliveryStream"];
    assert.deepEqual(
      ids(template)
        .filter((id) => !(id in stage("own-firehose").Resources))
        .sort(),
      made,
    );
    assert.deepEqual(
      ids(stage("own-firehose")).filter((id) => !(id in template.Resources)),
      [],
    );
  });
});

describe("a stage with keys, a network, a table, a pager and a boundary of its own", () => {
  const template = stage("regulated");
  const key = (digit: number) =>
    `arn:aws:kms:eu-west-1:${ACCOUNT}:key/${String(digit).repeat(8)}-${`${String(digit).repeat(4)}-`.repeat(3)}${String(digit).repeat(12)}`;

  test("makes none of them", () => {
    assert.deepEqual(less(template), ["FindingsKey", "HistoryTable", "OperationsTopic", "OperationsTopicPolicy"]);
    assert.deepEqual(more(template), ["StreamConsumer"]);
    assert.deepEqual(of(template, "AWS::KMS::Key"), []);
  });
  test("encrypts with them, and lets the functions use them through their services alone", () => {
    assert.partialDeepStrictEqual(properties(template, "EventStream"), {
      StreamEncryption: { EncryptionType: "KMS", KeyId: key(1) },
    });
    // By its ARN: under its id alone, SNS would look for it in the stage's own account.
    assert.equal(properties(template, "FindingsTopic")["KmsMasterKeyId"], key(3));
    const through = {
      DecryptStream: [key(1), "kinesis"],
      UseTableKey: [key(2), "dynamodb"],
      EncryptFindings: [key(3), "sns"],
    };
    for (const [sid, [arn, service]] of Object.entries(through)) {
      assert.partialDeepStrictEqual(statement(template, "KinesisFunctionRole", sid), {
        Resource: arn ?? "",
        Condition: { StringEquals: { "kms:ViaService": { "Fn::Sub": `${service}.\${AWS::Region}.amazonaws.com` } } },
      });
    }
  });
  test("reads the stream as a consumer of its own", () => {
    assert.deepEqual(properties(template, "KinesisEventSourceMappingKinesisEventStream")["EventSourceArn"], {
      Ref: "StreamConsumer",
    });
    assert.deepEqual(statement(template, "KinesisFunctionRole", "Subscribe")["Resource"], { Ref: "StreamConsumer" });
  });
  test("remembers in that table, whose index the sweeper looks into", () => {
    for (const id of of(template, "AWS::Lambda::Function")) {
      assert.partialDeepStrictEqual(properties(template, id), {
        Environment: { Variables: { HISTORY_TABLE: "firstsight-history" } },
      });
    }
    assert.deepEqual(statement(template, "SweepFunctionRole", "FindPending")["Resource"], {
      "Fn::Sub": `arn:\${AWS::Partition}:dynamodb:\${AWS::Region}:\${AWS::AccountId}:table/firstsight-history/index/outbox`,
    });
  });
  test("has each function in the network, by a role that may join it", () => {
    for (const id of of(template, "AWS::Lambda::Function")) {
      assert.partialDeepStrictEqual(properties(template, id), {
        VpcConfig: { SecurityGroupIds: ["sg-0123456789abcdef0"] },
      });
      const [role = ""] = (properties(template, id)["Role"] as { readonly "Fn::GetAtt": readonly string[] })[
        "Fn::GetAtt"
      ];
      assert.ok(statement(template, role, "JoinNetwork"));
    }
  });
  test("has each role within the boundary", () => {
    for (const id of of(template, "AWS::IAM::Role")) {
      assert.equal(properties(template, id)["PermissionsBoundary"], `arn:aws:iam::${ACCOUNT}:policy/boundary`);
    }
  });
  test("rings at that pager", () => {
    for (const id of of(template, "AWS::CloudWatch::Alarm")) {
      assert.deepEqual(properties(template, id)["AlarmActions"], [`arn:aws:sns:eu-west-1:${ACCOUNT}:pager`]);
    }
  });
  test("tags its functions itself, and by the stack all else", () => {
    for (const id of of(template, "AWS::Lambda::Function")) {
      assert.partialDeepStrictEqual(properties(template, id), {
        Tags: [
          { Key: "team", Value: "security" },
          { Key: "cost-center", Value: "4711" },
        ],
      });
    }
  });
});

describe("a stage that other accounts send to", () => {
  const template = stage("many-accounts");

  test("lets them put records, and no more", () => {
    const { ResourcePolicy } = properties(template, "EventStreamPolicy") as { readonly ResourcePolicy: JsonObject };
    assert.partialDeepStrictEqual((ResourcePolicy["Statement"] as readonly Json[])[0] as JsonObject, {
      Principal: { AWS: ["444455556666", "777788889999"] },
      Action: ["kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:PutRecord", "kinesis:PutRecords"],
    });
  });
  test("has a stream that grows by itself, and no number of shards", () => {
    assert.deepEqual(properties(template, "EventStream")["StreamModeDetails"], { StreamMode: "ON_DEMAND" });
    assert.ok(!("ShardCount" in properties(template, "EventStream")));
  });
  test("tells analysts what is severe", () => {
    const [id = ""] = more(template).filter(isOf(/^FindingsSubscription/));
    assert.partialDeepStrictEqual(properties(template, id), {
      Endpoint: "analysts@example.com",
      FilterPolicy: { severity: ["high", "critical"] },
    });
  });
});

describe("osls refuses to package", () => {
  const cases: readonly (readonly [string, Parameters<typeof packaged>, RegExp])[] = [
    [
      "settings with a mistake",
      ["firehose: yes"],
      /config\/dev\.yml:1:11: firehose = "yes": expected none, function or stream/,
    ],
    ["settings on the command line", ["", { options: ["--param=firehose=true"] }], /settings are in config\/dev\.yml/],
    ["a stage without settings", ["", { options: ["--stage", "prd"] }], /no settings for stage prd; there are dev/],
    [
      "another Region than the settings'",
      ["", { options: ["--region", "us-east-1"] }],
      /config\/dev\.yml says eu-west-1/,
    ],
    ["a rule that cannot run", ["", { rules: { "broken.toml": "[rule]\nname = 1\n" } }], /broken\.toml/],
    [
      "a broken exception",
      ["", { exceptions: { "broken.ndjson": "{" } }],
      /broken\.ndjson:1:1: the line is no JSON object/,
    ],
    ["a rule whose test fails", ["", { rules: { "imds.test.yaml": "rule: nothing.toml\n" } }], /imds\.test\.yaml/],
  ];
  for (const [name, given, expected] of cases) {
    test(name, async () => {
      await assert.rejects(packaged(...given), expected);
    });
  }
  test("and tells of a mistake once, however many variables read the settings", async () => {
    await assert.rejects(
      packaged("firehose: yes"),
      ({ message }: Error) => message.split("config/dev.yml").length === 2,
    );
  });
});

function statement(template: Template, role: string, sid: string): JsonObject {
  const [policy] = properties(template, role)["Policies"] as unknown as readonly {
    readonly PolicyDocument: JsonObject;
  }[];
  const found = ((policy?.PolicyDocument["Statement"] ?? []) as readonly JsonObject[]).find(({ Sid }) => Sid === sid);
  assert.ok(found, `${role} has no ${sid}`);
  return found;
}

/** The values of a dimension, wherever it stands. */
function namesOf(value: Json, name: string): Json[] {
  if (Array.isArray(value)) return value.flatMap((one: Json) => namesOf(one, name));
  if (typeof value !== "object" || value === null) return [];
  const { Name, Value } = value as JsonObject;
  return Name === name && Value !== undefined ? [Value] : Object.values(value).flatMap((one) => namesOf(one, name));
}
