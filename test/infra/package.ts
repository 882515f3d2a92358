import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Template } from "../../src/deploy/cloudformation.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a deployment would upload. */
export interface Package {
  readonly template: Template;
  /** What osls printed. */
  readonly output: string;
  /** The paths in each function's archive, in order. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  /** The scripts that were built for each function. */
  readonly scripts: Readonly<Record<string, readonly string[]>>;
}

interface Given {
  readonly options?: readonly string[];
  /** More rule files, by name. */
  readonly rules?: Readonly<Record<string, string>>;
  /** Files of exceptions, by name. */
  readonly exceptions?: Readonly<Record<string, string>>;
  /** Other files, by name. */
  readonly others?: Readonly<Record<string, Buffer>>;
}

/**
 * Packages a stage with these settings, the text of a file of config/, in a folder of its own, so that dist/ is left alone;
 * without credentials, a home, or a network.
 * @throws Error with what osls printed, where it refuses
 */
export async function packaged(
  settings: string,
  { options = [], rules = {}, exceptions = {}, others = {} }: Given = {},
): Promise<Package> {
  const folder = await mkdtemp(join(tmpdir(), "firstsight-"));
  try {
    for (const part of ["serverless.yml", "infra", "rules", "canary"])
      await cp(join(root, part), join(folder, part), { recursive: true });
    for (const part of ["src", "scripts", "node_modules"]) await symlink(join(root, part), join(folder, part));
    await mkdir(join(folder, "config"));
    await writeFile(join(folder, "config/dev.yml"), settings);
    for (const [name, text] of Object.entries(rules)) await writeFile(join(folder, "rules", name), text);
    for (const [name, bytes] of Object.entries(others)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
    for (const [name, text] of Object.entries(exceptions)) {
      const path = join(folder, "exceptions", name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    const osls = join(root, "node_modules/osls/bin/serverless.js");
    let output: string;
    try {
      const { stdout, stderr } = await run(
        process.execPath,
        [osls, "package", "--package", join(folder, "out"), ...options],
        {
          cwd: folder,
          env: { HOME: folder, AWS_EC2_METADATA_DISABLED: "true", SLS_TELEMETRY_DISABLED: "1" },
        },
      );
      output = `${stdout}${stderr}`;
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { readonly stdout?: string; readonly stderr?: string };
      throw new Error(`${stdout}${stderr}`, { cause: error });
    }
    const template = await readFile(join(folder, "out/cloudformation-template-update-stack.json"), "utf8");
    const files: Record<string, readonly string[]> = {};
    const scripts: Record<string, readonly string[]> = {};
    for (const archive of await readdir(join(folder, "out"))) {
      if (!archive.endsWith(".zip")) continue;
      const name = archive.slice(0, -".zip".length);
      files[name] = namesInZip(await readFile(join(folder, "out", archive)));
      const built = await readdir(join(folder, "dist", name));
      scripts[name] = built.filter((file) => file.endsWith(".mjs")).map((file) => `dist/${name}/${file}`);
    }
    return { template: JSON.parse(template) as Template, output, files, scripts };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The central directory's file names (APPNOTE 4.3.12, 4.3.16), for archives without a comment. */
function namesInZip(zip: Buffer): string[] {
  const end = zip.length - 22;
  if (zip.readUInt32LE(end) !== 0x06054b50) throw new Error("no zip archive, or one with a comment");
  const names: string[] = [];
  for (let at = zip.readUInt32LE(end + 16); at < end; ) {
    const [name, extra, comment] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32)];
    names.push(zip.toString("utf8", at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
  }
  return names.sort();
}
