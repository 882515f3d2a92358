/** Where in a file something stands, 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A test file that says something wrong, and where. */
export class ScenarioError extends Error {
  readonly path: string;
  readonly place: Place;
  /** Without the place. */
  readonly reason: string;

  constructor(path: string, place: Place, reason: string, cause?: unknown) {
    super(`${path}:${place.line}:${place.column}: ${reason}`, { cause });
    this.name = "ScenarioError";
    this.path = path;
    this.place = place;
    this.reason = reason;
  }
}
