import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const BUILD = fileURLToPath(new URL("../../scripts/build.ts", import.meta.url));

/**
 * Builds the functions' bundles, and tries the rules that go with them.
 * @param folder where to; by default dist/
 * @param rules the rules' folder; by default rules/
 * @returns what the build printed
 * @throws Error with what it complained of
 */
export async function buildFunctions(folder?: string, rules?: string): Promise<string> {
  try {
    const folders = [folder, rules].filter((each) => each !== undefined);
    const { stdout } = await promisify(execFile)(process.execPath, [BUILD, ...folders]);
    return stdout.trim();
  } catch (error) {
    const output = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new Error(output, { cause: error });
  }
}
