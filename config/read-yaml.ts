/** A YAML file as plain data plus the place of every key and value in it. */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { ErrorCode } from './errors.ts';
import type { Problem } from './problem.ts';
import { readText } from './read-text.ts';
import { type Path, Source } from './source.ts';
import { parseText, syntaxProblems } from './yaml-syntax.ts';

/** Aliases can multiply a small file without end; a real configuration stays far below. */
const maxNodes = 20_000;
const maxDepth = 40;

interface Walk {
  readonly source: Source;
  readonly problems: Problem[];
  /** Nodes with an anchor so far; the library's own search is slow on many aliases. */
  readonly anchors: Map<string, unknown>;
  nodes: number;
}

/** Stops a walk that has no end; the problem says why. */
class Overgrown extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

function startOf(node: unknown): number | null {
  if (isScalar(node) && node.range?.[0] === node.range?.[1]) return null;
  if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) return node.range?.[0] ?? null;
  return null;
}

function grow(walk: Walk, path: Path): void {
  walk.nodes++;
  const hint = 'write the values out instead of repeating anchors';
  if (walk.nodes > maxNodes)
    throw new Overgrown(walk.source.atKey(path.slice(0, 1), `more than ${maxNodes} values`, hint));
  if (path.length > maxDepth)
    throw new Overgrown(walk.source.atKey(path.slice(0, 1), 'nested too deeply', hint));
}

function plain(walk: Walk, node: unknown, path: Path): unknown {
  grow(walk, path);
  if (isAlias(node)) {
    const target = walk.anchors.get(node.source);
    if (target !== undefined) return plain(walk, target, path);
    const message = `there is no anchor &${node.source} above this`;
    walk.problems.push(walk.source.atValue(path, message, `remove the "*" or add &${node.source}`));
    return null;
  }
  if (isNode(node) && node.anchor !== undefined) walk.anchors.set(node.anchor, node);
  if (isMap(node)) return plainMap(walk, node, path);
  if (isSeq(node)) return plainList(walk, node, path);
  return isScalar(node) ? node.value : null;
}

function plainList(walk: Walk, node: YAMLSeq, path: Path): unknown[] {
  return node.items.map((item, index) => {
    const here = [...path, index];
    walk.source.place(here, startOf(item), null);
    return plain(walk, item, here);
  });
}

function keyOf(pair: Pair): string | null {
  if (!isScalar(pair.key)) return null;
  const { value } = pair.key;
  return value === null ? null : String(value);
}

function plainMap(walk: Walk, node: YAMLMap, path: Path): Record<string, unknown> {
  const entries = new Map<string, unknown>();
  for (const pair of node.items) {
    const key = keyOf(pair);
    const keyStart = startOf(pair.key) ?? startOf(node);
    if (key === null || key === '__proto__') {
      walk.source.place([...path, '?'], keyStart, null);
      walk.problems.push(walk.source.atKey([...path, '?'], 'this cannot be a key', 'use a name'));
      continue;
    }
    const here = [...path, key];
    if (entries.has(key)) {
      const first = walk.source.atKey(here, '').line;
      const { line, col } = walk.source.at(keyStart ?? 0);
      const problem = walk.source.atKey(here, 'is given twice', `the first is on line ${first}`);
      walk.problems.push({ ...problem, line, col });
      continue;
    }
    walk.source.place(here, keyStart, startOf(pair.value));
    entries.set(key, plain(walk, pair.value, here));
  }
  return Object.fromEntries(entries);
}

export interface YamlFile {
  readonly source: Source;
  /** Plain data; null when `broken`. */
  readonly data: unknown;
  readonly problems: readonly Problem[];
  /** The text is not YAML, so that its data cannot be judged. */
  readonly broken: boolean;
}

/** Reads `file`; throws `code` only when it cannot be read at all. */
export function readYaml(file: string, code: ErrorCode): YamlFile {
  const lines = new LineCounter();
  const source = new Source(file, lines);
  const read = readText(file, code);
  if ('problem' in read) return { source, data: null, problems: [read.problem], broken: true };
  return parseYaml(read.text, source, lines);
}

function parseYaml(text: string, source: Source, lines: LineCounter): YamlFile {
  const broken = (problems: Problem[]): YamlFile => ({
    source,
    data: null,
    problems,
    broken: true,
  });
  const document = parseText(text, lines);
  if (document === null) return broken([source.atValue([], 'nested too deeply')]);
  const problems = syntaxProblems(source, document);
  if (problems.length > 0) return broken(problems);
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null))
    return broken([source.atValue([], 'the file is empty', 'start from config/example.yaml')]);
  source.place([], null, startOf(contents));
  const walk: Walk = { source, problems: [], anchors: new Map(), nodes: 0 };
  try {
    const data = plain(walk, contents, []);
    return { source, data, problems: walk.problems, broken: false };
  } catch (thrown) {
    if (thrown instanceof Overgrown) return broken([thrown.problem]);
    throw thrown;
  }
}
