import { resolve } from "node:path";
import { useNetworks } from "../normalize/networks.ts";

/**
 * Has addresses of raw events looked up in the database of ASN that the variable `ASN_DATABASE` names, if it does: from the
 * package's root in Lambda, else from the working directory. Its reader is loaded only then.
 * @throws Error where it cannot be opened: a rule that silently cannot fire is worse than none
 */
export async function openNetworks(environment: NodeJS.ProcessEnv): Promise<void> {
  const { ASN_DATABASE = "", LAMBDA_TASK_ROOT = "" } = environment;
  if (ASN_DATABASE === "") return;
  try {
    const { openAsnDatabase } = await import("./asn-database.ts");
    useNetworks(openAsnDatabase(resolve(LAMBDA_TASK_ROOT, ASN_DATABASE)));
  } catch (error) {
    throw new Error(`ASN_DATABASE: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
