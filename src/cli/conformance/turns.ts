import { setImmediate } from "node:timers/promises";

/** Makes a call to the world when its process is next. */
export type Turn = <T>(call: () => Promise<T>) => Promise<T>;

/**
 * Runs processes side by side over one world, whose calls to it are taken one at a time.
 * @param order which process is next, over and over; one that waits for nothing is passed over
 */
export async function inTurns(
  processes: readonly ((turn: Turn) => Promise<void>)[],
  order: readonly number[],
): Promise<void> {
  const waiting: (() => Promise<void>)[][] = processes.map(() => []);
  let running = processes.length;
  const ends = processes.map(async (process, index) => {
    try {
      await process(
        (call) => new Promise((resolve, reject) => waiting[index]?.push(() => call().then(resolve, reject))),
      );
    } finally {
      running--;
    }
  });
  // A process that the order leaves out has its turn all the same.
  const round = [...order, ...[...processes.keys()].filter((index) => !order.includes(index))];
  for (let turn = 0; running > 0; ) {
    // Until each has come as far as it can by itself.
    await setImmediate();
    const ahead = round.findIndex((_, offset) => waiting[round[(turn + offset) % round.length] ?? -1]?.length);
    if (ahead < 0) continue;
    const index = round[(turn + ahead) % round.length] ?? 0;
    turn += ahead + 1;
    await waiting[index]?.shift()?.();
  }
  await Promise.all(ends);
}
