import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { inert, inertLines } from "../finding/inert.ts";
import { openNetworks } from "../runtime/networks.ts";
import { InputError } from "../workbench/input/input-error.ts";
import { completion, SHELLS } from "./completion.ts";
import { help, list } from "./help.ts";
import { EXIT, type Given, type Out, UsageError, type Verb } from "./verb.ts";

const HELP = new Set(["", "help", "-h", "--help"]);

/** Runs a command line. @returns the exit code */
export async function command(
  verbs: readonly Verb[],
  [name = "", ...rest]: readonly string[],
  out: Out,
): Promise<number> {
  if (name === "--version" || name === "-V") {
    out.print(version());
    return EXIT.fine;
  }
  if (name === "completion") return printCompletion(verbs, rest[0], out);
  const named = HELP.has(name) ? rest[0] : name;
  const verb = verbs.find((each) => each.name === named);
  if (named !== undefined && verb === undefined) {
    out.warn(`firstsight: no verb "${inert(named)}"\n\n${list(verbs)}`);
    return EXIT.usage;
  }
  if (verb === undefined || HELP.has(name) || rest.includes("--help") || rest.includes("-h")) {
    out.print(verb === undefined ? list(verbs) : help(verb));
    return EXIT.fine;
  }
  try {
    const wanted = given(verb, rest);
    if (verb.isWithoutEvents !== true) {
      await openNetworks(process.env).catch((error: Error) => {
        throw new UsageError(error.message);
      });
    }
    return await verb.run(wanted, out);
  } catch (error) {
    const tell = (reason: string) => out.warn(inertLines(`firstsight ${verb.name}: ${reason}`));
    if (error instanceof UsageError) {
      tell(error.message);
      return EXIT.usage;
    }
    if (error instanceof InputError || isOfSystem(error)) {
      tell(error.message);
      return EXIT.input;
    }
    throw error;
  }
}

/** A full disk, a file that went away: nobody's mistake in the code, so no stack says more. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error;
}

function given({ name, takes, options }: Verb, args: readonly string[]): Given {
  let parsed: { readonly positionals: string[]; readonly values: Given["options"] };
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\n\nfirstsight ${name} --help says more`);
  }
  const { positionals: paths, values } = parsed;
  if (paths.length === 0 && takes !== "" && !takes.startsWith("[")) {
    throw new UsageError(`it takes ${takes}\n\nfirstsight ${name} --help says more`);
  }
  return { paths, options: values };
}

/** package.json is two folders up from here, and from the bundle in dist/cli as well. */
function version(): string {
  const { version: number } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return `firstsight ${number}`;
}

function printCompletion(verbs: readonly Verb[], shell: string | undefined, out: Out): number {
  if (shell === undefined || !SHELLS.has(shell)) {
    out.warn(`firstsight completion takes the name of a shell: ${[...SHELLS].join(", ")}`);
    return EXIT.usage;
  }
  out.print(completion(verbs, shell));
  return EXIT.fine;
}
