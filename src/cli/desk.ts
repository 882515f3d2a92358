import type { Ledger } from "../detect/ledger.ts";
import { inert } from "../finding/inert.ts";
import type { Desk } from "../operations/desk.ts";
import type { Redriven } from "../operations/quarantine.ts";
import { openRules } from "../runtime/ports.ts";
import { deployedConfig, rulesFolderFrom } from "./stage.ts";
import { EXIT, type Given, type Out, UsageError } from "./verb.ts";

/** A desk that tells what it does, a line a round. @throws UsageError of variables and rules that are wrong */
export async function openDesk(given: Given, out: Out): Promise<Desk> {
  const { config, ruleSet } = await deployedConfig(given);
  const detectors = rulesOf(rulesFolderFrom(given, ruleSet), config.LONG_VALUES);
  const { openDesk: open } = await import("../operations/desk.ts");
  const say = given.options["json"] === true ? out.warn : out.print;
  return await open(config, detectors, {
    onRound: (records, ledger, rejected) => say(roundLine(records, ledger, rejected)),
    onUndecided: (id) => say(`undecided: ${inert(id)}`),
    onError: (message) => out.warn(`error: ${inert(message)}`),
  });
}

function rulesOf(folder: string, longValues: "parity" | "terms" | "keep") {
  try {
    return openRules(folder, { longValues });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function roundLine(records: number, ledger: Ledger, rejected: ReadonlyMap<string, number>): string {
  const { skipped, passedOver, events, quarantined, matched, known, new: found, learned, published, pending } = ledger;
  const why = [...rejected].map(([reason, count]) => `${count} ${reason}`).join(", ");
  const over = skipped + passedOver === 0 ? "" : `${skipped + passedOver} passed over, `;
  return `${records} records: ${over}${events} events, ${quarantined} rejected${why === "" ? "" : ` (${why})`}, ${matched} matched, ${known} known, ${found} new (${published} published, ${pending} left to the sweeper)${learned === 0 ? "" : `, ${learned} learned`}`;
}

/** Says what became of a queue's messages. @returns the exit code: 1 where something is left */
export function toldRedriven(redriven: Redriven, given: Given, out: Out): number {
  const { messages, deleted, left, unreadable } = redriven;
  for (const reason of unreadable) out.warn(inert(`cannot be read: ${reason}`));
  if (given.options["json"] === true) out.print(JSON.stringify(redriven, undefined, 2));
  else out.print(`${messages} messages: ${deleted} decided and deleted, ${left} left as they were`);
  return left === 0 ? EXIT.fine : EXIT.against;
}
