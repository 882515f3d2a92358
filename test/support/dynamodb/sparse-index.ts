import { conditionOf, evaluated, holds, nameOf, type Placeholders } from "./expressions.ts";
import type { Condition } from "./parse.ts";
import { type Item, invalid, isEqual, itemBytes, order, type Value } from "./values.ts";

/** Keys of a sparse index that projects keys only, and of its table. */
export interface IndexKeys {
  readonly hash: string;
  readonly range: string;
  readonly table: string;
}

/** The entries of a sparse index by partition, which follow the table at once. */
export interface Index {
  /** Takes the change of an item. @returns the bytes of each entry that is deleted or put, which is a write of its own */
  move(before: Item | undefined, after: Item | undefined): readonly number[];
  /** Entries that the condition holds of, by their range key. */
  select(condition: string, given: Placeholders): readonly Item[];
  /** Less than, equal to or greater than 0, of two entries of a partition. */
  order(a: Item, b: Item): number;
  clear(): void;
}

interface Partition {
  readonly entries: Map<string, Item>;
  /** Made when it is asked for. */
  sorted?: readonly Item[] | undefined;
}

export function sparseIndex({ hash, range, table }: IndexKeys): Index {
  const partitions = new Map<string, Partition>();

  function entryOf(item: Item | undefined): Item | undefined {
    const [gp, gs, pk] = [item?.[hash], item?.[range], item?.[table]];
    return gp === undefined || gs === undefined || pk === undefined
      ? undefined
      : { [hash]: gp, [range]: gs, [table]: pk };
  }
  // DynamoDB promises nothing of entries with equal range keys; here they have an order, so that pages can be gone through.
  function inOrder(a: Item, b: Item): number {
    return order(a[range], b[range]) || (order(a[table], b[table]) ?? 0);
  }
  function partitionOf(entry: Item): Partition {
    const key = JSON.stringify(entry[hash]);
    const partition = partitions.get(key) ?? { entries: new Map() };
    partitions.set(key, partition);
    return partition;
  }
  function change(entry: Item, put: boolean): number {
    const partition = partitionOf(entry);
    partition.sorted = undefined;
    const key = JSON.stringify(entry[table]);
    if (put) partition.entries.set(key, entry);
    else partition.entries.delete(key);
    return itemBytes(entry);
  }

  return {
    move(before, after) {
      const [old, next] = [entryOf(before), entryOf(after)];
      if (
        old !== undefined &&
        next !== undefined &&
        isEqual(old[hash], next[hash]) &&
        isEqual(old[range], next[range])
      ) {
        return [];
      }
      return [...(old === undefined ? [] : [change(old, false)]), ...(next === undefined ? [] : [change(next, true)])];
    },
    select(text, given) {
      const condition = conditionOf(text);
      const value = hashValue(condition, hash, given);
      const partition = partitions.get(JSON.stringify(value));
      if (partition === undefined) return [];
      partition.sorted ??= [...partition.entries.values()].sort(inOrder);
      return partition.sorted.filter((entry) => holds(condition, entry, given));
    },
    order: inOrder,
    clear: () => partitions.clear(),
  };
}

/** The value that a key condition asks of the partition key. */
function hashValue(condition: Condition, hash: string, given: Placeholders): Value {
  const found = hashValues(condition, hash, given);
  if (found[0] === undefined) throw invalid(`Query condition missed key schema element: ${hash}`);
  return found[0];
}

function hashValues(condition: Condition, hash: string, given: Placeholders): Value[] {
  if (condition.kind === "and") {
    return [...hashValues(condition.left, hash, given), ...hashValues(condition.right, hash, given)];
  }
  if (condition.kind !== "compare" || condition.comparator !== "=" || condition.left.kind !== "attribute") return [];
  if (nameOf(condition.left.name, given) !== hash) return [];
  const value = evaluated(condition.right, {}, given);
  return value === undefined ? [] : [value];
}
