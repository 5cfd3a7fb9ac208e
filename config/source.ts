/** A YAML file as plain data plus the place of every key and value in it. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLError,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { ErrorCode } from './errors.ts';
import type { Problem } from './problem.ts';
import { readText } from './read-text.ts';

export type Path = readonly PropertyKey[];

/** Aliases can multiply a small file without end; a real configuration stays far below. */
const maxNodes = 20_000;
const maxDepth = 40;

/** `machines[0].devices.plc`; keys with odd characters are quoted. */
export function formatPath(path: Path): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    const text = String(step);
    return /^[\w-]+$/.test(text) ? `.${text}` : `.${JSON.stringify(text)}`;
  });
  return steps.join('').replace(/^\./, '');
}

const pathKey = (path: Path): string => JSON.stringify(path.map(String));

/** Where things are in one file. */
export class Source {
  readonly file: string;
  readonly #lines: LineCounter;
  readonly #keys = new Map<string, number>();
  readonly #values = new Map<string, number>();

  constructor(file: string, lines: LineCounter) {
    this.file = file;
    this.#lines = lines;
  }

  place(path: Path, key: number | null, value: number | null): void {
    if (key !== null) this.#keys.set(pathKey(path), key);
    const at = value ?? key;
    if (at !== null) this.#values.set(pathKey(path), at);
  }

  has(path: Path): boolean {
    return this.#values.has(pathKey(path));
  }

  at(offset: number): { line: number; col: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), col: Math.max(col, 1) };
  }

  /** A problem with the value at `path`, or with what should hold it when it is not there. */
  atValue(path: Path, message: string, hint = ''): Problem {
    return this.#problem(path, this.#values.get(pathKey(path)), message, hint);
  }

  /** A problem with the key at `path` (for a list entry: with the entry). */
  atKey(path: Path, message: string, hint = ''): Problem {
    const key = this.#keys.get(pathKey(path)) ?? this.#values.get(pathKey(path));
    return this.#problem(path, key, message, hint);
  }

  #problem(path: Path, offset: number | undefined, message: string, hint: string): Problem {
    const { line, col } = this.at(offset ?? this.#nearestKey(path));
    return { file: this.file, line, col, path: formatPath(path), message, hint };
  }

  #nearestKey(path: Path): number {
    for (let length = path.length - 1; length >= 0; length--) {
      const key = pathKey(path.slice(0, length));
      const offset = this.#keys.get(key) ?? this.#values.get(key);
      if (offset !== undefined) return offset;
    }
    return 0;
  }
}

interface Walk {
  readonly document: Document.Parsed;
  readonly source: Source;
  readonly problems: Problem[];
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
    const target = node.resolve(walk.document);
    if (target !== undefined) return plain(walk, target, path);
    const message = `there is no anchor &${node.source} above this`;
    walk.problems.push(walk.source.atValue(path, message, `remove the "*" or add &${node.source}`));
    return null;
  }
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

const spaces = 'YAML is indented with spaces: the same number for every line of one level';
const colon = 'write "key: value", with a space after the colon';
const syntax: Partial<Record<YAMLError['code'], [message: string, hint: string]>> = {
  TAB_AS_INDENT: ['a tab is used for indentation', 'replace it by spaces'],
  BAD_INDENT: ['the indentation is wrong here', spaces],
  BLOCK_AS_IMPLICIT_KEY: ['a second "key:" on one line, or wrong indentation', spaces],
  MULTILINE_IMPLICIT_KEY: ['this is not "key: value"', colon],
  MULTIPLE_DOCS: ['a second document starts here', 'remove the "---" line'],
  BAD_ALIAS: ['this "*" is not an alias', 'put text that starts with "*" or "&" in quotes'],
  TAG_RESOLVE_FAILED: ['a "!" tag is not known', 'put text that starts with "!" in quotes'],
  BAD_DIRECTIVE: ['this is not a YAML directive', 'put text that starts with "%" in quotes'],
};
/** Where one code stands for several mistakes, the text tells them apart. */
const byMessage: readonly (readonly [start: string, told: readonly [string, string]])[] = [
  ['Implicit map keys need to be followed', ['this is not "key: value"', colon]],
  ['Flow map in block', ['a "{" before this is not closed', 'add the "}"']],
  ['Flow sequence in block', ['a "[" before this is not closed', 'add the "]"']],
  ['Missing closing', ['a quote is not closed', 'add the closing quote']],
  ['Maximum call stack', ['nested too deeply', 'is it a configuration file?']],
];

function syntaxProblem(source: Source, error: YAMLError): Problem {
  const special = byMessage.find(([start]) => error.message.startsWith(start));
  const [message, hint] = special?.[1] ??
    syntax[error.code] ?? [`YAML: ${error.message}`, 'look at this line and the one above'];
  return { file: source.file, path: '', ...source.at(error.pos[0]), message, hint };
}

/** One problem a line: what follows on the same line is mostly an echo of the first. */
function syntaxProblems(source: Source, errors: readonly YAMLError[]): Problem[] {
  const byLine = new Map<number, Problem>();
  for (const error of errors) {
    const problem = syntaxProblem(source, error);
    if (!byLine.has(problem.line)) byLine.set(problem.line, problem);
  }
  return [...byLine.values()];
}

function parse(text: string, lines: LineCounter): Document.Parsed | null {
  try {
    return parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  } catch (thrown) {
    if (thrown instanceof RangeError) return null;
    throw thrown;
  }
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
  const document = parse(text, lines);
  if (document === null) return broken([source.atValue([], 'nested too deeply')]);
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) return broken(syntaxProblems(source, errors));
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null))
    return broken([source.atValue([], 'the file is empty', 'start from config/example.yaml')]);
  source.place([], null, startOf(contents));
  const walk: Walk = { document, source, problems: [], nodes: 0 };
  try {
    const data = plain(walk, contents, []);
    return { source, data, problems: walk.problems, broken: false };
  } catch (thrown) {
    if (thrown instanceof Overgrown) return broken([thrown.problem]);
    throw thrown;
  }
}
