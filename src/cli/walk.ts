import type { Walk } from "../operations/queue.ts";
import { EXIT, type Out } from "./verb.ts";

/**
 * Walks a queue, and shows again in the end what is still there, whatever happens.
 * @param most messages that may be held at once; by default as many as SQS lets
 * @returns the work's exit code, and 1 where there may be more than could be held
 */
export async function walked(
  url: string,
  { warn }: Out,
  work: (walk: Walk) => Promise<number>,
  most?: number,
): Promise<number> {
  const { openWalk } = await import("../operations/queue.ts");
  const walk = openWalk(url, most);
  const held = await walk.held();
  if (held > 0)
    warn(`${held} more messages are in other hands, or were when a run was killed: they show within 5 minutes`);
  let code: number;
  try {
    code = await work(walk);
  } finally {
    await walk.release();
  }
  if (!walk.isCut()) return code;
  warn("there may be more messages than can be held at once: run it again");
  return Math.max(code, EXIT.against);
}
