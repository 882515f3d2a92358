import { type Alias, isAlias, isCollection, isPair, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import { type Place, ScenarioError } from "./place.ts";

/** UTF-16 units of a test file at most: some thousand events. */
export const MAX_LENGTH = 512 * 1024;
export const TOO_LONG = `a test file has ${MAX_LENGTH / 1024} KB at most`;
/** Nodes read of a file at most, each alias counted with all it stands for: a few lines can promise billions. */
const MAX_NODES = 200_000;
/** UTF-16 units of the texts read, counted the same way. */
const MAX_TEXT = 8 * 1024 * 1024;
/** Levels within levels. An alias to what it stands in has no end. */
export const MAX_DEPTH = 100;

/** A YAML file whose nodes know their places. */
export interface YamlFile {
  readonly path: string;
  readonly text: string;
  readonly root: Node;
  /** What a node stands for, at the cost of one node of the file's budget. */
  read(node: Node, depth: number): Node;
  placeOf(node: Node): Place;
  /** @throws ScenarioError at the node's place */
  refuse(node: Node, reason: string): never;
}

/** @throws ScenarioError where the text is no YAML, or too much of it */
export function readYaml(path: string, text: string): YamlFile {
  const top = { line: 1, column: 1 };
  if (text.length > MAX_LENGTH) throw new ScenarioError(path, top, TOO_LONG);
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    // Keys are held against each other here, which the library does in quadratic time.
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: "error",
    });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw new ScenarioError(path, at(problem.pos[0]), problemText(problem), problem);
    if (document.contents === null) throw new ScenarioError(path, top, "nothing in it: tests are missing");
    return yamlFile(path, text, document.contents, at);
  } catch (error) {
    // The library's own recursion, over brackets within brackets.
    if (error instanceof RangeError) throw new ScenarioError(path, top, TOO_DEEP, error);
    throw error;
  }
}

const TOO_DEEP = "nested too deep";

/** The library's words, which quote the file at any length, and end with the stack where that was too small. */
function problemText({ message }: Error): string {
  return message.includes("call stack") ? TOO_DEEP : shown(message);
}

/** A text in a message, cut. */
export function shown(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function yamlFile(path: string, text: string, root: Node, at: (offset: number) => Place): YamlFile {
  const targets = aliasTargets(root);
  let left = MAX_NODES;
  let textLeft = MAX_TEXT;
  const file: YamlFile = {
    path,
    text,
    root,
    placeOf: (node) => at(node.range?.[0] ?? 0),
    refuse(node, reason) {
      throw new ScenarioError(path, file.placeOf(node), reason);
    },
    read(node, depth) {
      if (--left < 0) file.refuse(node, `more than ${MAX_NODES} values, each alias counted with all it stands for`);
      if (depth > MAX_DEPTH) file.refuse(node, `more than ${MAX_DEPTH} levels within levels`);
      const target = isAlias(node) ? targets.get(node) : node;
      if (isAlias(node) && target === undefined) file.refuse(node, `no &${shown(node.source)} stands before it`);
      if (isScalar(target) && typeof target.value === "string") textLeft -= target.value.length;
      if (textLeft < 0) file.refuse(node, "more than 8 MB of texts, each alias counted with all it stands for");
      return target ?? node;
    },
  };
  return file;
}

/** What each alias stands for: the nearest anchor of its name before it. The library looks through the file for each. */
function aliasTargets(root: Node): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  const visit = (node: unknown): void => {
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) targets.set(node, target);
    } else if (isPair(node)) {
      visit(node.key);
      visit(node.value);
    } else if (isScalar(node) || isCollection(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      if (isCollection(node)) for (const item of node.items) visit(item);
    }
  };
  visit(root);
  return targets;
}
