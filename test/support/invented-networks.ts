import { formatAddress } from "../../src/ecs/ip.ts";
import type { AutonomousSystem, Networks } from "../../src/normalize/networks.ts";
import { asnDatabase } from "../../src/runtime/asn-database.ts";
import { type MmdbValue, mmdb } from "./mmdb-writer.ts";

/** Autonomous systems that are wanted of addresses, and a database that has them. */
export interface InventedNetworks {
  /** An address of the network, of IPv4, of IPv6 or of one in the other. */
  addressIn(system: Partial<AutonomousSystem>): string;
  /** What is known so far. */
  readonly lookup: Networks;
  /** The same as a file. */
  file(): Buffer;
}

const FIRST = 0x14_00_00_00; // 20.0.0.0

export function inventedNetworks(): InventedNetworks {
  const records: MmdbValue[] = [{ autonomous_system_number: 64496 }];
  const numbers = new Map<string, number>();
  const spellings = [
    (n: number) => formatAddress(FIRST + n),
    (n: number) => `::ffff:${formatAddress(FIRST + n)}`,
    (n: number) => `2001:DB8::${n.toString(16)}`,
  ];
  const file = () =>
    mmdb(
      records.flatMap((record, n) => {
        const six = `2001:db8::${n.toString(16)}`;
        return [[`${formatAddress(FIRST + n)}/32`, record] as const, [`${six}/128`, record] as const];
      }),
    );
  let read: { readonly of: number; readonly lookup: Networks } | undefined;
  return {
    addressIn({ number, organization }) {
      const record = {
        ...(number === undefined ? {} : { autonomous_system_number: number }),
        ...(organization === undefined ? {} : { autonomous_system_organization: organization }),
      };
      const key = JSON.stringify(record);
      const known = numbers.get(key);
      const n = known ?? records.push(record) - 1;
      numbers.set(key, n);
      return spellings[n % spellings.length]?.(n) ?? "";
    },
    lookup(address) {
      if (read?.of !== records.length) read = { of: records.length, lookup: asnDatabase(file()) };
      return read.lookup(address);
    },
    file,
  };
}
