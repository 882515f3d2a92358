import type { Wanted } from "../../operations/quarantine.ts";
import { type Given, UsageError } from "../verb.ts";

/** The documents that options name. @throws UsageError where an option is empty, as of a variable that is not set */
export function wantedOf({ options }: Given): Wanted {
  const [reason, sender] = [options["reason"], options["sender"]];
  for (const [name, value] of Object.entries({ reason, sender })) {
    if (value === "") throw new UsageError(`--${name} is empty`);
  }
  return {
    ...(typeof reason === "string" ? { reason } : {}),
    ...(typeof sender === "string" ? { sender } : {}),
  };
}
