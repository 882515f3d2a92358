import { inert, inertJson } from "../finding/inert.ts";
import { asffOf } from "../render/asff.ts";
import { chatOf } from "../render/chat.ts";
import { type Digest, digestsOf, idOf } from "../render/digest.ts";
import { emailOf } from "../render/email.ts";
import { eventBridgeOf } from "../render/eventbridge.ts";
import { ocsfOf } from "../render/ocsf.ts";
import { type Published, readPublished } from "../render/published.ts";
import { textOf } from "../render/text.ts";
import { readInput } from "../workbench/input/input.ts";
import { inputWarnings } from "./input-warnings.ts";
import { EXIT, type Given, type Out, textOf as optionOf, UsageError, type Verb } from "./verb.ts";

/** What is made one message, in memory: more than any batch of the notify function's. */
const MAX_DIGESTED = 10_000;
const MAX_DIGESTED_MB = 256;

/** Of several findings as one message where they may be; of one alone a digest is the finding itself. */
const FOR_PEOPLE: Readonly<Record<string, (digest: Digest) => object>> = {
  text: ({ findings }) => ({ text: findings.map(textOf).join("\n\n") }),
  email: emailOf,
  chat: chatOf,
};

const FOR_SYSTEMS: Readonly<Record<string, (finding: Published, body: string) => object>> = {
  ocsf: ocsfOf,
  asff: (finding) => asffOf(finding),
  eventbridge: eventBridgeOf,
};

const FORMATS = [...Object.keys(FOR_PEOPLE), ...Object.keys(FOR_SYSTEMS)];

export const render: Verb = {
  name: "render",
  summary: "show findings as people and other systems get them",
  takes: "[FILE|-]...",
  isWithoutEvents: true,
  options: {
    format: { type: "string", value: "FORMAT", help: `${FORMATS.join(", ")}; by default text` },
    digest: { type: "boolean", help: "text, email and chat: the findings of a rule as one message" },
    json: { type: "boolean", help: "the text forms as JSON, too, one a line" },
  },
  examples: [
    ["render --format email findings.ndjson", "what `replay --ndjson` prints, as mails"],
    ["render --format ocsf - < findings.ndjson", "OCSF Detection Findings, one a line"],
    ["render --format chat --digest findings.ndjson", "what a channel is told if they come together"],
  ],
  run,
};

async function run(given: Given, out: Out): Promise<number> {
  const format = optionOf(given, "format") ?? "text";
  const isDigest = given.options["digest"] === true;
  const forPeople = Object.hasOwn(FOR_PEOPLE, format) ? FOR_PEOPLE[format] : undefined;
  const forSystems = Object.hasOwn(FOR_SYSTEMS, format) ? FOR_SYSTEMS[format] : undefined;
  if (forPeople === undefined && forSystems === undefined)
    throw new UsageError(`--format is one of ${FORMATS.join(", ")}, and not "${format}"`);
  if (isDigest && forPeople === undefined)
    throw new UsageError(`--digest is for people: ${format} has a finding of its own each`);

  const between = format === "email" ? `${"-".repeat(72)}\n` : "\n";
  const isJson = given.options["json"] === true || forSystems !== undefined || format === "chat";
  let shown = 0;
  const show = (form: object) => {
    if (isJson) out.print(inertJson(form, 0));
    else out.print(`${shown === 0 ? "" : between}${plain(form)}`);
    shown++;
  };
  const warnings = inputWarnings(out);
  const gathered: Published[] = [];
  let length = 0;
  for await (const { finding, body, place } of findingsIn(given.paths, warnings.onProblem)) {
    if (isDigest) {
      length += body.length;
      if (gathered.push(finding) > MAX_DIGESTED || length > MAX_DIGESTED_MB * 2 ** 20)
        throw new UsageError(
          `${place}: --digest takes ${MAX_DIGESTED} findings and ${MAX_DIGESTED_MB} MB at most: those that come together`,
        );
    } else if (forSystems !== undefined) show(forSystems(finding, body));
    else for (const digest of digestsOf([finding])) show(forPeople?.(digest) ?? {});
  }
  for (const digest of digestsOf(gathered)) show(forPeople?.(digest) ?? {});
  if (shown === 0 && warnings.count() === 0) out.warn("there are no findings in it");
  return warnings.count() > 0 ? EXIT.input : EXIT.fine;
}

/** A form as text: of a mail its head and its body. */
function plain(form: object): string {
  const { text, subject, body } = form as { readonly text?: string; readonly subject?: string; readonly body?: string };
  return text ?? `Subject: ${subject}\n\n${body}`;
}

/** The findings of files; what is none is told, with its place, and passed over. */
async function* findingsIn(
  paths: readonly string[],
  onProblem: ReturnType<typeof inputWarnings>["onProblem"],
): AsyncGenerator<{ readonly finding: Published; readonly body: string; readonly place: string }> {
  for await (const { source, first, bytes } of readInput(paths.length === 0 ? ["-"] : paths, { onProblem })) {
    for (const [index, body] of bytes.toString().split("\n").entries()) {
      if (body.trim() === "") continue;
      const problem = (message: string) => onProblem({ source, line: first + index, message });
      let finding: Published;
      try {
        finding = readPublished(body);
      } catch {
        problem("expected a finding: a JSON object on a line");
        continue;
      }
      if (idOf(finding) === "") problem("this is no finding: it has no kibana.alert.uuid");
      else yield { finding, body, place: `${inert(source)}:${first + index}` };
    }
  }
}
