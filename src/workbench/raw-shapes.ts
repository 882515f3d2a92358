import { isNormalised, type RawShape, SHAPE_NAMES } from "../normalize/raw-shape.ts";

/** What events that came raw mean for the rules, a line a shape, for whoever wonders why nothing was found. */
export function rawShapeLines(counts: Readonly<Partial<Record<RawShape, number>>>): string[] {
  return Object.entries(counts).map(([name, count]) => {
    const shape = name as RawShape;
    const events = `${count} event${count === 1 ? "" : "s"}`;
    return isNormalised(shape)
      ? `${events} of ${SHAPE_NAMES[shape]}, raw: made ECS of`
      : `at least ${events} of a raw shape (${SHAPE_NAMES[shape]}) that is not made ECS of here: no rule can match them`;
  });
}

/** The same of one event. */
export function rawShapeText(shape: RawShape): string {
  return isNormalised(shape)
    ? `${SHAPE_NAMES[shape]}, raw: made ECS of`
    : `${SHAPE_NAMES[shape]}, raw, and not made ECS of here: no rule can match it`;
}
