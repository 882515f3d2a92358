import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isObject, type Json, type JsonObject } from "../../src/deploy/cloudformation.ts";
import { historyTable } from "../../src/local/history-table.ts";
import { rulesDigest } from "../../src/rule/digest.ts";
import { problems } from "./cloudformation.ts";
import { ACCOUNT, deployed, list, type Request } from "./deployed.ts";
import { packaged } from "./package.ts";

// Without the canary and the archive, which have tests of their own.
const { template, files, scripts } = await packaged("firehose: function\ncanary: false\nfindings: { archive: false }", {
  exceptions: { "a.ndjson": "", "lists/tools.txt": "curl\n" },
});
const withFirehose = await packaged("firehose: stream\ncanary: false\nfindings: { archive: false }");
const { arn, resolve, policyOf, grantsOf, decide } = deployed(template);
const ids = Object.keys(template.Resources);

function resource(id: string) {
  const found = template.Resources[id];
  assert.ok(found, `no resource ${id}`);
  return found;
}
const properties = (id: string): JsonObject => resource(id).Properties ?? {};
const ofType = (type: string) => ids.filter((id) => resource(id).Type === type);

/** Holds where everything expected is there with its value; what is not named is free. */
function has(id: string, expected: JsonObject): void {
  assert.partialDeepStrictEqual(properties(id), expected);
}

test("CloudFormation knows every type, property and reference", () => {
  assert.deepEqual(problems(template), []);
});

describe("the mapping from stream to function", () => {
  const mapping = "KinesisEventSourceMappingKinesisEventStream";
  const number = (name: string) => Number(properties(mapping)[name]);

  test("listens to partial answers", () => has(mapping, { FunctionResponseTypes: ["ReportBatchItemFailures"] }));
  test("splits a failed batch", () => has(mapping, { BisectBatchOnFunctionError: true }));
  test("gives up after a finite number of attempts, but not soon", () => {
    assert.ok(number("MaximumRetryAttempts") >= 20 && number("MaximumRetryAttempts") <= 10_000);
  });
  test("gives up on a record a day before the stream forgets it", () => {
    const retention = Number(properties("EventStream")["RetentionPeriodHours"]) * 3600;
    assert.ok(number("MaximumRecordAgeInSeconds") >= 3 * 86_400);
    assert.ok(number("MaximumRecordAgeInSeconds") <= retention - 86_400);
  });
  test("puts away what it gave up on", () => {
    has(mapping, { DestinationConfig: { OnFailure: { Destination: { "Fn::GetAtt": ["FailedBatchBucket", "Arn"] } } } });
  });
  test("begins at the oldest record", () => has(mapping, { StartingPosition: "TRIM_HORIZON" }));
  test("counts records", () => has(mapping, { MetricsConfig: { Metrics: ["EventCount"] } }));
  test("filters nothing: a filter drops what is not JSON, such as gzip", () => {
    assert.ok(!("FilterCriteria" in properties(mapping)));
  });
  test("joins the stream to the function, in batches", () => {
    has(mapping, {
      EventSourceArn: { "Fn::GetAtt": ["EventStream", "Arn"] },
      FunctionName: { "Fn::GetAtt": ["KinesisLambdaFunction", "Arn"] },
      Enabled: true,
      BatchSize: 1000,
      MaximumBatchingWindowInSeconds: 1,
      ParallelizationFactor: 1,
    });
  });
  test("is the only one beside the retry queue's", () => {
    const queue = "RetryEventSourceMappingSQSRetryQueue";
    assert.deepEqual(ofType("AWS::Lambda::EventSourceMapping"), [mapping, queue]);
    has(queue, {
      EventSourceArn: { "Fn::GetAtt": ["RetryQueue", "Arn"] },
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
  });
});

describe("what is stored", () => {
  test("the history table", () => {
    has("HistoryTable", {
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      TimeToLiveSpecification: { AttributeName: "ex", Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      DeletionProtectionEnabled: true,
    });
  });
  test("its outbox index, of keys only that pending items alone have", () => {
    assert.deepEqual(properties("HistoryTable")["GlobalSecondaryIndexes"], [
      {
        IndexName: "outbox",
        KeySchema: [
          { AttributeName: "gp", KeyType: "HASH" },
          { AttributeName: "gs", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "KEYS_ONLY" },
        OnDemandThroughput: { MaxReadRequestUnits: 4000, MaxWriteRequestUnits: 4000 },
      },
    ]);
    assert.deepEqual(properties("HistoryTable")["AttributeDefinitions"], [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "gp", AttributeType: "S" },
      { AttributeName: "gs", AttributeType: "N" },
    ]);
  });
  test("the stream keeps records encrypted for seven days", () => {
    has("EventStream", {
      RetentionPeriodHours: 168,
      StreamEncryption: { EncryptionType: "KMS", KeyId: "alias/aws/kinesis" },
      ShardCount: 1,
    });
  });
  test("findings pass through a topic with a key of its own, which rotates", () => {
    has("FindingsTopic", { KmsMasterKeyId: { "Fn::GetAtt": ["FindingsKey", "Arn"] } });
    has("FindingsKey", { EnableKeyRotation: true });
  });
  for (const queue of ["QuarantineQueue", "RetryQueue", "RetryDeadLetterQueue"]) {
    test(`${queue} keeps messages encrypted for fourteen days`, () => {
      has(queue, { SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 86_400 });
    });
  }
  test("what cannot be decided is tried for days, and then kept", () => {
    has("RetryQueue", { RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["RetryDeadLetterQueue", "Arn"] } } });
    const { maxReceiveCount } = properties("RetryQueue")["RedrivePolicy"] as JsonObject;
    const days = (Number(maxReceiveCount) * Number(properties("RetryQueue")["VisibilityTimeout"])) / 86_400;
    assert.ok(days >= 3 && days <= 10, `${days} days`);
    assert.ok(
      Number(properties("RetryQueue")["VisibilityTimeout"]) >= 6 * Number(properties("RetryLambdaFunction")["Timeout"]),
    );
  });
  test("failed batches are kept whole, encrypted, out of the public's reach", () => {
    has("FailedBatchBucket", {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });
  for (const id of ["HistoryTable", "QuarantineQueue", "RetryQueue", "RetryDeadLetterQueue", "FailedBatchBucket"]) {
    test(`${id} outlives the stack`, () => {
      const { DeletionPolicy, UpdateReplacePolicy } = resource(id);
      assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ["Retain", "Retain"]);
    });
  }
  test("nothing has a name of its own, so that stages stand side by side", () => {
    const named = ids.filter((id) =>
      ["TableName", "TopicName", "QueueName", "RoleName", "Name"].some((name) => name in properties(id)),
    );
    assert.deepEqual(named, []);
    // But for what people read, which says which stage it is of.
    for (const id of ids) {
      for (const name of ["AlarmName", "DashboardName"])
        if (name in properties(id)) assert.match(String(properties(id)[name]), /^firstsight-dev(-|$)/);
    }
  });
});

describe("the functions", () => {
  const variables = (id: string) => (properties(id)["Environment"] as JsonObject)["Variables"];

  test("run on Node 24, arm64, with JSON logs", () => {
    assert.deepEqual(
      ofType("AWS::Lambda::Function").sort(),
      ["Firehose", "Kinesis", "Retry", "Sweep"].map((name) => `${name}LambdaFunction`),
    );
    for (const id of ofType("AWS::Lambda::Function")) {
      has(id, { Runtime: "nodejs24.x", Architectures: ["arm64"], LoggingConfig: { LogFormat: "JSON" } });
    }
  });
  test("have a whole processor for rules, and less than a minute for a sweep", () => {
    has("KinesisLambdaFunction", { MemorySize: 1769, Timeout: 60 });
    assert.ok(Number(properties("SweepLambdaFunction")["Timeout"]) < 60);
  });
  test("are told what they need and no more", () => {
    const shared = { HISTORY_TABLE: { Ref: "HistoryTable" }, FINDINGS_TOPIC_ARN: { Ref: "FindingsTopic" } };
    assert.deepEqual(variables("SweepLambdaFunction"), shared);
    assert.deepEqual(variables("RetryLambdaFunction"), {
      ...shared,
      LEARN: "none",
      LEARN_UNTIL: "",
      COUNTERS: "false",
    });
    const detecting = {
      ...shared,
      QUARANTINE_QUEUE_URL: { Ref: "QuarantineQueue" },
      LEARN: "none",
      LEARN_UNTIL: "",
      LONG_VALUES: "terms",
      COUNTERS: "false",
      ASN_DATABASE: "",
    };
    assert.deepEqual(variables("KinesisLambdaFunction"), { ...detecting, CANARY: "false" });
    assert.deepEqual(variables("FirehoseLambdaFunction"), { ...detecting, RETRY_QUEUE_URL: { Ref: "RetryQueue" } });
  });
  test("hold their scripts, and the rules and their exceptions where they are run", () => {
    for (const [name, paths] of Object.entries(files)) {
      const rules = paths.filter((path) => /^rules\/[^/]+\.toml$/.test(path));
      const canary = name === "kinesis" ? ["canary/canary.toml"] : [];
      assert.ok(paths.includes(`dist/${name}/index.mjs`));
      const isDetecting = name === "firehose" || name === "kinesis";
      const exceptions = isDetecting ? ["exceptions/a.ndjson", "exceptions/lists/tools.txt"] : [];
      assert.deepEqual(paths, [...canary, ...(scripts[name] ?? []), ...rules, ...exceptions].sort());
      assert.equal(rules.length > 0, isDetecting);
    }
    assert.equal(Object.keys(files).length, 4);
  });
  test("have logs that end", () => {
    for (const id of ofType("AWS::Logs::LogGroup")) has(id, { RetentionInDays: 30 });
    assert.equal(ofType("AWS::Logs::LogGroup").length, 4);
  });
  test("sweep each minute, and leave a failed sweep to the next", () => {
    has("SweepEventsRuleSchedule1", { ScheduleExpression: "rate(1 minute)", State: "ENABLED" });
    has("SweepLambdaEvConf", { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
  });
});

const GRANTS: Readonly<Record<string, readonly string[]>> = {
  FirehoseFunctionRole: [
    ...["BatchGetItem", "GetItem", "UpdateItem"].map((action) => `dynamodb:${action} ${arn("HistoryTable")}`),
    ...["Decrypt", "GenerateDataKey"].map((action) => `kms:${action} ${arn("FindingsKey")}`),
    ...["CreateLogStream", "PutLogEvents"].map((action) => `logs:${action} ${arn("FirehoseLogGroup")}`),
    `sns:Publish ${arn("FindingsTopic")}`,
    `sqs:SendMessage ${arn("QuarantineQueue")}`,
    `sqs:SendMessage ${arn("RetryQueue")}`,
  ],
  KinesisFunctionRole: [
    ...["BatchGetItem", "GetItem", "UpdateItem"].map((action) => `dynamodb:${action} ${arn("HistoryTable")}`),
    ...["DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"].map(
      (action) => `kinesis:${action} ${arn("EventStream")}`,
    ),
    ...["Decrypt", "GenerateDataKey"].map((action) => `kms:${action} ${arn("FindingsKey")}`),
    ...["CreateLogStream", "PutLogEvents"].map((action) => `logs:${action} ${arn("KinesisLogGroup")}`),
    `sns:Publish ${arn("FindingsTopic")}`,
    `s3:ListBucket ${arn("FailedBatchBucket")}`,
    `s3:PutObject ${arn("FailedBatchBucket")}/aws/lambda/*`,
    `sqs:SendMessage ${arn("QuarantineQueue")}`,
  ],
  OperatorRole: [
    ...["DescribeStacks", "ListStackResources"].map(
      (action) => `cloudformation:${action} arn:aws:cloudformation:eu-west-1:${ACCOUNT}:stack/firstsight-dev/*`,
    ),
    ...["DescribeAlarms", "GetMetricData", "ListMetrics"].map((action) => `cloudwatch:${action} *`),
    ...["BatchGetItem", "GetItem", "UpdateItem"].map((action) => `dynamodb:${action} ${arn("HistoryTable")}`),
    ...["DescribeContinuousBackups", "DescribeTable", "DescribeTimeToLive"].map(
      (action) => `dynamodb:${action} ${arn("HistoryTable")}`,
    ),
    `dynamodb:Query ${arn("HistoryTable")}/index/outbox`,
    ...["Decrypt", "DescribeKey", "GenerateDataKey"].map((action) => `kms:${action} ${arn("FindingsKey")}`),
    ...["KinesisEventSourceMappingKinesisEventStream", "RetryEventSourceMappingSQSRetryQueue"].map(
      (id) => `lambda:GetEventSourceMapping ${arn(id)}`,
    ),
    ...["FirehoseLambdaFunction", "KinesisLambdaFunction"].map((id) => `lambda:GetFunctionConfiguration ${arn(id)}`),
    ...["DeleteObject", "GetObject"].map((action) => `s3:${action} ${arn("FailedBatchBucket")}/aws/lambda/*`),
    `s3:ListBucket ${arn("FailedBatchBucket")}`,
    ...["FindingsTopic", "OperationsTopic"].map((id) => `sns:ListSubscriptionsByTopic ${arn(id)}`),
    `sns:Publish ${arn("FindingsTopic")}`,
    `sqs:GetQueueAttributes ${arn("RetryQueue")}`,
    ...["QuarantineQueue", "RetryDeadLetterQueue"].flatMap((id) =>
      ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage"].map(
        (action) => `sqs:${action} ${arn(id)}`,
      ),
    ),
    `sqs:SendMessage ${arn("QuarantineQueue")}`,
  ],
  RetryFunctionRole: [
    ...["BatchGetItem", "GetItem", "UpdateItem"].map((action) => `dynamodb:${action} ${arn("HistoryTable")}`),
    ...["Decrypt", "GenerateDataKey"].map((action) => `kms:${action} ${arn("FindingsKey")}`),
    ...["CreateLogStream", "PutLogEvents"].map((action) => `logs:${action} ${arn("RetryLogGroup")}`),
    `sns:Publish ${arn("FindingsTopic")}`,
    ...["DeleteMessage", "GetQueueAttributes", "ReceiveMessage"].map((action) => `sqs:${action} ${arn("RetryQueue")}`),
  ],
  SweepFunctionRole: [
    ...["BatchGetItem", "GetItem", "UpdateItem"].map((action) => `dynamodb:${action} ${arn("HistoryTable")}`),
    `dynamodb:Query ${arn("HistoryTable")}/index/outbox`,
    ...["Decrypt", "GenerateDataKey"].map((action) => `kms:${action} ${arn("FindingsKey")}`),
    ...["CreateLogStream", "PutLogEvents"].map((action) => `logs:${action} ${arn("SweepLogGroup")}`),
    `sns:Publish ${arn("FindingsTopic")}`,
  ],
};

describe("the roles", () => {
  test("are one for each function and one for people, and there is no other", () => {
    assert.deepEqual(ofType("AWS::IAM::Role").sort(), Object.keys(GRANTS));
    for (const name of ["Firehose", "Kinesis", "Retry", "Sweep"]) {
      has(`${name}LambdaFunction`, { Role: { "Fn::GetAtt": [`${name}FunctionRole`, "Arn"] } });
    }
    const others = ["AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"].flatMap(ofType);
    assert.deepEqual(others, []);
  });

  for (const [role, grants] of Object.entries(GRANTS)) {
    const isPeoples = role === "OperatorRole";
    test(`${role} is ${isPeoples ? "the account's" : "Lambda's"} to take`, () => {
      const Principal = isPeoples ? { AWS: `arn:aws:iam::${ACCOUNT}:root` } : { Service: "lambda.amazonaws.com" };
      assert.deepEqual(resolve(properties(role)["AssumeRolePolicyDocument"] ?? null), {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal, Action: "sts:AssumeRole" }],
      });
    });

    test(`${role} may do what its function does, on what it does it to`, () => {
      assert.deepEqual(grantsOf(role), [...grants].sort());
    });

    test(`${role} has no wildcard${isPeoples ? ", but where CloudWatch has nothing smaller" : ""}`, () => {
      // As written: of the ARNs made at deployment a log group's own ends in one, for its streams.
      for (const [name, value] of everyValue(properties(role)["Policies"] ?? null)) {
        // Whose the actions are that it is for: the grants above.
        if (isPeoples && name === "Resource" && value === "*") continue;
        // Lambda writes failed batches below its own prefix, and so must the role be let.
        // CloudFormation's ARN of a stack ends in an id that is not known before.
        const isPrefix =
          typeof value === "string" && /Bucket\.Arn\}\/aws\/lambda\/\*$|:stack\/\$\{AWS::StackName\}\/\*$/.test(value);
        assert.ok(typeof value !== "string" || isPrefix || !/[*?]/.test(value), String(value));
      }
    });
  }
});

describe("what IAM answers", () => {
  const viaSns = { "kms:ViaService": "sns.eu-west-1.amazonaws.com" };
  const by = (role: string) => ({ principal: arn(role), identityPolicy: policyOf(role) });
  const kinesis = by("KinesisFunctionRole");
  const sweep = by("SweepFunctionRole");
  const operator = by("OperatorRole");
  const administrator = {
    principal: `arn:aws:iam::${ACCOUNT}:role/Administrator`,
    identityPolicy: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] },
  };
  const statementsOf = (id: string) => properties(id)["PolicyDocument"] ?? null;
  const topic = {
    action: "sns:Publish",
    resource: arn("FindingsTopic"),
    resourcePolicy: statementsOf("FindingsTopicPolicy"),
    context: { "aws:SecureTransport": "true" },
  };
  const key = { resource: arn("FindingsKey"), resourcePolicy: properties("FindingsKey")["KeyPolicy"] ?? null };
  const quarantine = {
    action: "sqs:SendMessage",
    resource: arn("QuarantineQueue"),
    resourcePolicy: statementsOf("OnlyTlsToQueues"),
  };
  const table = arn("HistoryTable");

  const cases: readonly (readonly [string, string, Request])[] = [
    ["kinesis decides in the table", "Allowed", { ...kinesis, action: "dynamodb:UpdateItem", resource: table }],
    ["kinesis deletes nothing", "ImplicitlyDenied", { ...kinesis, action: "dynamodb:DeleteItem", resource: table }],
    ["kinesis scans nothing", "ImplicitlyDenied", { ...kinesis, action: "dynamodb:Scan", resource: table }],
    [
      "kinesis uses no other table",
      "ImplicitlyDenied",
      { ...kinesis, action: "dynamodb:UpdateItem", resource: `${table}2` },
    ],
    ["kinesis does not write to its stream", "ImplicitlyDenied", { ...kinesis, ...stream("PutRecord") }],
    ["kinesis reads its stream", "Allowed", { ...kinesis, ...stream("GetRecords") }],
    ["kinesis publishes findings", "Allowed", { ...kinesis, ...topic }],
    [
      "kinesis publishes nothing else",
      "ImplicitlyDenied",
      { ...kinesis, action: "sns:Publish", resource: arn("OperationsTopic") },
    ],
    ["kinesis quarantines", "Allowed", { ...kinesis, ...quarantine, context: { "aws:SecureTransport": "true" } }],
    [
      "nobody sends in the clear",
      "ExplicitlyDenied",
      { ...kinesis, ...quarantine, context: { "aws:SecureTransport": "false" } },
    ],
    [
      "kinesis does not read the quarantine",
      "ImplicitlyDenied",
      { ...kinesis, ...quarantine, action: "sqs:ReceiveMessage" },
    ],
    [
      "sweep looks into the outbox",
      "Allowed",
      { ...sweep, action: "dynamodb:Query", resource: `${table}/index/outbox` },
    ],
    ["sweep does not query the table", "ImplicitlyDenied", { ...sweep, action: "dynamodb:Query", resource: table }],
    ["sweep publishes findings", "Allowed", { ...sweep, ...topic }],
    ["sweep does not quarantine", "ImplicitlyDenied", { ...sweep, ...quarantine }],
    ["sweep does not read the stream", "ImplicitlyDenied", { ...sweep, ...stream("GetRecords") }],
    ["an operator publishes what is put through again", "Allowed", { ...operator, ...topic }],
    [
      "an operator encrypts through SNS",
      "Allowed",
      { ...operator, ...key, action: "kms:GenerateDataKey", context: viaSns },
    ],
    ["an operator decrypts nothing", "ImplicitlyDenied", { ...operator, ...key, action: "kms:Decrypt" }],
    [
      "an operator deletes no history",
      "ImplicitlyDenied",
      { ...operator, action: "dynamodb:DeleteItem", resource: table },
    ],
    [
      "an operator deletes what is decided",
      "Allowed",
      { ...operator, ...quarantine, action: "sqs:DeleteMessage", context: { "aws:SecureTransport": "true" } },
    ],
    [
      "an operator empties no queue unread",
      "ImplicitlyDenied",
      { ...operator, ...quarantine, action: "sqs:PurgeQueue" },
    ],
    ["an administrator forges no finding", "ExplicitlyDenied", { ...administrator, ...topic }],
    [
      "a finding is not published in the clear",
      "ExplicitlyDenied",
      { ...sweep, ...topic, context: { "aws:SecureTransport": "false" } },
    ],
    ["kinesis encrypts through SNS", "Allowed", { ...kinesis, ...key, action: "kms:GenerateDataKey", context: viaSns }],
    ["sweep encrypts through SNS", "Allowed", { ...sweep, ...key, action: "kms:GenerateDataKey", context: viaSns }],
    ["kinesis decrypts nothing itself", "ImplicitlyDenied", { ...kinesis, ...key, action: "kms:Decrypt" }],
    ["an administrator decrypts nothing", "ImplicitlyDenied", { ...administrator, ...key, action: "kms:Decrypt" }],
    ["an administrator minds the key", "Allowed", { ...administrator, ...key, action: "kms:PutKeyPolicy" }],
  ];
  for (const [name, answer, request] of cases) {
    test(name, async () => assert.equal(await decide(request), answer));
  }

  test("nothing to an action it does not know", async () => {
    const known = { Effect: "Allow", Action: "dynamodb:GetItem", Resource: table };
    const unknown = { Effect: "Allow", Action: ["dynamodb:*", "dynamodb:GetItems"], Resource: table };
    const by = (...Statement: readonly JsonObject[]) => ({
      ...kinesis,
      resource: table,
      identityPolicy: { Statement },
    });
    assert.equal(await decide({ ...by(known), action: "dynamodb:GetItem" }), "Allowed");
    await assert.rejects(decide({ ...by(known), action: "dynamodb:GetItems" }), /knows no action dynamodb:GetItems$/);
    await assert.rejects(decide({ ...by(unknown), action: "dynamodb:GetItem" }), /knows no action dynamodb:GetItems$/);
    await assert.rejects(decide({ ...by(known), action: "dynamo:GetItem" }), /knows no action dynamo:GetItem$/);
  });

  test("each queue and topic refuses what comes without TLS", () => {
    const guarded = [...ofType("AWS::SQS::QueuePolicy"), ...ofType("AWS::SNS::TopicPolicy")].flatMap((id) =>
      list(resolve(statementsOf(id)) as JsonObject)
        .flatMap((document) => (isObject(document) ? list(document["Statement"]) : []))
        .flatMap((statement) => (isObject(statement) && statement["Sid"] === "OnlyTls" ? [statement] : []))
        .flatMap((statement) => {
          assert.deepEqual(statement["Condition"], { Bool: { "aws:SecureTransport": "false" } });
          assert.deepEqual([statement["Effect"], statement["Principal"]], ["Deny", "*"]);
          return list(statement["Resource"]).map(String);
        }),
    );
    const all = [...ofType("AWS::SQS::Queue"), ...ofType("AWS::SNS::Topic")];
    assert.deepEqual(guarded.sort(), all.map(arn).sort());
  });

  function stream(action: string) {
    return { action: `kinesis:${action}`, resource: arn("EventStream") };
  }
});

describe("the alarms", () => {
  const quarter = (Number(properties("EventStream")["RetentionPeriodHours"]) * 3_600_000) / 4;

  test("page when a quarter of the stream's retention has gone by, or nobody reads", () => {
    has("StreamUnreadAlarm", { Threshold: quarter, TreatMissingData: "breaching" });
    has("StreamLossAheadAlarm", { Threshold: quarter });
  });
  test("notice within five minutes that the sweeper is silent", () => {
    const { Period, EvaluationPeriods } = properties("SweepSilentAlarm");
    has("SweepSilentAlarm", { ComparisonOperator: "LessThanThreshold", Threshold: 1, TreatMissingData: "breaching" });
    assert.ok(Number(Period) * Number(EvaluationPeriods) <= 300);
  });
});

describe("the delivery stream", () => {
  const on = withFirehose.template;

  test("is there where it is asked for, and nothing else is", () => {
    const more = Object.keys(on.Resources).filter((id) => !ids.includes(id));
    assert.deepEqual(more.sort(), ["DeliveryBucket", "DeliveryBucketPolicy", "DeliveryRole", "DeliveryStream"]);
    assert.deepEqual(problems(on), []);
  });
  test("passes three megabytes at most to its processor, and keeps what that fails", () => {
    const stream = on.Resources["DeliveryStream"]?.Properties as JsonObject;
    const destination = stream["ExtendedS3DestinationConfiguration"] as JsonObject;
    assert.match(String(destination["ErrorOutputPrefix"]), /^errors\//);
    const text = JSON.stringify(destination["ProcessingConfiguration"]);
    assert.match(text, /"BufferSizeInMBs","ParameterValue":"3"/);
    assert.match(text, /"LambdaArn","ParameterValue":\{"Fn::GetAtt":\["FirehoseLambdaFunction","Arn"\]\}/);
  });
});

test("the template holds no secret", () => {
  for (const [name, value] of everyValue(template.Resources as unknown as Json)) {
    assert.doesNotMatch(name, /password|secret|credential|api_?key/i);
    assert.doesNotMatch(String(value), /AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY|\{\{resolve:/);
  }
});

test("the stack says where things are", () => {
  assert.partialDeepStrictEqual(template.Outputs, {
    EventStreamName: { Value: { Ref: "EventStream" } },
    HistoryTableName: { Value: { Ref: "HistoryTable" } },
    FindingsTopicArn: { Value: { Ref: "FindingsTopic" } },
    QuarantineQueueUrl: { Value: { Ref: "QuarantineQueue" } },
    RetryDeadLetterQueueUrl: { Value: { Ref: "RetryDeadLetterQueue" } },
    FailedBatchBucketName: { Value: { Ref: "FailedBatchBucket" } },
    OperationsTopicArn: { Value: { Ref: "OperationsTopic" } },
    OperatorRoleArn: { Value: { "Fn::GetAtt": ["OperatorRole", "Arn"] } },
  });
});

test("the stack says which rules it has, their exceptions among them", () => {
  assert.partialDeepStrictEqual(withFirehose.template.Outputs, { RuleSet: { Value: rulesDigest("rules") } });
  assert.notDeepEqual(template.Outputs?.["RuleSet"], withFirehose.template.Outputs?.["RuleSet"]);
});

function* everyValue(value: Json, name = ""): Generator<readonly [string, Json]> {
  yield [name, value];
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* everyValue(inner, key);
}

test("the table on the desk is the table of the stack", () => {
  const { TableName: _, ...desk } = historyTable("history");
  has("HistoryTable", JSON.parse(JSON.stringify(desk)) as JsonObject);
});
