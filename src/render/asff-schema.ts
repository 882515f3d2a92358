import * as z from "zod/mini";

/**
 * What of the AWS Security Finding Format is used here, with Security Hub's lengths, published as docs/asff.schema.json.
 * Built into no function.
 * @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html
 */

const optional = z.optional;
/** Security Hub refuses what is blank. */
const text = (most: number) => z.string().check(z.maxLength(most), z.regex(/\S/));
const time = z.iso.datetime();
const port = z.int().check(z.minimum(0), z.maximum(65_535));
const pid = z.int().check(z.minimum(0), z.maximum(2 ** 31 - 1));
const ipv4 = z.ipv4();
const productArn = text(2048).check(
  z.regex(/^arn:aws(-cn|-us-gov)?:securityhub:[a-z0-9-]+:\d{12}:product\/\d{12}\/default$/),
);
/** Namespaces are Security Hub's, exactly. */
const type = text(256).check(z.regex(/^(TTPs|Unusual Behaviors)\/[^/]+$/));

export const asffSchema = z.strictObject({
  SchemaVersion: z.literal("2018-10-08"),
  Id: text(512),
  ProductArn: productArn,
  ProductName: z.literal("firstsight"),
  GeneratorId: text(512),
  AwsAccountId: z.string().check(z.regex(/^\d{12}$/)),
  CreatedAt: time,
  UpdatedAt: time,
  FirstObservedAt: optional(time),
  LastObservedAt: optional(time),
  Title: text(256),
  Description: text(1024),
  FindingProviderFields: z.strictObject({
    Severity: z.strictObject({
      Label: z.enum(["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"]),
      Original: text(64),
    }),
    Types: z.array(type).check(z.minLength(1), z.maxLength(50)),
  }),
  RelatedFindings: optional(z.tuple([z.strictObject({ ProductArn: productArn, Id: text(512) })])),
  Resources: z.tuple([
    z.strictObject({
      Type: z.enum(["AwsEc2Instance", "Other"]),
      Id: text(512),
      Details: optional(z.strictObject({ Other: z.record(text(128), text(2048)) })),
    }),
  ]),
  Process: optional(
    z.strictObject({
      Name: optional(text(64)),
      Path: optional(text(512)),
      Pid: optional(pid),
      ParentPid: optional(pid),
    }),
  ),
  Network: optional(
    z.strictObject({
      Direction: optional(z.enum(["IN", "OUT"])),
      SourceIpV4: optional(ipv4),
      DestinationIpV4: optional(ipv4),
      DestinationPort: optional(port),
    }),
  ),
  ProductFields: z
    .record(text(128), text(2048))
    .check(z.refine((fields) => Object.keys(fields).length <= 50, "expected 50 fields at most")),
  Remediation: optional(
    z.strictObject({ Recommendation: z.strictObject({ Text: text(512), Url: optional(text(2048)) }) }),
  ),
  RecordState: z.literal("ACTIVE"),
});

/** The schema as a document of its own. */
export function asffJsonSchema(): object {
  return { title: "firstsight finding in the AWS Security Finding Format", ...z.toJSONSchema(asffSchema) };
}
