import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Template } from "./cloudformation.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a deployment would upload. */
export interface Package {
  readonly template: Template;
  /** The paths in each function's archive, in order. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  /** The scripts that were built for each function. */
  readonly scripts: Readonly<Record<string, readonly string[]>>;
}

/** Builds and packages in a folder of its own, so that dist/ is left alone; without credentials, a home, or a network. */
export async function packaged(functions: readonly string[], options: readonly string[] = []): Promise<Package> {
  const folder = await mkdtemp(join(tmpdir(), "firstsight-"));
  try {
    for (const part of ["serverless.yml", "infra", "rules"])
      await cp(join(root, part), join(folder, part), { recursive: true });
    await run(process.execPath, [join(root, "scripts/build.ts"), join(folder, "dist")]);
    const osls = join(root, "node_modules/osls/bin/serverless.js");
    await run(process.execPath, [osls, "package", "--package", join(folder, "out"), ...options], {
      cwd: folder,
      env: { HOME: folder, AWS_EC2_METADATA_DISABLED: "true", SLS_TELEMETRY_DISABLED: "1" },
    });
    const template = await readFile(join(folder, "out/cloudformation-template-update-stack.json"), "utf8");
    const files: Record<string, readonly string[]> = {};
    const scripts: Record<string, readonly string[]> = {};
    for (const name of functions) {
      files[name] = namesInZip(await readFile(join(folder, `out/${name}.zip`)));
      const built = await readdir(join(folder, "dist", name));
      scripts[name] = built.filter((file) => file.endsWith(".mjs")).map((file) => `dist/${name}/${file}`);
    }
    return { template: JSON.parse(template) as Template, files, scripts };
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
