import { join, resolve } from "node:path";
import { rulesDigest } from "../rule/digest.ts";
import { openAsnDatabase } from "../runtime/asn-database.ts";
import { buildFunctions } from "./build.ts";
import type { Resource, Template } from "./cloudformation.ts";
import { conditionsOf, FUNCTION_CONDITIONS } from "./conditions.ts";
import { drawn } from "./dashboard.ts";
import { existingOf } from "./existing.ts";
import { logSubscriptionsOf } from "./log-subscriptions.ts";
import { mistakenSetting, readSettings } from "./read-settings.ts";
import type { Settings } from "./settings.ts";
import { subscriptionsOf } from "./subscriptions.ts";
import { bounded, networked, tailored } from "./template.ts";
import { variablesOf } from "./variables.ts";

const RULES = "rules";
/** As serverless.yml has it. */
const DEFAULT_STAGE = "dev";

/** What of osls is used here. */
interface Serverless {
  readonly serviceDir: string;
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  readonly service: {
    functions: Record<string, unknown>;
    readonly resources?: { readonly extensions?: Record<string, unknown> };
    readonly provider: { stage: string; region: string; compiledCloudFormationTemplate: Template };
  };
}

interface Options {
  readonly stage?: string;
  readonly region?: string;
  readonly param?: readonly string[];
}

interface VariableRequest {
  readonly address: string;
  resolveVariable(variable: string): Promise<unknown>;
}

/**
 * Makes of serverless.yml and infra/ what a stage's settings ask for. However osls is called, what it packages was built
 * and tested just then, and its settings were read.
 */
export default class StagePlugin {
  readonly hooks: Readonly<Record<string, () => unknown>>;
  readonly configurationVariablesSources;
  readonly #serverless: Serverless;
  #settings: Settings | undefined;

  constructor(serverless: Serverless, options: Options, { log }: { readonly log: { notice(line: string): void } }) {
    this.#serverless = serverless;
    // What is wrong with them is told here once, and not of each variable that reads them.
    this.#settingsOf(options.stage ?? DEFAULT_STAGE);
    this.configurationVariablesSources = {
      settings: {
        resolve: async ({ address, resolveVariable }: VariableRequest) => {
          const stage = String(await resolveVariable("sls:stage"));
          const value = variablesOf(this.#settingsOf(stage))[address];
          if (value === undefined) throw this.#error(`there is no setting ${address}`);
          return { value };
        },
      },
    };
    this.hooks = {
      initialize: () => this.#leaveOut(options),
      "before:package:cleanup": async () => {
        for (const line of (await this.#built()).split("\n")) log.notice(line);
      },
      "after:aws:package:finalize:mergeCustomProviderResources": () => this.#tailor(),
    };
  }

  #settingsOf(stage: string): Settings {
    try {
      this.#settings ??= readSettings(this.#serverless.serviceDir, stage);
      return this.#settings;
    } catch (error) {
      throw this.#error(error instanceof Error ? error.message : String(error));
    }
  }

  #error(message: string): Error {
    return new this.#serverless.classes.Error(message, "FIRSTSIGHT");
  }

  /** Before anything is made: functions that the stage has none of, and options that would be forgotten next time. */
  #leaveOut({ param = [], region }: Options): void {
    const { service } = this.#serverless;
    const settings = this.#settingsOf(service.provider.stage);
    const conditions = conditionsOf(settings);
    if (param.length > 0) {
      throw this.#error(
        `--param=${param.join(" ")}: settings are in config/${service.provider.stage}.yml, and nowhere else`,
      );
    }
    if (region !== undefined && region !== settings.region) {
      throw this.#error(`--region ${region}: config/${service.provider.stage}.yml says ${settings.region}`);
    }
    for (const [name, condition] of Object.entries(FUNCTION_CONDITIONS)) {
      if (conditions[condition] === true) continue;
      delete service.functions[name];
      const extensions = service.resources?.extensions ?? {};
      const prefix = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}EventSourceMapping`;
      for (const id of Object.keys(extensions)) if (id.startsWith(prefix)) delete extensions[id];
    }
  }

  async #built(): Promise<string> {
    const { serviceDir } = this.#serverless;
    try {
      return await buildFunctions(join(serviceDir, "dist"), join(serviceDir, RULES), this.#asnDatabase());
    } catch (error) {
      throw this.#error(error instanceof Error ? error.message : String(error));
    }
  }

  /** The path of the stage's database of ASN, which can be read; none is an empty text. */
  #asnDatabase(): string {
    const { serviceDir, service } = this.#serverless;
    const { stage } = service.provider;
    const { asnDatabase } = this.#settingsOf(stage).sources;
    if (asnDatabase === undefined) return "";
    const path = resolve(serviceDir, asnDatabase);
    try {
      openAsnDatabase(path, true);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw mistakenSetting(serviceDir, stage, { path: ["sources", "asnDatabase"], message });
    }
    return path;
  }

  #tailor(): void {
    const { serviceDir, service } = this.#serverless;
    const { provider } = service;
    const settings = this.#settingsOf(provider.stage);
    const { compiledCloudFormationTemplate: compiled } = provider;
    const whole: Template = {
      ...compiled,
      Resources: { ...compiled.Resources, ...subscriptionsOf(settings), ...logSubscriptionsOf(settings) } as Readonly<
        Record<string, Resource>
      >,
      Outputs: {
        ...compiled.Outputs,
        RuleSet: {
          Description: "The rules that run: SHA-256 of their files",
          Value: rulesDigest(join(serviceDir, RULES)),
        },
      },
    };
    let template = drawn(tailored(whole, conditionsOf(settings), existingOf(settings)));
    if (settings.permissionsBoundary !== undefined) template = bounded(template, settings.permissionsBoundary);
    if (settings.vpc !== undefined) template = networked(template, settings.vpc);
    provider.compiledCloudFormationTemplate = template;
  }
}
