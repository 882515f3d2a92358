import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import { isLeaf, leafText } from "../ecs/leaf.ts";
import { inert } from "../finding/inert.ts";
import { type Html, html } from "./html.ts";
import { count, counted } from "./words.ts";

/** Bounds of one event on the page; what is beyond is counted. */
const MOST_FIELDS = 150;
const VALUE_LENGTH = 600;
const NAME_LENGTH = 120;
/** Names up to here share a column. */
const NAME_WIDTH = 32;
const EVENT_LENGTH = 8_000;
/** What is nested deeper is shown as JSON. */
const MOST_DEPTH = 12;

/** A finding's event, a line for each field: dotted name and values, as Kibana's document view has it. */
export function eventLines(finding: JsonObject): Html {
  const all = fieldsOf(eventOf(finding));
  const fields = [...all]
    .slice(0, MOST_FIELDS)
    .map(([name, values]) => ({ name: inert(name, NAME_LENGTH), values: cut(values.join(", ")) }));
  const width = Math.min(NAME_WIDTH, Math.max(0, ...fields.map(({ name }) => name.length)));
  const lines: string[] = [];
  let length = 0;
  let left = all.size - fields.length;
  for (const { name, values } of fields) {
    const line = `${name.padEnd(width)}  ${values}`;
    if (length + line.length > EVENT_LENGTH) left++;
    else {
      lines.push(line);
      length += line.length;
    }
  }
  return html`<pre tabindex="0" role="group" aria-label="The event">${lines.map(
    (line) => html`${line}
`,
  )}</pre>${left === 0 ? undefined : html`<p class="cut">${counted(left, "more field")} of this event ${left === 1 ? "is" : "are"} left out here.</p>`}`;
}

/** What the sender wrote: without the engine's own fields, and with its `event.kind` again. */
function eventOf(finding: JsonObject): JsonObject {
  const own = Object.entries(finding).filter(
    ([key]) => !["kibana", "new_terms_stream"].some((root) => key === root || key.startsWith(`${root}.`)),
  );
  const time = finding["kibana.alert.original_time"];
  const kind = finding["kibana.alert.original_event.kind"];
  return Object.fromEntries(
    own.flatMap(([key, value]): [string, JsonValue][] => {
      if (key === "@timestamp") return time === undefined ? [] : [[key, time]];
      if (key !== "event" || !isObject(value)) return [[key, value]];
      const { kind: _signal, ...event } = value;
      return [[key, kind === undefined ? event : { ...event, kind }]];
    }),
  );
}

function fieldsOf(event: JsonObject): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  const walk = (name: string, value: JsonValue, depth: number): void => {
    if (Array.isArray(value) && depth < MOST_DEPTH) {
      for (const element of value as readonly JsonValue[]) walk(name, element, depth + 1);
    } else if (isObject(value) && depth < MOST_DEPTH) {
      for (const [key, inner] of Object.entries(value)) walk(name === "" ? key : `${name}.${key}`, inner, depth + 1);
    } else {
      const text = value !== null && isLeaf(value) ? leafText(value) : JSON.stringify(value);
      const values = fields.get(name);
      if (values === undefined) fields.set(name, [text]);
      else values.push(text);
    }
  };
  walk("", event, 0);
  return fields;
}

function cut(value: string): string {
  const head = inert(value, VALUE_LENGTH);
  return value.length > VALUE_LENGTH ? `${head}… ${count(value.length - VALUE_LENGTH)} more characters` : head;
}
