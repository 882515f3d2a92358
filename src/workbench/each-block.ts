import type { Block } from "./input/blocks.ts";

/** Works blocks, some at a time, in no order. The first failure ends it. */
export async function eachBlock(
  blocks: AsyncIterable<Block>,
  width: number,
  work: (block: Block) => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  for await (const block of blocks) {
    const one = work(block)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => underWay.delete(one));
    underWay.add(one);
    if (underWay.size >= width) await Promise.race(underWay);
    if (failure !== undefined) break;
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure.error;
}
