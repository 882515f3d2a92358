import { BatchImportFindingsCommand, SecurityHubClient } from "@aws-sdk/client-securityhub";
import { asffOf, type HubOwner } from "../render/asff.ts";
import { idOf } from "../render/digest.ts";
import { batches } from "./batches.ts";
import { LIMITS } from "./limits.ts";
import { endingWith, type Sink, takenBy } from "./sink.ts";

/** Of BatchImportFindings: 100 findings and 6 MB. */
const BATCH = { entries: 100, bytes: 6_000_000 };

/**
 * The Security Hub of an account and Region. A finding that it has already is the same Id with the same UpdatedAt, which
 * changes nothing.
 * @param owner the caller's own account: of another Security Hub takes nothing
 */
export function securityHubSink(
  owner: () => HubOwner,
  onError: (error: unknown) => void,
  signal: () => AbortSignal | undefined,
): Sink {
  const client = new SecurityHubClient(LIMITS);
  return (findings) => {
    const of = owner();
    const entries = findings.map(({ finding }) => ({ id: idOf(finding), entry: asffOf(finding, of) }));
    return takenBy({
      name: "Security Hub",
      batches: batches(entries, ({ entry }) => Buffer.byteLength(JSON.stringify(entry)), BATCH),
      async send(Findings) {
        const command = new BatchImportFindingsCommand({ Findings: [...Findings] });
        const { FailedCount, SuccessCount, FailedFindings = [] } = await client.send(command, endingWith(signal()));
        const refused = new Map(FailedFindings.map(({ Id, ErrorCode }) => [Id, ErrorCode ?? "no reason"]));
        // Counts that do not agree with what is named: nothing of it can be believed.
        const isWhole = FailedCount === refused.size && SuccessCount === Findings.length - refused.size;
        return Findings.map(({ Id }) => refused.get(Id) ?? (isWhole ? undefined : "no answer"));
      },
      onError,
    });
  };
}
