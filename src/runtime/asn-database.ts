import { readFileSync, statSync } from "node:fs";
import { Reader } from "mmdb-lib";
import { formatAddress } from "../ecs/ip.ts";
import type { AutonomousSystem, Networks } from "../normalize/networks.ts";
import { checkTree, mmdbChecker, SEPARATOR } from "./mmdb-check.ts";

/** GeoLite2-ASN has 10 MB. It has to fit into a function's package, of which Lambda takes 250 MB, and into its memory. */
const MAX_BYTES = 100 * 1024 * 1024;
/** Networks of which one must say whose it is. */
const MOST_PROBED = 1000;
const MARKER = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");
/** As the format's description has it. */
const MAX_METADATA = 128 * 1024;

/** Of a record what is read here, by the names of GeoLite2-ASN. */
type Found = Readonly<Record<string, unknown>> | null;

/**
 * Opens a database of autonomous systems in MaxMind's format, such as GeoLite2-ASN.mmdb, GeoIP2-ISP.mmdb or DB-IP's.
 * @param isWhole looks at all of it first: half a second more, for one that is to be deployed
 * @throws Error with the path and the reason: there is no such file, it is too large, or no such database
 */
export function openAsnDatabase(path: string, isWhole = false): Networks {
  try {
    const { size, isFile } = sizeOf(path);
    if (!isFile) throw new Error("is no file");
    if (size > MAX_BYTES) throw new Error(`has ${size} bytes, and may have ${MAX_BYTES}`);
    return asnDatabase(readFileSync(path), isWhole);
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function sizeOf(path: string): { readonly size: number; readonly isFile: boolean } {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new Error("there is no such file");
  return { size: found.size, isFile: found.isFile() };
}

/**
 * The same of a file's bytes. What a lookup costs is bounded, whatever they are.
 * @see https://maxmind.github.io/MaxMind-DB/
 * @throws Error with the reason
 */
export function asnDatabase(bytes: Buffer, isWhole = false): Networks {
  const marker = bytes.lastIndexOf(MARKER);
  const metadata = marker + MARKER.length;
  if (marker < 0 || bytes.length - metadata > MAX_METADATA) {
    throw new Error("is no MaxMind DB file, or is cut off: expected GeoLite2-ASN.mmdb, unpacked");
  }
  sound(() => mmdbChecker(bytes, metadata)(metadata));
  const check = { of: (_offset: number) => 0 };
  const look = (offset: number | string) => void check.of(Number(offset));
  const reader = sound(() => new Reader(bytes, { cache: { get: look, set: () => {} } }));
  const { ipVersion, nodeCount, searchTreeSize, databaseType } = reader.metadata;
  const data = searchTreeSize + SEPARATOR;
  if ((ipVersion !== 4 && ipVersion !== 6) || !Number.isSafeInteger(nodeCount) || !(data <= marker)) {
    throw new Error(DAMAGED);
  }
  check.of = mmdbChecker(bytes, data);
  if (isWhole) sound(() => checkTree(bytes, reader.metadata, check.of));

  const record = (text: string) => sound(() => reader.getWithPrefixLength(text)) as [Found, number];
  if (!names(record, ipVersion)) {
    const type = JSON.stringify(String(databaseType).slice(0, 100));
    throw new Error(`is a database of type ${type}, whose records have no autonomous_system_number`);
  }
  return (address) => {
    // A tree of IPv4 would be walked by IPv6's first bits.
    if (ipVersion === 4 && typeof address !== "number") return undefined;
    const [found] = record(formatAddress(address));
    return found === null ? undefined : autonomousSystem(found);
  };
}

const DAMAGED = "is a damaged MaxMind DB file";

function sound<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(DAMAGED, { cause: error });
  }
}

function autonomousSystem(found: Readonly<Record<string, unknown>>): AutonomousSystem {
  const { autonomous_system_number: number, autonomous_system_organization: organization } = found;
  return {
    number: typeof number === "number" && Number.isSafeInteger(number) ? number : undefined,
    organization: typeof organization === "string" ? organization : undefined,
  };
}

/** Whether one of the first networks has a number: of a database of cities, none has. */
function names(record: (text: string) => [Found, number], ipVersion: number): boolean {
  let probed = 0;
  const within = (bits: number, textOf: (at: bigint) => string) => {
    for (let at = 0n; at < 1n << BigInt(bits) && probed < MOST_PROBED; probed++) {
      const [found, prefix] = record(textOf(at));
      if (found !== null && autonomousSystem(found).number !== undefined) return true;
      at += 1n << BigInt(bits - prefix);
    }
    return false;
  };
  return within(32, (at) => formatAddress(Number(at))) || (ipVersion === 6 && within(128, formatAddress));
}
