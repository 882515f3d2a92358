/** The first so many UTF-16 units of a text. */
export function cutToLength(text: string, length: number): string {
  return text.length > length ? text.slice(0, length).toWellFormed() : text;
}

/** As much of a text's beginning as is sure to take no more bytes as JSON; halved until it fits, so roughly. */
export function cutToBytes(text: string, bytes: number): string {
  let cut = cutToLength(text, bytes);
  while (Buffer.byteLength(JSON.stringify(cut)) > bytes) cut = cutToLength(cut, Math.floor(cut.length / 2));
  return cut;
}
