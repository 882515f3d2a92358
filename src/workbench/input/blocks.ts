/** A stretch of a source's events: JSON documents, each on a line of its own. */
export interface Block {
  /** The file's name as given, or `-`. */
  readonly source: string;
  /** 1-based number of the first line (for line-based sources: the file's own line), or of the first document. */
  readonly first: number;
  /** Whole lines, each ended by \n; at most about 1 MB (one longer line makes a longer block, up to the line limit of 10 MiB). */
  readonly bytes: Buffer;
  /** Arrival times, epoch ms, one for each line, where the source knows them (Kinesis and Firehose deliveries, CloudWatch exports). */
  readonly arrivals?: readonly number[];
}

/** About so many bytes a block. */
const BLOCK_BYTES = 1024 * 1024;
const END_OF_LINE = Buffer.from("\n");

/** Puts documents together into blocks. */
export interface BlockBuilder {
  /**
   * @param line the document's number; one that does not follow the last one's begins a block
   * @returns a block, where one is full
   */
  add(document: Buffer, line: number, arrival?: number): Block | undefined;
  flush(): Block | undefined;
}

export function blockBuilder(source: string): BlockBuilder {
  let pieces: Buffer[] = [];
  let arrivals: number[] = [];
  let bytes = 0;
  let count = 0;
  let first = 1;

  function flush(): Block | undefined {
    if (count === 0) return undefined;
    const block = { source, first, bytes: Buffer.concat(pieces), ...(arrivals.length > 0 ? { arrivals } : {}) };
    pieces = [];
    arrivals = [];
    bytes = 0;
    count = 0;
    return block;
  }

  return {
    add(document, line, arrival) {
      const hasArrivals = arrivals.length > 0;
      const fits = bytes + document.length <= BLOCK_BYTES && (arrival !== undefined) === hasArrivals;
      const full = count > 0 && (!fits || line !== first + count) ? flush() : undefined;
      if (count === 0) first = line;
      pieces.push(onOneLine(document), END_OF_LINE);
      if (arrival !== undefined) arrivals.push(arrival);
      bytes += document.length + 1;
      count++;
      return full;
    },
    flush,
  };
}

/** JSON has line breaks between its values only, where a space is as good. */
function onOneLine(document: Buffer): Buffer {
  if (!document.includes(10) && !document.includes(13)) return document;
  const line = Buffer.from(document);
  for (const [index, byte] of line.entries()) if (byte === 10 || byte === 13) line[index] = 32;
  return line;
}
