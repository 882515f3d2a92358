/** Lets work through in the order in which it came, so much at a time. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** @param width how much may be under way at once */
export function gate(width: number): Gate {
  let free = width;
  const waiting: (() => void)[] = [];

  return async (work) => {
    // Who leaves hands his place on, so that nobody who comes later takes it first.
    if (free > 0) free--;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await work();
    } finally {
      const enter = waiting.shift();
      if (enter === undefined) free++;
      else enter();
    }
  };
}
