import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { inert } from "../finding/inert.ts";
import { type Mistake, type Settings, SettingsError, settingsOf } from "./settings.ts";

/** UTF-16 units of a file at most. */
const MAX_LENGTH = 256 * 1024;
/** UTF-16 units of a message. */
const MOST_SHOWN = 2000;
/** Mistakes that are told of: after so many it is another kind of file. */
const MOST_TOLD = 50;
/** As CloudFormation takes it in a stack's name. */
const STAGE = /^[a-zA-Z0-9][a-zA-Z0-9-]{0,63}$/;

/**
 * Reads `config/STAGE.yml` below a folder.
 * @throws Error with a line for each mistake: the place, the key, its value, and what is allowed; where there is no such
 *   file, which stages there are
 */
export function readSettings(folder: string, stage: string): Settings {
  const { path, text } = settingsFile(folder, stage);
  return settingsOfText(path, text);
}

/** What is wrong with a setting that is of the right form, as a file that it names: told with its place, as other mistakes are. */
export function mistakenSetting(folder: string, stage: string, mistake: Mistake): Error {
  const { path, text } = settingsFile(folder, stage);
  const { document, place } = parsed(path, text);
  return new Error(toldOf([mistake], document.toJS(), document, place, path));
}

function settingsFile(folder: string, stage: string): { readonly path: string; readonly text: string } {
  if (!STAGE.test(stage))
    throw new Error(`${JSON.stringify(stage)} is no stage's name: expected letters, digits and hyphens`);
  const path = `config/${stage}.yml`;
  let text: string;
  try {
    text = readFileSync(join(folder, path), "utf8");
  } catch (error) {
    throw new Error(`${path}: no settings for stage ${stage}; ${stagesOf(folder)}`, { cause: error });
  }
  return { path, text };
}

function stagesOf(folder: string): string {
  try {
    const names = readdirSync(join(folder, "config"))
      .filter((name) => name.endsWith(".yml"))
      .sort();
    return `there are ${names.map((name) => name.slice(0, -".yml".length)).join(", ")}`;
  } catch {
    return "there is no folder config";
  }
}

/** @throws Error as above */
export function settingsOfText(path: string, text: string): Settings {
  if (text.length > MAX_LENGTH) throw new Error(`${path}: settings have ${MAX_LENGTH / 1024} KB at most`);
  const { document, place } = parsed(path, text);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    // The library's own recursion, over brackets within brackets.
    const reason = problem.message.includes("call stack") ? "nested too deep" : inert(problem.message, MOST_SHOWN);
    throw new Error(`${place(problem.pos[0])}: ${reason}`, { cause: problem });
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  try {
    return settingsOf(value);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new Error(toldOf(error.mistakes, value, document, place, path), { cause: error });
  }
}

type Document = ReturnType<typeof parseDocument>;
/** `FILE:LINE:COLUMN` of an offset. */
type PlaceOf = (offset: number) => string;

function parsed(path: string, text: string): { readonly document: Document; readonly place: PlaceOf } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  return { document, place };
}

/** A line for each mistake, in the file's order. */
function toldOf(
  mistakes: readonly Mistake[],
  value: unknown,
  document: Document,
  place: PlaceOf,
  path: string,
): string {
  const untold = mistakes.length - MOST_TOLD;
  const messages = mistakes
    .slice(0, MOST_TOLD)
    .map(({ path: way, message }) => {
      const key = way.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
      const text = `${key.replace(/^\./, "") || "the file"}${shown(valueAt(value, way))}: ${message}`;
      return { offset: offsetOf(document, way), text };
    })
    .sort((one, other) => one.offset - other.offset)
    .map(({ offset, text }) => `${place(offset)}: ${inert(text, MOST_SHOWN)}`);
  const more = untold > 0 ? [`${path}: and ${untold} more mistakes`] : [];
  return [...messages, ...more].join("\n");
}

/** Where the key stands, or the nearest above it that does. */
function offsetOf(document: Document, way: readonly PropertyKey[]): number {
  for (let length = way.length; length >= 0; length -= 1) {
    const node = document.getIn(way.slice(0, length), true) as { readonly range?: readonly [number] } | undefined;
    if (node?.range !== undefined && node.range !== null) return node.range[0];
  }
  return 0;
}

function valueAt(value: unknown, way: readonly PropertyKey[]): unknown {
  let at = value;
  for (const step of way) at = Object.hasOwn(Object(at), step) ? (at as Record<PropertyKey, unknown>)[step] : undefined;
  return at;
}

/** A value beside its key, cut; of a structure its kind alone. */
function shown(value: unknown): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return " (a list)";
  if (typeof value === "object" && value !== null) return " (keys and values)";
  const text = String(value);
  return ` = ${JSON.stringify(value) === text ? text : `"${text.slice(0, 80)}${text.length > 80 ? "…" : ""}"`}`;
}
