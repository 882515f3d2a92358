import { isAbsolute, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Check } from "../../rule/advice/check.ts";
import { WARNINGS } from "../../rule/advice/warning.ts";
import type { RefusalCode } from "../../rule/rule.ts";

const REFUSALS: Readonly<Record<RefusalCode, string>> = {
  toml: "A file that is not TOML",
  schema: "A key that is missing, or has another form",
  setting: "A setting that this engine cannot run",
  "unknown-key": WARNINGS["unknown-key"],
  "kibana-form": "A key as Kibana's API has it and no rule file",
  "query-syntax": "A query that is not KQL",
  query: "A query that cannot be run",
  "duplicate-id": "A rule_id that another rule has, or an item_id that another exception has",
  json: "A line that is not JSON",
  exception: "An exception that cannot be applied",
};

/**
 * What lint found as SARIF 2.1.0, which code hosts show beside the lines meant.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarifReport(checks: readonly Check[]) {
  const descriptions = Object.entries({ ...WARNINGS, ...REFUSALS });
  const indices = new Map(descriptions.map(([id], index) => [id, index]));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "firstsight lint",
            rules: descriptions.map(([id, text]) => ({ id, shortDescription: { text } })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: checks.flatMap(({ path, problems }) =>
          problems.map(({ severity, code, message, line, column }) => ({
            ruleId: code,
            ruleIndex: indices.get(code) ?? -1,
            level: severity,
            message: { text: message },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: uriOf(path) },
                  region: { startLine: line, startColumn: column },
                },
              },
            ],
          })),
        ),
      },
    ],
  };
}

function uriOf(path: string): string {
  return isAbsolute(path) ? pathToFileURL(path).href : path.split(sep).map(encodeURIComponent).join("/");
}
