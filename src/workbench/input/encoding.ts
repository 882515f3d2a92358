import { headOf } from "./head.ts";
import type { Chunks } from "./sources.ts";

/** A stream as UTF-8 without a byte order mark. UTF-16, as Windows tools write it, is told by its mark or by its zeros. */
export async function utf8Of(stream: Chunks): Promise<Chunks> {
  const { head, chunks } = await headOf(stream, 4);
  if (head[0] === 0xff && head[1] === 0xfe) return decoded(chunks, "utf-16le");
  if (head[0] === 0xfe && head[1] === 0xff) return decoded(chunks, "utf-16be");
  if (head[0] !== 0 && head[1] === 0 && head[2] !== 0 && head[3] === 0) return decoded(chunks, "utf-16le");
  if (head[0] === 0 && head[1] !== 0 && head[2] === 0 && head[3] !== 0) return decoded(chunks, "utf-16be");
  return chunks;
}

async function* decoded(chunks: Chunks, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  const rest = decoder.decode();
  if (rest !== "") yield Buffer.from(rest);
}
