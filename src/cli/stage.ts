import { hasNetworks } from "../normalize/networks.ts";
import type { Clients } from "../operations/clients.ts";
import type { Described } from "../operations/stack.ts";
import { rulesDigest } from "../rule/digest.ts";
import { type DetectConfig, detectConfig } from "../runtime/config.ts";
import { InputError } from "../workbench/input/input-error.ts";
import { type Given, type Option, textOf, UsageError } from "./verb.ts";

const DEFAULT_STAGE = "dev";
const STAGE = /^[A-Za-z][A-Za-z0-9-]{0,100}$/;
/** A stack is described as quickly. */
const LIMIT_MS = 10_000;

/** Of the verbs that look at what is deployed. */
export const STAGE_OPTION: Option = {
  type: "string",
  value: "NAME",
  help: `the stage that is deployed; by default ${DEFAULT_STAGE}`,
};

/** Of the verbs that work on what is deployed. */
export const STAGE_OR_VARIABLES: Option = {
  type: "string",
  value: "NAME",
  help: "the deployed stage; without it the functions' variables say where things are",
};

/** @throws UsageError where the stage is no name of one */
export function stackNameFrom(given: Given): string {
  const stage = textOf(given, "stage") ?? DEFAULT_STAGE;
  if (!STAGE.test(stage)) {
    throw new UsageError(`--stage is a name such as prod, of letters, digits and hyphens, and "${stage}" is none`);
  }
  return `firstsight-${stage}`;
}

/**
 * Asks AWS, with what the environment says of Region and credentials.
 * @throws InputError where it cannot be asked at all
 */
export async function askStack<T>(ask: (clients: Clients) => Promise<T>): Promise<T> {
  // The clients take a while to load, and no other verb waits for it.
  const { openClients } = await import("../operations/clients.ts");
  const { StackError } = await import("../operations/stack.ts");
  const clients = openClients();
  try {
    return await ask(clients);
  } catch (error) {
    if (error instanceof StackError) throw new InputError(error.message, { cause: error });
    throw error;
  } finally {
    clients.close();
  }
}

/**
 * Asks about the stage that `--stage` names.
 * @throws UsageError; InputError where there is no such stack, or it cannot be asked about
 */
export function ofStage<T>(given: Given, read: (stack: Described, clients: Clients) => T | Promise<T>): Promise<T> {
  const name = stackNameFrom(given);
  return askStack(async (clients) => {
    const { describedStack } = await import("../operations/stack.ts");
    return read(await describedStack(clients, name, LIMIT_MS), clients);
  });
}

/** What deployed functions are told, and which rules they run. */
interface Deployed {
  readonly config: DetectConfig;
  /** The output `RuleSet`; without a stage, or where its stack says none, nothing. */
  readonly ruleSet: string | undefined;
}

/**
 * What the deployed functions are told: of a stage's function, or of the environment.
 * @throws UsageError with a line for each variable at fault
 */
export async function deployedConfig(given: Given): Promise<Deployed> {
  const { environment, ruleSet } =
    textOf(given, "stage") === undefined
      ? { environment: process.env, ruleSet: undefined }
      : await ofStage(given, async (stack, clients) => {
          const { variablesOf } = await import("../operations/stack.ts");
          return { environment: await variablesOf(clients, stack), ruleSet: stack.outputs.get("RuleSet") };
        });
  let config: DetectConfig;
  try {
    config = detectConfig(environment);
  } catch (error) {
    throw new UsageError(linesOf(error));
  }
  // Dead letters were matched before.
  if (config.ASN_DATABASE !== "" && !hasNetworks() && given.options["dead-letters"] !== true) {
    throw new UsageError(
      "the deployed functions have a database of networks: name it by ASN_DATABASE=FILE, or rules that ask for them would find nothing here",
    );
  }
  return { config, ruleSet };
}

const RULES = "rules";

/**
 * The folder of the rules to put things through with, or to teach a table. What rules do not match is done with, and what
 * others match is of no use: where nobody names a folder, they must be those that are deployed.
 * @throws UsageError where they are others
 */
export function rulesFolderFrom(given: Given, ruleSet: string | undefined): string {
  const named = textOf(given, "rules");
  // Dead letters were matched before.
  const isMatched = given.options["dead-letters"] === true;
  if (named !== undefined || ruleSet === undefined || isMatched) return named ?? RULES;
  let local: string | undefined;
  try {
    local = rulesDigest(RULES);
  } catch {
    // Whoever opens the rules says why there are none.
    return RULES;
  }
  if (local === ruleSet) return RULES;
  throw new UsageError(
    `${RULES}/ is not what stage ${textOf(given, "stage")} runs: check out or deploy the same, or say --rules ${RULES} to use these`,
  );
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
    const url = await ofStage(given, ({ outputs }) => outputs.get(output));
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
