/** Values, and bytes of them, within one that is read, pointers followed; those of GeoIP2 come to two thousand. */
const MOST = 8 * 1024;
const MOST_DEEP = 32;
/** Bytes between the tree and the data. */
export const SEPARATOR = 16;

const EXTENDED = 0;
const POINTER = 1;
const MAP = 7;
const ARRAY = 11;
const BOOLEAN = 14;
const POINTER_BASE = [0, 2048, 526_336, 0];

/**
 * Looks through a value of a MaxMind DB file before it is read: mmdb-lib follows pointers in circles and makes arrays as long as
 * a damaged file says.
 * @param base where pointers begin to count
 * @returns takes the place of a value, and says what it came to; throws Error where it does not end within the file or within bounds
 * @see https://maxmind.github.io/MaxMind-DB/#data-field-format
 */
export function mmdbChecker(bytes: Buffer, base: number): (offset: number) => number {
  let left = 0;

  function skip(offset: number, depth: number): number {
    spend(1);
    if (depth > MOST_DEEP) throw new Error("a value is nested too deep");
    let at = offset;
    const control = whole(at++, 1);
    let type = control >> 5;
    if (type === POINTER) {
      const size = (control >> 3) & 3;
      const [high, length] = size === 3 ? [0, 4] : [(control & 7) * 256 ** (size + 1), size + 1];
      skip(base + (POINTER_BASE[size] ?? 0) + high + whole(at, length), depth + 1);
      return at + length;
    }
    if (type === EXTENDED) type = 7 + whole(at++, 1);
    let size = control & 0x1f;
    if (size >= 29) {
      const length = size - 28;
      size = whole(at, length) + ([29, 285, 65_821][length - 1] ?? 0);
      at += length;
    }
    if (type === BOOLEAN) return at;
    if (type !== MAP && type !== ARRAY) {
      spend(size);
      if (at + size > bytes.length) throw new Error("a value is cut off");
      return at + size;
    }
    for (let inner = type === MAP ? size * 2 : size; inner > 0; inner--) at = skip(at, depth + 1);
    return at;
  }

  const whole = (at: number, length: number) => bytes.readUIntBE(at, length);
  const spend = (cost: number) => {
    left -= cost;
    if (left < 0) throw new Error("a value is without end");
  };

  return (offset) => {
    left = MOST;
    skip(offset, 0);
    return MOST - left;
  };
}

/** The search tree of a MaxMind DB file, which begins the file. */
export interface MmdbTree {
  readonly nodeCount: number;
  /** Bits of a branch: 24, 28 or 32. */
  readonly recordSize: number;
  readonly searchTreeSize: number;
}

/** What all values of a file may come to; those of GeoLite2-ASN are half a million. */
const MOST_IN_ALL = 50_000_000;

/**
 * Looks at each branch of the tree, and once through each value that one leads to.
 * @param check of values, from mmdbChecker
 * @throws Error where one leads nowhere
 */
export function checkTree(bytes: Buffer, tree: MmdbTree, check: (offset: number) => number): void {
  const { nodeCount, searchTreeSize } = tree;
  const seen = new Set<number>();
  let spent = 0;
  for (const branch of branchesOf(bytes, tree)) {
    if (branch <= nodeCount || seen.has(branch)) continue;
    seen.add(branch);
    if (branch < nodeCount + SEPARATOR) throw new Error("a branch leads between tree and data");
    spent += check(branch - nodeCount + searchTreeSize);
    if (spent > MOST_IN_ALL) throw new Error("values are without end");
  }
}

function* branchesOf(bytes: Buffer, { nodeCount, recordSize }: MmdbTree): Generator<number> {
  const length = recordSize / 4;
  for (let node = 0; node < nodeCount; node++) {
    const at = node * length;
    if (recordSize === 28) {
      const high = bytes.readUInt8(at + 3);
      yield (high >> 4) * 2 ** 24 + bytes.readUIntBE(at, 3);
      yield (high & 0xf) * 2 ** 24 + bytes.readUIntBE(at + 4, 3);
    } else {
      yield bytes.readUIntBE(at, length / 2);
      yield bytes.readUIntBE(at + length / 2, length / 2);
    }
  }
}
