import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const BUILD = fileURLToPath(new URL("../../scripts/build.ts", import.meta.url));

/** Where the build puts a stage's database of ASN, and its functions find it. */
export const PACKAGED_ASN_DATABASE = "dist/asn-database.mmdb";

/**
 * Builds the functions' bundles, and tries the rules that go with them.
 * @param folder where to; by default dist/
 * @param rules the rules' folder; by default rules/
 * @param asnDatabase the file of a database of ASN that goes with them, or nothing; by default what `ASN_DATABASE` names
 * @returns what the build printed
 * @throws Error with what it complained of
 */
export async function buildFunctions(
  folder?: string,
  rules?: string,
  asnDatabase = process.env["ASN_DATABASE"] ?? "",
): Promise<string> {
  try {
    const folders = [folder, rules].filter((each) => each !== undefined);
    const { stdout } = await promisify(execFile)(process.execPath, [BUILD, ...folders], {
      env: { ...process.env, ASN_DATABASE: asnDatabase },
    });
    return stdout.trim();
  } catch (error) {
    const output = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new Error(output, { cause: error });
  }
}
