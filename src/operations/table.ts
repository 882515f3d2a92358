import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { answered } from "./answer.ts";
import { judged, type Look } from "./check.ts";
import type { Clients } from "./clients.ts";

/** The history table: that it and its index are there, that its items age, that it can be restored. */
export function tableLooks({ dynamoDb }: Clients, TableName: string): Look[] {
  return [
    {
      name: "history table",
      async ask(abortSignal) {
        const command = new DescribeTableCommand({ TableName });
        const { Table } = await answered("dynamodb:DescribeTable", dynamoDb.send(command, { abortSignal }));
        const outbox = Table?.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === "outbox");
        const says = `${Table?.TableStatus}, some ${Table?.ItemCount ?? 0} items of ${Table?.TableSizeBytes ?? 0} bytes`;
        const isUsed = Table?.TableStatus === "ACTIVE" || Table?.TableStatus === "UPDATING";
        return judged(says, [
          ...(isUsed ? [] : ["nothing can be decided"]),
          ...(outbox === undefined ? ["it has no index outbox, so nothing is swept"] : []),
          ...(outbox?.IndexStatus === "CREATING" ? ["its index outbox is being made"] : []),
        ]);
      },
    },
    {
      name: "history expiry",
      async ask(abortSignal) {
        const command = new DescribeTimeToLiveCommand({ TableName });
        const { TimeToLiveDescription: ttl } = await answered(
          "dynamodb:DescribeTimeToLive",
          dynamoDb.send(command, { abortSignal }),
        );
        const isOn = ttl?.TimeToLiveStatus === "ENABLED" && ttl.AttributeName === "ex";
        const says = `${ttl?.TimeToLiveStatus}${ttl?.AttributeName === undefined ? "" : ` on ${ttl.AttributeName}`}`;
        return judged(says, isOn ? [] : ["without TTL on ex the table grows for ever"]);
      },
    },
    {
      name: "history backup",
      async ask(abortSignal) {
        const command = new DescribeContinuousBackupsCommand({ TableName });
        const { ContinuousBackupsDescription: backups } = await answered(
          "dynamodb:DescribeContinuousBackups",
          dynamoDb.send(command, { abortSignal }),
        );
        const status = backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
        return judged(
          `point-in-time recovery ${status}`,
          status === "ENABLED" ? [] : ["a history that is lost stays lost"],
        );
      },
    },
  ];
}
