// A thread that looks at blocks of events, for observers.ts.
import { parentPort, workerData } from "node:worker_threads";
import { openNetworks } from "../runtime/networks.ts";
import type { Block } from "./input/blocks.ts";
import { type ObserverSettings, observer } from "./observer.ts";

await openNetworks(process.env);
const { look } = observer(workerData as ObserverSettings);

parentPort?.on("message", ({ id, block }: { readonly id: number; readonly block: Block }) => {
  // A Buffer comes over as plain bytes.
  const { buffer, byteOffset, byteLength } = block.bytes;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  parentPort?.postMessage({ id, looked: look({ ...block, bytes }) });
});
