import type { Literal } from "./ast.ts";

const SPACES = " \t\r\n\u00a0";
const SPECIAL = '\\():<>"*{}';

function isSpace(char: string | undefined): boolean {
  return char !== undefined && char !== "" && SPACES.includes(char);
}

/** The end of the run of spaces that starts at `at`. */
export function skipSpaces(text: string, at: number): number {
  let end = at;
  while (isSpace(text[end])) end++;
  return end;
}

/** The end of `word` (lower case) followed by white space, white space included, or -1. Any case. */
export function keywordEnd(text: string, at: number, word: "or" | "and" | "not"): number {
  const end = at + word.length;
  if (!isSpace(text[end]) || text.slice(at, end).toLowerCase() !== word) return -1;
  return skipSpaces(text, end);
}

/** Reads the literal at `at`, or nothing where none begins there (an unclosed quote included). */
export function readLiteral(text: string, at: number): { readonly literal: Literal; readonly end: number } | undefined {
  return text[at] === '"' ? readQuoted(text, at) : readUnquoted(text, at);
}

const WHITE_SPACE_ESCAPES: Readonly<Record<string, string>> = { t: "\t", r: "\r", n: "\n" };

/** `\t`, `\r`, `\n` and `\uXXXX`, which both kinds of literal know. */
function readEscape(text: string, at: number): { readonly char: string; readonly end: number } | undefined {
  const letter = text[at + 1] ?? "";
  const space = Object.hasOwn(WHITE_SPACE_ESCAPES, letter) ? WHITE_SPACE_ESCAPES[letter] : undefined;
  if (space !== undefined) return { char: space, end: at + 2 };
  if (letter !== "u") return undefined;
  const hex = text.slice(at + 2, at + 6);
  return /^[0-9a-fA-F]{4}$/.test(hex)
    ? { char: String.fromCharCode(Number.parseInt(hex, 16)), end: at + 6 }
    : undefined;
}

function readQuoted(text: string, offset: number) {
  let value = "";
  let at = offset + 1;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"') return { literal: { kind: "quoted", value, offset } as const, end: at + 1 };
    if (char === "\\") {
      const escaped = readEscape(text, at);
      const next = text.charAt(at + 1);
      if (escaped !== undefined) {
        value += escaped.char;
        at = escaped.end;
        continue;
      }
      if (next === "\\" || next === '"') {
        value += next;
        at += 2;
        continue;
      }
    }
    value += char;
    at++;
  }
  return undefined;
}

function readUnquoted(text: string, offset: number) {
  const segments: string[] = [];
  let segment = "";
  let at = offset;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "\\") {
      const escaped = readEscape(text, at) ?? readEscapedWord(text, at);
      if (escaped === undefined) break;
      segment += escaped.char;
      at = escaped.end;
    } else if (char === "*") {
      segments.push(segment);
      segment = "";
      at++;
    } else if (SPECIAL.includes(char)) {
      break;
    } else if (isSpace(char)) {
      // A whole run at once: each of its blanks would look at the same word behind it.
      const end = skipSpaces(text, at);
      if (keywordEnd(text, end, "or") >= 0 || keywordEnd(text, end, "and") >= 0) break;
      segment += text.slice(at, end);
      at = end;
    } else if (keywordEnd(text, at, "not") >= 0) {
      break; // unlike `or` and `and`, `not` needs no space before it
    } else {
      segment += char;
      at++;
    }
  }
  if (at === offset) return undefined;
  segments.push(segment);
  return { literal: assemble(segments, offset), end: at };
}

/** An escaped special character, or an escaped keyword, which then is text. */
function readEscapedWord(text: string, at: number): { readonly char: string; readonly end: number } | undefined {
  const next = text.charAt(at + 1);
  if (next !== "" && SPECIAL.includes(next)) return { char: next, end: at + 2 };
  for (const word of ["or", "and", "not"]) {
    const found = text.slice(at + 1, at + 1 + word.length);
    if (found.toLowerCase() === word) return { char: found, end: at + 1 + word.length };
  }
  return undefined;
}

function assemble(segments: string[], offset: number): Literal {
  segments[0] = (segments[0] ?? "").trimStart();
  segments.push((segments.pop() ?? "").trimEnd());
  const [only = ""] = segments;
  if (segments.length > 1) return { kind: "wildcard", segments, offset };
  const value = only === "null" ? null : only === "true" ? true : only === "false" ? false : only;
  return { kind: "unquoted", value, offset };
}
