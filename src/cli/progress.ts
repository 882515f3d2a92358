import type { WriteStream } from "node:tty";

/** One line on a terminal that says how far the work is; nothing where there is no terminal. */
export interface Progress {
  /** @param sum bytes read so far */
  bytes(sum: number): void;
  finding(): void;
  /** Once all is read: what is done with it. */
  note(text: string): void;
  end(): void;
}

const EVERY_MS = 100;
const MEGA = 1e6;

/** @param size bytes to read, where that is known */
export function progressLine(stream: WriteStream, size: number | undefined): Progress {
  const started = performance.now();
  let findings = 0;
  let read = 0;
  let latest = Number.NEGATIVE_INFINITY;

  function isDue(): boolean {
    const now = performance.now();
    if (!stream.isTTY || now - latest < EVERY_MS) return false;
    latest = now;
    return true;
  }

  function show(): void {
    if (!isDue()) return;
    const now = performance.now();
    const seconds = (now - started) / 1000;
    const rate = read / seconds;
    const left = size === undefined || rate === 0 ? "" : `, ${Math.ceil(Math.max(0, size - read) / rate)} s left`;
    const of = size === undefined ? "" : ` of ${(size / MEGA).toFixed(0)}`;
    const text = `${(read / MEGA).toFixed(0)}${of} MB, ${(rate / MEGA).toFixed(0)} MB/s, ${findings} findings${left}`;
    stream.write(`\r\u001b[K${text}`);
  }

  return {
    bytes(sum) {
      read = sum;
      show();
    },
    finding() {
      findings++;
      show();
    },
    note(text) {
      if (isDue()) stream.write(`\r\u001b[K${text}`);
    },
    end() {
      if (stream.isTTY) stream.write("\r\u001b[K");
    },
  };
}
