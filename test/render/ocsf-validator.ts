import { existsSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";

/** OCSF's own schema of a Detection Finding, where it is at hand. */
const OFFICIAL = "../shared/ocsf/ocsf-1.6.0.schema.json";

/** @returns a check that says what of a document OCSF refuses; undefined where its schema is not at hand */
export function officialOcsf(): ((document: unknown) => string | undefined) | undefined {
  if (!existsSync(OFFICIAL)) return undefined;
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats: fullFormats });
  const validate = ajv.compile(JSON.parse(readFileSync(OFFICIAL, "utf8")) as object);
  return (document) => (validate(document) ? undefined : ajv.errorsText(validate.errors));
}
