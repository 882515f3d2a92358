import type { Clients } from "../operations/clients.ts";
import { InputError } from "../workbench/input/input-error.ts";
import { type Given, textOf, UsageError } from "./verb.ts";

const DEFAULT_STAGE = "dev";
const STAGE = /^[A-Za-z][A-Za-z0-9-]{0,100}$/;

export const STAGE_OPTION = {
  stage: { type: "string", value: "NAME", help: `the stage that is deployed; by default ${DEFAULT_STAGE}` },
} as const;

/** @throws UsageError where the stage is no name of one */
export function stackNameFrom(given: Given): string {
  const stage = textOf(given, "stage") ?? DEFAULT_STAGE;
  if (!STAGE.test(stage)) {
    throw new UsageError(`--stage is a name such as prod, of letters, digits and hyphens, and "${stage}" is none`);
  }
  return `firstsight-${stage}`;
}

/**
 * Asks AWS, with what the environment says of Region and credentials.
 * @throws InputError where it cannot be asked at all
 */
export async function askStack<T>(ask: (clients: Clients) => Promise<T>): Promise<T> {
  // The clients take a while to load, and no other verb waits for it.
  const { openClients } = await import("../operations/clients.ts");
  const { StackError } = await import("../operations/described-stack.ts");
  const clients = openClients();
  try {
    return await ask(clients);
  } catch (error) {
    if (error instanceof StackError) throw new InputError(error.message, { cause: error });
    throw error;
  } finally {
    clients.close();
  }
}
