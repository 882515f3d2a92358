import { type DetectConfig, detectConfig } from "../runtime/config.ts";
import { InputError } from "../workbench/input/input-error.ts";
import { type Given, textOf, UsageError } from "./verb.ts";

/** Of the verbs that talk to what is deployed. */
export const STAGE = {
  type: "string",
  value: "NAME",
  help: "the deployed stage; without it the functions' variables say where things are",
} as const;

/**
 * What the deployed functions are told: of a stage's function, or of the environment.
 * @throws UsageError with a line for each variable at fault
 */
export async function deployedConfig(given: Given): Promise<DetectConfig> {
  const stage = textOf(given, "stage");
  const environment = stage === undefined ? process.env : await (await operations()).variablesOf(stage);
  try {
    return detectConfig(environment);
  } catch (error) {
    throw new UsageError(linesOf(error));
  }
}

/** What of the stack is meant: its output, and the variable that names it where there is no stage. */
export interface Place {
  readonly output: string;
  readonly variable: string;
  /** In words. */
  readonly is: string;
}

/** @throws UsageError where nothing names the queue, or what does is no URL */
export async function queueUrlOf(given: Given, { output, variable, is }: Place): Promise<string> {
  const [stage, option] = [textOf(given, "stage"), textOf(given, "queue-url")];
  if (stage !== undefined && option !== undefined) throw new UsageError("--stage and --queue-url name two queues");
  if (stage !== undefined) {
    const url = (await (await operations()).outputsOf(stage)).get(output);
    if (url === undefined) throw new UsageError(`--stage ${stage}: its stack has no output ${output}`);
    return url;
  }
  const url = option ?? process.env[variable] ?? "";
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : "")) {
    const name = option === undefined ? variable : "--queue-url";
    throw new UsageError(`${name}: expected the URL of ${is}, and not "${url}"; --stage NAME finds it`);
  }
  return url;
}

function operations() {
  return import("../operations/stack.ts");
}

/**
 * Runs what talks to AWS. What AWS or its client refuses is said in a line.
 * @throws UsageError where the environment lacks a Region or credentials; InputError of any other refusal
 */
export async function toldOf<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof UsageError || error instanceof InputError) throw error;
    if (error.message === "Region is missing") {
      throw new UsageError("AWS_REGION: expected the Region of what is deployed, such as eu-west-1");
    }
    if (error.name === "CredentialsProviderError") {
      throw new UsageError("AWS_PROFILE: expected credentials, here or in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    }
    if ("$metadata" in error || "syscall" in error || "code" in error) {
      throw new InputError(`AWS: ${error.name}: ${error.message.split("\n")[0]}`);
    }
    throw error;
  }
}

/** A line for each variable at fault. */
function linesOf(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const { issues } = Object(cause) as { readonly issues?: readonly Issue[] };
  return issues === undefined ? message : issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("\n");
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}
