import { boolean } from "./boolean.ts";
import { float } from "./float.ts";
import { integer } from "./integer.ts";
import { keyword } from "./keyword.ts";
import { type Leaf, type LeafTest, leafText, never } from "./leaf.ts";
import { type FieldSemantics, QueryError } from "./semantics.ts";

const TEXT = keyword({ ignoreAbove: 1024, lowercase: false });
const BOOLEAN = boolean();
const LONG = integer("long");
const FLOAT = float("float");

/**
 * A field no mapping names: Elasticsearch types it by the first value it sees, so here each value brings its own type.
 * As a term it is a keyword, whatever it looks like, so that one sender's quotes do not make another's value new.
 */
export function dynamic(): FieldSemantics {
  return {
    ...TEXT,
    indexes: (leaf) => typeOf(leaf).indexes(leaf),
    // Each literal is a clause of its own: one that a type cannot read takes nothing from the others.
    terms: (literals) => byType((type) => type.terms(literals.filter((literal) => canRead(type, literal)))),
    pattern: (segments) => byType((type) => type.pattern(segments)),
    range: (operator, literal) => byType((type) => type.range(operator, literal)),
  };
}

function typeOf(leaf: Leaf): FieldSemantics {
  if (typeof leaf === "string") return TEXT;
  if (typeof leaf === "boolean") return BOOLEAN;
  const text = leafText(leaf);
  return text.includes(".") || text.includes("e") || text.includes("E") ? FLOAT : LONG;
}

function byType(build: (type: FieldSemantics) => LeafTest): LeafTest {
  const tests = new Map<FieldSemantics, LeafTest>();
  for (const type of [TEXT, BOOLEAN, LONG, FLOAT])
    tests.set(
      type,
      orNever(() => build(type)),
    );
  return (leaf) => (tests.get(typeOf(leaf)) ?? never)(leaf);
}

function canRead(type: FieldSemantics, literal: string): boolean {
  try {
    type.terms([literal]);
    return true;
  } catch (error) {
    if (error instanceof QueryError) return false;
    throw error;
  }
}

/** What would be an error of a mapped number is no match here: the field may hold text as well. */
function orNever(build: () => LeafTest): LeafTest {
  try {
    return build();
  } catch (error) {
    if (error instanceof QueryError) return never;
    throw error;
  }
}
