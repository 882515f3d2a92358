import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import { leafText } from "../ecs/leaf.ts";
import { type FieldPath, fieldPath } from "../ecs/path.ts";
import { type Closed, closingBody } from "./closing.ts";
import { namingIn, restored } from "./fragment.ts";
import { inert } from "./inert.ts";
import { openFinding } from "./seal.ts";

/** A finding on its way out: the sealed body, and its id. */
export interface Message {
  readonly findingId: string;
  readonly body: string;
}

/** Where findings go. */
export interface Publisher {
  /**
   * Hands messages over. Resolves to the ids that were accepted, and never rejects: what was not accepted stays in the
   * outbox, and the reason goes to whoever made the publisher.
   */
  publish(messages: readonly Message[]): Promise<ReadonlySet<string>>;
}

/** A finding as the history keeps it. */
interface Stored {
  readonly findingId: string;
  readonly outbox: Uint8Array;
  /** Where it is the closing message of a window, which `outbox` is the first finding of. */
  readonly closing?: Closed | undefined;
}

/** Findings opened at once: a batch of SNS's. A body may be sixty times its sealed size. */
const OPENED = 10;

/** Where the fragments are that stored findings name. */
export interface Fragments {
  /** Resolves to none where it is stored no longer. Rejects where that cannot be known: the finding waits then. */
  fragment(digest: string): Promise<Uint8Array | undefined>;
}

/**
 * Publishes stored findings as they are: what was sealed is the body, with its fragment back in its place. A few are open
 * at a time, whatever their number. What cannot be opened is told to `onError`, is not accepted, and costs no other.
 */
export function publishWith(
  publisher: Publisher,
  fragments: Fragments,
): (stored: readonly Stored[], onError: (error: unknown) => void) => Promise<ReadonlySet<string>> {
  return async (stored, onError) => {
    const accepted = new Set<string>();
    for (let from = 0; from < stored.length; from += OPENED) {
      try {
        const group = stored.slice(from, from + OPENED).map((finding) => opened(finding, fragments, onError));
        const messages = (await Promise.all(group)).flat();
        for (const findingId of await publisher.publish(messages)) accepted.add(findingId);
      } catch (error) {
        // What was accepted before must be known as such, whatever comes after.
        onError(error);
      }
    }
    return accepted;
  };
}

async function opened(
  { findingId, outbox, closing }: Stored,
  fragments: Fragments,
  onError: (error: unknown) => void,
): Promise<Message[]> {
  try {
    const stored = openFinding(outbox);
    const naming = namingIn(stored);
    const body = naming === undefined ? stored : restored(stored, naming, await fragments.fragment(naming.digest));
    return [{ findingId, body: closing === undefined ? body : closingBody(body, findingId, closing) }];
  } catch (cause) {
    onError(new Error(`the stored finding ${findingId} cannot be opened`, { cause }));
    return [];
  }
}

/**
 * What a subscriber can filter on, taken from the body so that a stored finding needs nothing beside it. SNS takes ten at
 * most to a queue with raw delivery. A list is absent where it would be empty, which SNS refuses.
 */
export interface Attributes {
  readonly type: string;
  readonly rule_id: string;
  readonly severity: string;
  readonly risk_score: number;
  readonly fid: string;
  readonly building_block: "true" | "false";
  /** The host's id and name, inert; of a host that has many the first few. */
  readonly host?: readonly string[];
  /** MITRE's ids, such as TA0006. */
  readonly tactic?: readonly string[];
  /** MITRE's ids, of techniques and of their parts: T1552, T1552.005. */
  readonly technique?: readonly string[];
}

/** Values of one attribute, and UTF-16 units of each. */
const ATTRIBUTE_VALUES = 20;
const ATTRIBUTE_LENGTH = 256;

const HOST_FIELDS = [fieldPath("host.id"), fieldPath("host.name")];

export function attributesOf({ findingId, body }: Message): Attributes {
  const finding = JSON.parse(body) as JsonObject;
  const threats = objectsOf(finding["kibana.alert.rule.threat"]);
  const techniques = threats.flatMap((threat) => objectsOf(threat["technique"]));
  const parts = techniques.flatMap((technique) => objectsOf(technique["subtechnique"]));
  return {
    type: String(finding["new_terms_stream.type"]),
    rule_id: String(finding["kibana.alert.rule.rule_id"]),
    severity: String(finding["kibana.alert.severity"]),
    risk_score: Number(finding["kibana.alert.risk_score"]),
    fid: findingId,
    building_block: finding["kibana.alert.building_block_type"] === undefined ? "false" : "true",
    ...listed(
      "host",
      HOST_FIELDS.flatMap((path) => firstTexts(path, finding)),
    ),
    ...listed(
      "tactic",
      threats.map((threat) => idOf(threat["tactic"])),
    ),
    ...listed("technique", [...techniques, ...parts].map(idOf)),
  };
}

function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter((each) => isObject(each)) : [];
}

function idOf(value: JsonValue | undefined): string {
  const id = isObject(value) ? value["id"] : undefined;
  return typeof id === "string" ? id : "";
}

/** The first texts of a field: an event may hold hundreds of thousands. */
function firstTexts(path: FieldPath, finding: JsonObject): string[] {
  const found: string[] = [];
  path.some(finding, (leaf) => found.push(leafText(leaf)) >= ATTRIBUTE_VALUES);
  return found;
}

/** An attribute of several values: each once, inert, none of them empty. */
function listed(name: string, values: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const distinct = new Set(
    values.map((value) => inert(value, ATTRIBUTE_LENGTH)).filter((value) => value.trim() !== ""),
  );
  return distinct.size === 0 ? {} : { [name]: [...distinct].slice(0, ATTRIBUTE_VALUES) };
}

/** Writes each finding as one line of JSON. */
export function linePublisher(write: (line: string) => void): Publisher {
  return {
    async publish(messages) {
      for (const { body } of messages) write(`${body}\n`);
      return new Set(messages.map(({ findingId }) => findingId));
    },
  };
}
