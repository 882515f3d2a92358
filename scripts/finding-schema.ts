// Writes docs/*.schema.json, of a finding and of its forms for systems: `node scripts/finding-schema.ts`.
import { writeFileSync } from "node:fs";
import { findingJsonSchema } from "../src/finding/schema.ts";
import { asffJsonSchema } from "../src/render/asff-schema.ts";
import { ocsfJsonSchema } from "../src/render/ocsf-schema.ts";

const SCHEMAS = { finding: findingJsonSchema(), ocsf: ocsfJsonSchema(), asff: asffJsonSchema() };

for (const [name, schema] of Object.entries(SCHEMAS)) {
  const file = new URL(`../docs/${name}.schema.json`, import.meta.url);
  writeFileSync(file, `${JSON.stringify(schema, undefined, 2)}\n`);
}
