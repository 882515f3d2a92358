import { type Address, parseAddress } from "../ecs/ip.ts";
import type { JsonObject } from "../ecs/json.ts";

/** An autonomous system: who announces a network to the internet. */
export interface AutonomousSystem {
  readonly number: number | undefined;
  readonly organization: string | undefined;
}

/** Whose network an address is in; undefined of one that nobody announces. @throws Error where the database is damaged */
export type Networks = (address: Address) => AutonomousSystem | undefined;

let networks: Networks | undefined;

/**
 * From now on addresses of raw events are looked up here. A process has one such database or none, and opens it before it makes
 * its rules ready: what must stand in a record for a rule to match depends on it.
 */
export function useNetworks(these: Networks | undefined): void {
  networks = these;
}

/** Whether there is a database to look addresses up in. */
export function hasNetworks(): boolean {
  return networks !== undefined;
}

/** `source.as` as Elastic's geoip processor sets it from a database of ASN; undefined where it finds nothing. */
export function autonomousSystemOf(text: string): JsonObject | undefined {
  const address = parseAddress(text);
  const found = address === undefined ? undefined : networks?.(address);
  if (found === undefined) return undefined;
  const { number, organization } = found;
  if (number === undefined && organization === undefined) return undefined;
  return {
    ...(number === undefined ? {} : { number }),
    ...(organization === undefined ? {} : { organization: { name: organization } }),
  };
}
