import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Template } from "../../src/deploy/cloudformation.ts";
import { bounded, networked, tailored } from "../../src/deploy/template.ts";

const table = { Type: "AWS::DynamoDB::Table", Condition: "MakesTable", Properties: {} };

describe("a stage's template", () => {
  test("has no condition left, and nothing that they leave out", () => {
    const template: Template = {
      Conditions: { Left: true },
      Resources: {
        Table: table,
        Topic: {
          Type: "AWS::SNS::Topic",
          DependsOn: ["Table", "Queue"],
          Properties: {
            Key: { "Fn::If": ["HasKey", "mine", { Ref: "AWS::NoValue" }] },
            List: [
              { "Fn::If": ["HasKey", { Ref: "AWS::NoValue" }, { "Fn::GetAtt": ["Queue", "Arn"] }] },
              { Ref: "AWS::NoValue" },
            ],
            Policy: { Condition: { Bool: { x: "true" } } },
          },
        },
        Queue: { Type: "AWS::SQS::Queue" },
      },
      Outputs: {
        Table: { Condition: "MakesTable", Value: { Ref: "Table" } },
        Queue: { Condition: "HasQueue", Value: { Ref: "Queue" } },
      },
    };
    assert.deepEqual(tailored(template, { MakesTable: false, HasKey: false, HasQueue: true }), {
      Resources: {
        Topic: {
          Type: "AWS::SNS::Topic",
          DependsOn: ["Queue"],
          Properties: { List: [{ "Fn::GetAtt": ["Queue", "Arn"] }], Policy: { Condition: { Bool: { x: "true" } } } },
        },
        Queue: { Type: "AWS::SQS::Queue" },
      },
      Outputs: { Queue: { Value: { Ref: "Queue" } } },
    });
  });

  test("names what exists wherever it named what would be made", () => {
    const template: Template = {
      Resources: {
        Table: table,
        Role: {
          Type: "AWS::IAM::Role",
          DependsOn: "Table",
          Properties: {
            A: { Ref: "Table" },
            B: { "Fn::GetAtt": ["Table", "Arn"] },
            C: { "Fn::Sub": "${Table.Arn}/index/outbox" },
            D: { "Fn::Sub": "${Table} of ${AWS::Region}" },
            E: { "Fn::Join": ["/", [{ Ref: "Table" }, "x"]] },
          },
        },
      },
    };
    const { Resources } = tailored(template, { MakesTable: true }, { Table: { Ref: "mine", Arn: "arn:mine" } });
    assert.deepEqual(Resources, {
      Role: {
        Type: "AWS::IAM::Role",
        Properties: {
          A: "mine",
          B: "arn:mine",
          C: "arn:mine/index/outbox",
          D: { "Fn::Sub": "mine of ${AWS::Region}" },
          E: { "Fn::Join": ["/", ["mine", "x"]] },
        },
      },
    });
  });

  test("is refused where it names a condition or an attribute that nobody knows", () => {
    assert.throws(() => tailored({ Resources: { Table: table } }, {}), /there is no condition MakesTable/);
    const template: Template = {
      Resources: {
        Table: table,
        Role: { Type: "AWS::IAM::Role", Properties: { A: { "Fn::GetAtt": ["Table", "StreamArn"] } } },
      },
    };
    assert.throws(
      () => tailored(template, { MakesTable: true }, { Table: { Ref: "mine" } }),
      /Table exists already, and its StreamArn is not known/,
    );
  });

  test("puts each role within the boundary, and each function into the network, and nothing else", () => {
    const template: Template = {
      Resources: { Role: { Type: "AWS::IAM::Role" }, Function: { Type: "AWS::Lambda::Function" }, Table: table },
    };
    const { Resources } = networked(bounded(template, "arn:b"), { subnetIds: ["s"], securityGroupIds: ["g"] });
    assert.deepEqual(Resources["Role"]?.Properties, { PermissionsBoundary: "arn:b" });
    assert.deepEqual(Resources["Function"]?.Properties, { VpcConfig: { SubnetIds: ["s"], SecurityGroupIds: ["g"] } });
    assert.deepEqual(Resources["Table"], table);
  });
});
