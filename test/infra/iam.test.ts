import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "../../src/deploy/cloudformation.ts";
import { type Decision, decide, type Policies } from "./iam.ts";

const ACCOUNT = "111122223333";
const OTHER = "444455556666";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/Kinesis`;
const USER = `arn:aws:iam::${ACCOUNT}:user/Ada`;
const SENDER = `arn:aws:iam::${OTHER}:role/Sender`;
const SCHEDULER = "scheduler.amazonaws.com";
const TOPIC = `arn:aws:sns:eu-west-1:${ACCOUNT}:Findings`;
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234`;
const STREAM = `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/Events`;

const policy = (...Statement: readonly JsonObject[]): JsonObject => ({ Version: "2012-10-17", Statement });
const allow = (Action: Json = "sns:Publish", Resource: Json = TOPIC, more: JsonObject = {}) =>
  ({ Effect: "Allow", Action, Resource, ...more }) as const;
const deny = (Action: Json = "sns:Publish", Resource: Json = TOPIC, more: JsonObject = {}) =>
  ({ Effect: "Deny", Action, Resource, ...more }) as const;
const aws = (name: Json) => ({ Principal: { AWS: name } });

interface Case extends Partial<Policies> {
  readonly principal?: string;
  readonly action?: string;
  readonly target?: string;
  readonly context?: Readonly<Record<string, string>>;
}
function decisionOn({ principal = ROLE, action = "sns:Publish", target = TOPIC, context = {}, ...policies }: Case) {
  return decide({ principal, action, resource: target, account: ACCOUNT, context }, { identity: [], ...policies });
}
function decides(cases: Readonly<Record<string, readonly [Decision, Case]>>): void {
  for (const [name, [decision, request]] of Object.entries(cases)) {
    test(name, () => assert.equal(decisionOn(request), decision));
  }
}

describe("within an account", () => {
  const both = policy(allow());
  decides({
    "nothing allows": ["ImplicitlyDenied", {}],
    "the principal's policy allows": ["Allowed", { identity: [both] }],
    "one of its policies is enough": ["Allowed", { identity: [policy(allow("sqs:*", "*")), both] }],
    "a denial in another policy wins": ["ExplicitlyDenied", { identity: [both, policy(deny("*", "*"))] }],
    "a denial without an allowance is one": ["ExplicitlyDenied", { identity: [policy(deny())] }],
    "the resource's policy allows by name": ["Allowed", { resource: policy(allow("sns:*", TOPIC, aws(ROLE))) }],
    "the resource's policy allows all": ["Allowed", { resource: policy(allow("sns:*", TOPIC, { Principal: "*" })) }],
    "the resource names another": ["ImplicitlyDenied", { resource: policy(allow("sns:*", TOPIC, aws(USER))) }],
    "the resource leaves it to the account": ["ImplicitlyDenied", { resource: policy(allow("*", "*", aws(ACCOUNT))) }],
    "which then allows": ["Allowed", { identity: [both], resource: policy(allow("*", "*", aws(ACCOUNT))) }],
    "the resource denies what the principal may": [
      "ExplicitlyDenied",
      { identity: [both], resource: policy(deny("sns:Publish", "*", { Principal: "*" })) },
    ],
    "the resource denies the whole account": [
      "ExplicitlyDenied",
      { identity: [both], resource: policy(deny("sns:Publish", "*", aws(`arn:aws:iam::${ACCOUNT}:root`))) },
    ],
    "the resource denies another account": [
      "Allowed",
      { identity: [both], resource: policy(deny("sns:Publish", "*", aws([OTHER, SENDER]))) },
    ],
  });
});

describe("between accounts", () => {
  const own = { principal: SENDER, action: "kinesis:PutRecord", target: STREAM };
  const identity = [policy(allow("kinesis:PutRecord", STREAM))];
  const resource = (name: Json) => policy(allow(["kinesis:PutRecord", "kinesis:PutRecords"], STREAM, aws(name)));
  decides({
    "the principal's policy alone does not do": ["ImplicitlyDenied", { ...own, identity }],
    "the resource's policy alone does not do": ["ImplicitlyDenied", { ...own, resource: resource(SENDER) }],
    "both do": ["Allowed", { ...own, identity, resource: resource(SENDER) }],
    "both do, through the account": ["Allowed", { ...own, identity, resource: resource(OTHER) }],
    "not those of another account": ["ImplicitlyDenied", { ...own, identity, resource: resource(ACCOUNT) }],
    "not those of another role": ["ImplicitlyDenied", { ...own, identity, resource: resource(`${SENDER}2`) }],
    "either may deny": [
      "ExplicitlyDenied",
      { ...own, identity: [...identity, policy(deny("kinesis:*", "*"))], resource: resource(SENDER) },
    ],
    "a boundary holds here too": [
      "ImplicitlyDenied",
      { ...own, identity, resource: resource(SENDER), boundary: policy(allow("sns:*", "*")) },
    ],
  });
});

describe("a boundary", () => {
  const identity = [policy(allow())];
  const within = policy(allow("sns:*", "*"));
  const without = policy(allow("sqs:*", "*"));
  decides({
    "gives nothing": ["ImplicitlyDenied", { boundary: within }],
    "lets through what both allow": ["Allowed", { identity, boundary: within }],
    "holds back what it does not allow": ["ImplicitlyDenied", { identity, boundary: without }],
    "denies as any policy does": ["ExplicitlyDenied", { identity, boundary: policy(allow("*", "*"), deny()) }],
    "holds a role that the resource names": [
      "ImplicitlyDenied",
      { resource: policy(allow("sns:Publish", TOPIC, aws(ROLE))), boundary: without },
    ],
    "does not hold a user that the resource names": [
      "Allowed",
      { principal: USER, resource: policy(allow("sns:Publish", TOPIC, aws(USER))), boundary: without },
    ],
  });
});

describe("a key, and a role's trust", () => {
  const decrypt = { action: "kms:Decrypt", target: KEY };
  const identity = [policy(allow("kms:Decrypt", KEY))];
  const assume = { action: "sts:AssumeRole", target: ROLE };
  const trust = (Principal: JsonObject, Condition: JsonObject = {}) =>
    policy({ Effect: "Allow", Principal, Action: "sts:AssumeRole", Condition });
  const fromHere = {
    StringEquals: { "aws:SourceAccount": ACCOUNT },
    ArnLike: { "aws:SourceArn": `arn:aws:scheduler:eu-west-1:${ACCOUNT}:schedule/*/canary` },
  };
  const canary = {
    "aws:SourceAccount": ACCOUNT,
    "aws:SourceArn": `arn:aws:scheduler:eu-west-1:${ACCOUNT}:schedule/default/canary`,
  };
  const service = { ...assume, principal: SCHEDULER, resource: trust({ Service: SCHEDULER }, fromHere) };
  decides({
    "a key without a policy lets nobody": ["ImplicitlyDenied", { ...decrypt, identity }],
    "a key that says nothing of them": [
      "ImplicitlyDenied",
      { ...decrypt, identity, resource: policy(allow("kms:*", "*", aws(USER))) },
    ],
    "a key left to the account, whose policy allows": [
      "Allowed",
      { ...decrypt, identity, resource: policy(allow("kms:*", "*", aws(ACCOUNT))) },
    ],
    "a key left to the account, whose policy does not": [
      "ImplicitlyDenied",
      { ...decrypt, resource: policy(allow("kms:*", "*", aws(ACCOUNT))) },
    ],
    "a key that names them": ["Allowed", { ...decrypt, resource: policy(allow("kms:*", "*", aws(ROLE))) }],
    "a list of keys has no key": [
      "Allowed",
      { action: "kms:ListKeys", target: "*", identity: [policy(allow("kms:ListKeys", "*"))] },
    ],
    "a role that trusts nobody": [
      "ImplicitlyDenied",
      { ...assume, principal: USER, identity: [policy(allow("sts:*", "*"))] },
    ],
    "a role that trusts its account": [
      "Allowed",
      { ...assume, principal: USER, identity: [policy(allow("sts:*", "*"))], resource: trust({ AWS: ACCOUNT }) },
    ],
    "a role that trusts a service, for its own account's schedule": ["Allowed", { ...service, context: canary }],
    "not for another's": ["ImplicitlyDenied", { ...service, context: { ...canary, "aws:SourceAccount": OTHER } }],
    "not for another schedule": [
      "ImplicitlyDenied",
      { ...service, context: { ...canary, "aws:SourceArn": `${canary["aws:SourceArn"]}2` } },
    ],
    "not where the service does not say": ["ImplicitlyDenied", service],
    "not another service": ["ImplicitlyDenied", { ...service, principal: "firehose.amazonaws.com", context: canary }],
  });
});

describe("a service", () => {
  const given = (more: JsonObject) => ({ principal: SCHEDULER, resource: policy(allow("sns:Publish", TOPIC, more)) });
  decides({
    "has what a resource gives it": ["Allowed", given({ Principal: { Service: ["x.amazonaws.com", SCHEDULER] } })],
    "has what a resource gives to everybody": ["Allowed", given({ Principal: "*" })],
    "is no part of an account": ["ImplicitlyDenied", given(aws([ACCOUNT, ROLE]))],
    "is denied with everybody": [
      "ExplicitlyDenied",
      { principal: SCHEDULER, resource: policy(deny("sns:*", "*", { Principal: { AWS: "*" } })) },
    ],
    "has no principal's ARN": [
      "ExplicitlyDenied",
      {
        principal: SCHEDULER,
        resource: policy(
          deny("sns:*", "*", { Principal: "*", Condition: { ArnNotEquals: { "aws:PrincipalArn": ROLE } } }),
        ),
      },
    ],
  });
});

describe("what a statement is about", () => {
  const by = (Action: Json, Resource: Json) => ({ identity: [policy(allow(Action, Resource))] });
  const table = `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/History`;
  decides({
    "an action's case does not count": ["Allowed", by("SNS:publish", TOPIC)],
    "a resource's does": ["ImplicitlyDenied", by("sns:Publish", TOPIC.toLowerCase())],
    "a star in an action": ["Allowed", by(["sqs:*", "sns:P*h"], TOPIC)],
    "a question mark is one character": ["Allowed", by("sns:Publis?", TOPIC)],
    "and not none": ["ImplicitlyDenied", by("sns:Publish?", TOPIC)],
    "another service's star": ["ImplicitlyDenied", by("sqs:*", TOPIC)],
    "a star in a resource": ["Allowed", by("*", `arn:aws:sns:*:${ACCOUNT}:Find*`)],
    "which reaches over slashes": [
      "Allowed",
      { ...by("*", "arn:aws:dynamodb:*:*:table/*x"), action: "dynamodb:Query", target: `${table}/index/outbox` },
    ],
    "and is not taken by a longer name": [
      "ImplicitlyDenied",
      { ...by("*", table), action: "dynamodb:Query", target: `${table}2` },
    ],
    "and over colons in a name": ["Allowed", { ...by("*", `${TOPIC}:*`), target: `${TOPIC}:a:b` }],
    "all resources, where there is none": [
      "Allowed",
      { ...by("ec2:*NetworkInterface", "*"), action: "ec2:CreateNetworkInterface", target: "*" },
    ],
    "some resource, where there is none": [
      "ImplicitlyDenied",
      { ...by("ec2:*", "arn:aws:ec2:*:*:subnet/a"), action: "ec2:DescribeNetworkInterfaces", target: "*" },
    ],
    "all but an action": ["Allowed", { identity: [policy({ Effect: "Allow", NotAction: "sqs:*", Resource: "*" })] }],
    "but not that": [
      "ImplicitlyDenied",
      { identity: [policy({ Effect: "Allow", NotAction: ["sqs:*", "sns:Publish"], Resource: "*" })] },
    ],
    "all but a resource": [
      "ExplicitlyDenied",
      { identity: [policy({ Effect: "Deny", Action: "*", NotResource: KEY })] },
    ],
    "and not that": [
      "ImplicitlyDenied",
      { identity: [policy({ Effect: "Deny", Action: "*", NotResource: [KEY, TOPIC] })] },
    ],
  });
});

describe("all but a principal", () => {
  const root = `arn:aws:iam::${ACCOUNT}:root`;
  const identity = [policy(allow())];
  const except = (NotPrincipal: Json) => ({
    identity,
    resource: policy({ Effect: "Deny", Action: "sns:*", Resource: "*", NotPrincipal }),
  });
  decides({
    "one named with its account is not denied": ["Allowed", except({ AWS: [ROLE, root] })],
    "one named without it is": ["ExplicitlyDenied", except({ AWS: ROLE })],
    "the account alone excepts nobody in it": ["ExplicitlyDenied", except({ AWS: root })],
    "others are denied": ["ExplicitlyDenied", except({ AWS: [USER, root] })],
    "nobody with a boundary is excepted": [
      "ExplicitlyDenied",
      { ...except({ AWS: [ROLE, root] }), boundary: policy(allow("*", "*")) },
    ],
    "a service is excepted by its name": [
      "ImplicitlyDenied",
      { ...except({ Service: SCHEDULER }), principal: SCHEDULER, identity: [] },
    ],
  });
});

describe("a condition", () => {
  const when = (Condition: JsonObject, context: Readonly<Record<string, string>> = {}) => ({
    identity: [policy(allow("sns:Publish", TOPIC, { Condition }))],
    context,
  });
  const via = { "kms:ViaService": "sns.eu-west-1.amazonaws.com" };
  const topics = `arn:aws:sns:*:${ACCOUNT}:*`;
  const yes: Readonly<Record<string, Case>> = {
    "equal texts": when({ StringEquals: via }, via),
    "one of several": when({ StringEquals: { "kms:ViaService": ["x", via["kms:ViaService"]] } }, via),
    "a key in another case": when({ StringEquals: via }, { "KMS:viaservice": via["kms:ViaService"] }),
    "a text like another": when({ StringLike: { "kms:ViaService": "s?s.*.amazonaws.com" } }, via),
    "a backslash is one": when({ StringLike: { "aws:UserAgent": "a\\*" } }, { "aws:UserAgent": "a\\b" }),
    "not equal to any": when({ StringNotEquals: { "kms:ViaService": ["x", "y"] } }, via),
    "not like any": when({ StringNotLike: { "kms:ViaService": ["sqs.*", "y"] } }, via),
    "no key is not equal": when({ StringNotEquals: via }),
    "no key is no other ARN": when({ ArnNotEquals: { "aws:SourceArn": TOPIC } }),
    "an ARN by its parts": when({ ArnLike: { "aws:SourceArn": topics } }, { "aws:SourceArn": TOPIC }),
    "ArnEquals, which is the same": when({ ArnEquals: { "aws:SourceArn": topics } }, { "aws:SourceArn": TOPIC }),
    "colons at an ARN's end": when({ ArnLike: { "aws:SourceArn": topics } }, { "aws:SourceArn": `${TOPIC}:a:b` }),
    "a truth written as text": when({ Bool: { "aws:SecureTransport": "True" } }, { "aws:SecureTransport": "true" }),
    "a truth": when({ Bool: { "aws:SecureTransport": false } }, { "aws:SecureTransport": "false" }),
    "who asks": when({ ArnEquals: { "aws:PrincipalArn": ROLE }, StringEquals: { "aws:PrincipalAccount": ACCOUNT } }),
  };
  const no: Readonly<Record<string, Case>> = {
    "texts that differ in case": when({ StringEquals: via }, { "kms:ViaService": via["kms:ViaService"].toUpperCase() }),
    "no star where texts must be equal": when({ StringEquals: { "kms:ViaService": "sns.*" } }, via),
    "no key": when({ StringEquals: via }),
    "no key, whatever it is like": when({ StringLike: { "kms:ViaService": "*" } }),
    "no key is not false": when({ Bool: { "aws:SecureTransport": "false" } }),
    "not equal, but to one of them": when({ StringNotEquals: { "kms:ViaService": ["x", via["kms:ViaService"]] } }, via),
    "one operator of two": when({ StringEquals: via, Bool: { "aws:SecureTransport": "true" } }, via),
    "one key of two": when({ StringEquals: { ...via, "aws:SourceAccount": ACCOUNT } }, via),
    "an ARN's star over its parts": when(
      { ArnLike: { "aws:SourceArn": "arn:aws:sns:*:Findings:a" } },
      { "aws:SourceArn": `${TOPIC}:a` },
    ),
    "no ARN": when({ ArnLike: { "aws:SourceArn": "arn:*:*:*:*:*" } }, { "aws:SourceArn": "Findings" }),
    "no ARN but the role's": when({ ArnNotEquals: { "aws:PrincipalArn": [USER, ROLE] } }),
  };
  decides(Object.fromEntries(Object.entries(yes).map(([name, one]) => [name, ["Allowed", one]])));
  decides(Object.fromEntries(Object.entries(no).map(([name, one]) => [name, ["ImplicitlyDenied", one]])));
});

describe("what is not known passes for nothing", () => {
  const from = (statement: JsonObject) => ({ identity: [policy(statement)] });
  const given = (statement: JsonObject) => ({ resource: policy(statement) });
  const cases: Readonly<Record<string, readonly [RegExp, Case]>> = {
    "an operator": [
      /NumericLessThan is no operator known here/,
      from(allow("*", "*", { Condition: { NumericLessThan: { a: 1 } } })),
    ],
    "an operator of a denial of something else": [
      /IpAddress is no operator/,
      from(deny("sqs:*", "*", { Condition: { IpAddress: {} } })),
    ],
    "an operator's suffix": [
      /StringEqualsIfExists is no operator/,
      from(allow("*", "*", { Condition: { StringEqualsIfExists: { a: "b" } } })),
    ],
    "a set operator": [
      /ForAnyValue:StringEquals is no operator/,
      from(allow("*", "*", { Condition: { "ForAnyValue:StringEquals": { a: "b" } } })),
    ],
    "an inherited name": [/constructor is no operator/, from(allow("*", "*", { Condition: { constructor: {} } }))],
    "a Bool that is none": [
      /"yes" is none of true, false/,
      from(allow("*", "*", { Condition: { Bool: { a: "yes" } } })),
    ],
    "a policy variable": [/policy variables/, from(allow("*", "arn:aws:s3:::b/${aws:username}"))],
    "an element": [/"Actions" is none of/, from({ Effect: "Allow", Actions: "*", Resource: "*" })],
    "an effect": [/"allow" is none of Allow, Deny/, from({ Effect: "allow", Action: "*", Resource: "*" })],
    "no action": [/not exactly one of Action and NotAction/, from({ Effect: "Allow", Resource: "*" })],
    "two kinds of resources": [/not exactly one of Resource/, from(allow("*", "*", { NotResource: "*" }))],
    "an action without its service": [/"Publish" is no action/, from(allow("Publish", "*"))],
    "a resource's wildcard over a colon": [
      /reaches over a colon/,
      { ...from(allow("*", "arn:aws:sns:*:Findings:a")), target: `${TOPIC}:a` },
    ],
    "a resource that is no ARN": [/"Findings" is no ARN/, from(allow("*", "Findings"))],
    "a value that was not resolved": [/is no text/, from(allow("*", { Ref: "Topic" }))],
    "an identity's policy without resources": [/not exactly one of Resource/, from({ Effect: "Allow", Action: "*" })],
    "an identity's policy with a principal": [/Principal does not belong/, from(allow("*", "*", aws(ROLE)))],
    "a resource's policy without one": [/neither Principal nor NotPrincipal/, given(allow())],
    "a resource's policy with both": [
      /NotPrincipal does not belong/,
      given(allow("*", "*", { Principal: "*", NotPrincipal: "*" })),
    ],
    "an allowance to all but some": [
      /NotPrincipal allows nearly everybody/,
      given(allow("*", "*", { NotPrincipal: aws(USER).Principal })),
    ],
    "a kind of principal": [
      /"Federated" is none of AWS, Service/,
      given(allow("*", "*", { Principal: { Federated: "x" } })),
    ],
    "a principal's wildcard": [
      /no principal known here/,
      given(allow("*", "*", aws(`arn:aws:iam::${ACCOUNT}:role/*`))),
    ],
    "a deleted principal's id": [/no principal known here/, given(allow("*", "*", aws("AROAEXAMPLE")))],
    "a service that is none": [/"lambda" is no service/, given(allow("*", "*", { Principal: { Service: "lambda" } }))],
    "a requester": [
      /no principal known here/,
      { principal: `arn:aws:iam::${ACCOUNT}:root`, identity: [policy(allow())] },
    ],
    "a service's own policy": [/is a service/, { principal: SCHEDULER, identity: [policy(allow())] }],
    "a policy": [/is no policy/, { identity: ["AdministratorAccess"] }],
  };
  for (const [name, [message, request]] of Object.entries(cases)) {
    test(name, () => assert.throws(() => decisionOn(request), message));
  }
});
