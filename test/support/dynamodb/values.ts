/** An attribute value as the JSON protocol writes it, binary in base64. Of sets only those of strings are known here. */
export type Value =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly SS: readonly string[] }
  | { readonly L: readonly Value[] }
  | { readonly M: Item };

export type Item = Readonly<Record<string, Value>>;

/** An error that goes to the client under its code, with what goes along. */
export function refusal(code: string, message: string, more: object = {}): Error {
  const error = new Error(message, { cause: more });
  error.name = code;
  return error;
}

export function invalid(message: string): Error {
  return refusal("ValidationException", message);
}

/** Bytes as DynamoDB bills them: names count, and a number costs by its digits. */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value);
  return bytes;
}

const CONTAINER_BYTES = 3;

function valueBytes(value: Value): number {
  if ("S" in value) return Buffer.byteLength(value.S);
  if ("N" in value) return numberBytes(value.N);
  if ("B" in value) return Buffer.byteLength(value.B, "base64");
  if ("BOOL" in value || "NULL" in value) return 1;
  if ("SS" in value) return value.SS.reduce((sum, each) => sum + Buffer.byteLength(each), 0);
  if ("L" in value) return value.L.reduce((sum, each) => sum + 1 + valueBytes(each), CONTAINER_BYTES);
  if ("M" in value) return CONTAINER_BYTES + itemBytes(value.M) + Object.keys(value.M).length;
  throw invalid(`a value of an unknown type: ${Object.keys(value).join()}`);
}

/** One byte for two significant digits, one more, and one for a sign. */
function numberBytes(text: string): number {
  const digits = text.replace(/e.*$/i, "").replace(/[-+.]/g, "").replace(/^0+/, "").replace(/0+$/, "");
  return Math.ceil(digits.length / 2) + (text.startsWith("-") ? 2 : 1);
}

/** Less than, equal to or greater than 0; nothing where the two have no order: other types, or a value is missing. */
export function order(a: Value | undefined, b: Value | undefined): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  // Numbers of DynamoDB have 38 digits; those of this project are exact here.
  if ("N" in a && "N" in b) return Number(a.N) - Number(b.N);
  if ("S" in a && "S" in b) return Buffer.compare(Buffer.from(a.S), Buffer.from(b.S));
  if ("B" in a && "B" in b) return Buffer.compare(Buffer.from(a.B, "base64"), Buffer.from(b.B, "base64"));
  return undefined;
}

export function isEqual(a: Value | undefined, b: Value | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const between = order(a, b);
  if (between !== undefined) return between === 0;
  if ("BOOL" in a && "BOOL" in b) return a.BOOL === b.BOOL;
  if ("NULL" in a) return "NULL" in b;
  if ("L" in a && "L" in b) {
    return a.L.length === b.L.length && a.L.every((each, index) => isEqual(each, b.L[index]));
  }
  if ("M" in a && "M" in b) {
    const { M } = b;
    const entries = Object.entries(a.M);
    return entries.length === Object.keys(M).length && entries.every(([name, each]) => isEqual(each, M[name]));
  }
  return false;
}
