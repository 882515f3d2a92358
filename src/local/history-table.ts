import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";

/** The history table as infra/history.yml declares it, for emulators; a test holds the two together. */
export function historyTable(TableName: string): CreateTableCommandInput {
  return {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "gp", AttributeType: "S" },
      { AttributeName: "gs", AttributeType: "N" },
    ],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    GlobalSecondaryIndexes: [
      {
        IndexName: "outbox",
        KeySchema: [
          { AttributeName: "gp", KeyType: "HASH" },
          { AttributeName: "gs", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ],
  };
}
