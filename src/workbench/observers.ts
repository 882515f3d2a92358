import { Worker } from "node:worker_threads";
import type { Block } from "./input/blocks.ts";
import type { Looked, Observer, ObserverSettings } from "./observer.ts";

/** Looks at blocks, several at a time. */
export interface Observers {
  look(block: Block): Promise<Looked>;
  close(): Promise<void>;
}

/** Beside this file, or beside the bundle that it is in. */
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./observer-worker.ts" : "./observer-worker.mjs",
  import.meta.url,
);
/** Of a thread's heap: what a block leaves behind is soon gone, and three heaps of the usual size are much. */
const YOUNG_MB = 8;

/**
 * @param workers threads; with none `own` looks
 * @param own the observer of this thread, with the same settings; asked for when a block comes
 */
export function openObservers(settings: ObserverSettings, workers: number, own: () => Observer): Observers {
  if (workers === 0) return { look: async (block) => own().look(block), close: async () => {} };
  const waiting = new Map<number, PromiseWithResolvers<Looked>>();
  let broken: { readonly error: unknown } | undefined;
  const load = Array.from({ length: workers }, () => 0);
  const threads = load.map((_, index) => {
    const thread = new Worker(WORKER, {
      workerData: settings,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    thread.on("message", ({ id, looked }: { readonly id: number; readonly looked: Looked }) => {
      load[index] = (load[index] ?? 0) - 1;
      waiting.get(id)?.resolve(looked);
      waiting.delete(id);
    });
    thread.on("error", (error) => {
      broken = { error };
      for (const each of waiting.values()) each.reject(error);
      waiting.clear();
    });
    return thread;
  });
  let next = 0;

  return {
    look(block) {
      // A thread that has ended answers nothing.
      if (broken !== undefined) return Promise.reject(broken.error);
      const id = next++;
      const answer = Promise.withResolvers<Looked>();
      waiting.set(id, answer);
      const least = load.indexOf(Math.min(...load));
      load[least] = (load[least] ?? 0) + 1;
      // In a buffer of their own the bytes go over without another copy.
      const bytes = new Uint8Array(block.bytes);
      threads[least]?.postMessage({ id, block: { ...block, bytes } }, [bytes.buffer]);
      return answer.promise;
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}
