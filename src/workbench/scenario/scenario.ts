import type { Expectation } from "./expectation.ts";
import type { Place } from "./place.ts";

/** A file of scenario tests, read. */
export interface Suite {
  readonly path: string;
  readonly text: string;
  /** The rule file's path, as the test file's folder has it. */
  readonly rule: string;
  readonly tests: readonly Scenario[];
}

/** A timeline of events, and what must come of each. */
export interface Scenario {
  readonly name: string;
  readonly place: Place;
  readonly steps: readonly Step[];
  /** Until so many ms after the timeline's zero, sightings teach the history and make no findings. */
  readonly learnMs?: number;
  readonly repeat?: Repeat;
  readonly shuffle: boolean;
}

/** One moment's event. */
export interface Step {
  /** Epoch ms. */
  readonly at: number;
  /** Of the step. */
  readonly place: Place;
  /** What the stream carries: the event as JSON, or any text. Without the fields that a repetition sets. */
  readonly send: Send;
  /** Nothing, where the file has none: the test fails, and `--update` writes it. */
  readonly expect?: Expectation;
  /** Of the expectation, as UTF-16 offsets into the file; or the place for one, if there is any. */
  readonly slot: Slot | undefined;
}

export type Send =
  | { readonly kind: "event"; readonly entries: Entries }
  | { readonly kind: "text"; readonly text: string };

/** An event's JSON, level by level. */
export type Entries = ReadonlyMap<string, unknown>;

export type Slot =
  | { readonly kind: "replace"; readonly start: number; readonly end: number }
  | { readonly kind: "insert"; readonly at: number; readonly before: string };

/** Each step is sent so many times, each time with other values. */
export interface Repeat {
  readonly times: number;
  readonly vary: readonly Varied[];
}

/** A field, and its value the nth time: a template, in which `{{n}}` is n, or the nth of a list. */
export interface Varied {
  readonly field: string;
  readonly values: string | readonly unknown[];
}
