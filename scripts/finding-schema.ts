// Writes docs/finding.schema.json: `node scripts/finding-schema.ts`.
import { writeFileSync } from "node:fs";
import { findingJsonSchema } from "../src/finding/schema.ts";

const file = new URL("../docs/finding.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(findingJsonSchema(), undefined, 2)}\n`);
