import type { JsonObject } from "../ecs/json.ts";

const ACCOUNT = "000000000000";

/** Who calls AWS's API, and how it is written. */
interface Caller {
  readonly userIdentity: JsonObject;
  readonly userAgent: string;
  readonly sourceIPAddress: string;
}

export const EVE: Caller = {
  userIdentity: {
    type: "IAMUser",
    principalId: "AIDAEXAMPLEEVE",
    arn: `arn:aws:iam::${ACCOUNT}:user/eve`,
    accountId: ACCOUNT,
    accessKeyId: "AKIAEXAMPLEEVE",
    userName: "eve",
  },
  userAgent: "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 lang/python#3.13.7",
  sourceIPAddress: "203.0.113.24",
};

const DEPLOY: Caller = {
  userIdentity: {
    type: "AssumedRole",
    principalId: "AROAEXAMPLEDEPLOY:pipeline",
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/pipeline`,
    accountId: ACCOUNT,
    accessKeyId: "ASIAEXAMPLEDEPLOY",
    sessionContext: {
      sessionIssuer: {
        type: "Role",
        principalId: "AROAEXAMPLEDEPLOY",
        arn: `arn:aws:iam::${ACCOUNT}:role/deploy`,
        accountId: ACCOUNT,
        userName: "deploy",
      },
      attributes: { creationDate: "2026-11-20T02:00:00Z", mfaAuthenticated: "false" },
    },
  },
  userAgent: "Boto3/1.40.0 md/Botocore#1.40.0 ua/2.1",
  sourceIPAddress: "198.51.100.80",
};

/** Calls that fill a trail: source, name and parameters. */
export const ORDINARY_CALLS: readonly (readonly [source: string, name: string, parameters: JsonObject | null])[] = [
  ["ec2.amazonaws.com", "DescribeInstances", { instancesSet: {}, filterSet: {} }],
  ["s3.amazonaws.com", "GetBucketAcl", { bucketName: "example-logs", Host: "example-logs.s3.eu-west-1.amazonaws.com" }],
  ["kms.amazonaws.com", "Decrypt", { encryptionAlgorithm: "SYMMETRIC_DEFAULT" }],
  ["ssm.amazonaws.com", "UpdateInstanceInformation", { instanceId: "i-00000000000000001", agentVersion: "3.3.2" }],
  ["logs.amazonaws.com", "CreateLogStream", { logGroupName: "/example", logStreamName: "2026/11/20" }],
];

interface Call {
  readonly caller?: Caller;
  readonly source: string;
  readonly name: string;
  readonly parameters: JsonObject | null;
  readonly id: string;
  /** ISO time. */
  readonly at: string;
}

/** A management event as CloudTrail writes it; all names and addresses are invented. */
export function cloudTrailEvent({ caller = DEPLOY, source, name, parameters, id, at }: Call): JsonObject {
  return {
    eventVersion: "1.11",
    userIdentity: caller.userIdentity,
    eventTime: `${at.slice(0, 19)}Z`,
    eventSource: source,
    eventName: name,
    awsRegion: "eu-west-1",
    sourceIPAddress: caller.sourceIPAddress,
    userAgent: caller.userAgent,
    requestParameters: parameters,
    responseElements: null,
    requestID: `${id}-request`,
    eventID: id,
    readOnly: /^(Get|List|Describe)/.test(name),
    eventType: "AwsApiCall",
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: "Management",
    tlsDetails: {
      tlsVersion: "TLSv1.3",
      cipherSuite: "TLS_AES_128_GCM_SHA256",
      clientProvidedHostHeader: `${source.replace(".amazonaws.com", "")}.eu-west-1.amazonaws.com`,
    },
  };
}

/** An audit event as EKS writes it to CloudWatch Logs: somebody reads a secret. */
export function auditEvent(user: string, name: string, id: string, at: string): JsonObject {
  return {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "Metadata",
    auditID: id,
    stage: "ResponseComplete",
    requestURI: `/api/v1/namespaces/shop/secrets/${name}`,
    verb: "get",
    user: { username: user, groups: ["system:authenticated"] },
    sourceIPs: ["198.51.100.3"],
    userAgent: "curl/8.5.0",
    objectRef: { resource: "secrets", namespace: "shop", name, apiVersion: "v1" },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: `${at.slice(0, 19)}.100001Z`,
    stageTimestamp: `${at.slice(0, 19)}.200002Z`,
    annotations: { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "" },
  };
}
