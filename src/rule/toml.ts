import { parse as parseToml, TomlError } from "smol-toml";
import { RuleError } from "./rule.ts";

export type Table = Readonly<Record<string, unknown>>;

/** @throws RuleError where it is no TOML */
export function readTable(path: string, text: string): Table {
  try {
    return parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column, message } = error;
    throw new RuleError(path, [{ code: "toml", line, column, reason: message }], error);
  }
}
