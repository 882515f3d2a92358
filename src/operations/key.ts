import { DescribeKeyCommand } from "@aws-sdk/client-kms";
import { answered } from "./answer.ts";
import { judged, type Look } from "./check.ts";
import type { Clients } from "./clients.ts";

/** The key that findings are encrypted with: without it none is published. */
export function keyLook({ kms }: Clients, KeyId: string): Look {
  return {
    name: "findings key",
    async ask(abortSignal) {
      const command = new DescribeKeyCommand({ KeyId });
      const { KeyMetadata } = await answered("kms:DescribeKey", kms.send(command, { abortSignal }));
      const { KeyState, DeletionDate } = KeyMetadata ?? {};
      const says = `${KeyState}${DeletionDate === undefined ? "" : `, to be deleted ${DeletionDate.toISOString()}`}`;
      return judged(says, KeyState === "Enabled" ? [] : ["no finding can be published"]);
    },
  };
}
