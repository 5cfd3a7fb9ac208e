/** Schema issues as problems with a place, plain words and a hint. */
import type { z } from 'zod';
import { nearest, suggest } from './nearest.ts';
import type { Problem } from './problem.ts';
import { SchemaKeys } from './schema-keys.ts';
import type { Path, Source } from './source.ts';

type Issue = z.core.$ZodIssue;

/** The value at `path` inside plain data, undefined when there is none. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

const kinds: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  tuple: 'a list',
};
const kind = (expected: string): string => kinds[expected] ?? expected;

/** Keys beneath which somebody may have written the secret itself. */
const secretKeys: ReadonlySet<unknown> = new Set(['password', 'token', 'headers']);

/** A secret written where its place should be named is not repeated, nor one within a URL. */
export function shown(value: unknown, path: Path): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (path.some((step) => secretKeys.has(step))) return 'a text that is not shown';
  const clean = typeof value === 'string' ? value.replace(/\/\/[^/?#]*@/, '//…@') : value;
  const text = typeof clean === 'string' ? JSON.stringify(clean) : String(clean);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** How to turn `value` into what was expected, where that is easily said. */
function conversion(expected: string, value: unknown): string {
  const isNumber = expected === 'number' || expected === 'int';
  if (
    isNumber &&
    typeof value === 'string' &&
    value.trim() !== '' &&
    Number.isFinite(Number(value))
  )
    return `write ${Number(value)} without quotes`;
  if (isNumber && typeof value === 'string' && /^[\d.]+ *[a-z]+$/i.test(value))
    return 'only the number: the unit is in the name of the key';
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
    return `put it in quotes: "${value}"`;
  if (expected === 'array' && typeof value === 'object') return 'start each entry with "- "';
  if ((expected === 'object' || expected === 'record') && Array.isArray(value))
    return 'write "name: { … }" entries, without "-"';
  return '';
}

/** The rule for a name, with the name put right as an example where that can be done. */
function withExample(rule: string, name: string): string {
  const slug = name.toLowerCase().replace(/[_\s.]+/g, '-');
  const fits = rule.includes('hyphens') && /^[a-z][a-z0-9-]*$/.test(slug);
  return fits ? `${rule}, e.g. "${slug}"` : rule;
}

const modiconTables: Record<string, string> = {
  0: 'coil',
  1: 'discrete',
  3: 'input',
  4: 'holding',
};

/** `40001` and `4x0001` of the manuals as our 0-based address; '' for anything else. */
function modicon(path: Path, value: unknown): string {
  const match = path.at(-1) === 'at' ? /^([0134])x?(\d{4,5})$/i.exec(String(value)) : null;
  const [, digit = '', number] = match ?? [];
  const table = modiconTables[digit];
  if (table === undefined || Number(number) === 0) return '';
  return `addresses start at 0: write \`${table} ${Number(number) - 1}\``;
}

interface Bound {
  readonly inclusive?: boolean;
}

const lowest = ({ inclusive }: Bound): string => (inclusive === false ? 'above' : 'at least');
const highest = ({ inclusive }: Bound): string => (inclusive === false ? 'below' : 'at most');

class Translator {
  readonly #source: Source;
  readonly #data: unknown;
  readonly #schema: SchemaKeys;

  constructor(source: Source, data: unknown, schema: z.ZodType) {
    this.#source = source;
    this.#data = data;
    this.#schema = new SchemaKeys(schema);
  }

  translate(issue: Issue): Problem[] {
    const { path } = issue;
    const value = valueAt(this.#data, path);
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => this.#unknownKey(path, key));
      case 'invalid_type':
        return [this.#wrongType(path, issue.expected, value)];
      case 'invalid_union':
        return this.#union(issue, value);
      case 'invalid_value':
        return [this.#wrongChoice(path, issue.values.map(String), value)];
      case 'invalid_key':
        return [this.#badName(path, issue.issues[0]?.message ?? '')];
      case 'invalid_format':
        return [this.#wrongForm(path, issue.message, value)];
      case 'too_small':
        return [this.#outOfBounds(path, lowest(issue), issue.minimum, value)];
      case 'too_big':
        return [this.#outOfBounds(path, highest(issue), issue.maximum, value)];
      default:
        return [this.#source.atValue(path, issue.message)];
    }
  }

  #unknownKey(path: Path, key: string): Problem {
    return this.#source.atKey([...path, key], 'unknown key', this.#keyHint(path, key));
  }

  #keyHint(path: Path, key: string): string {
    if (key === '<<') return 'YAML merge keys are not supported; write the keys out';
    return suggest(key, this.#schema.keys(path), 'the keys here are');
  }

  #wrongType(path: Path, expected: string, value: unknown): Problem {
    const description = this.#schema.description(path);
    if (value === undefined) return this.#source.atKey(path, 'is missing', description);
    if (value === null)
      return this.#source.atValue(path, `has no value, expected ${kind(expected)}`, description);
    const message = `expected ${kind(expected)}, found ${shown(value, path)}`;
    return this.#source.atValue(path, message, modicon(path, value) || conversion(expected, value));
  }

  #wrongChoice(path: Path, choices: string[], value: unknown): Problem {
    if (value === undefined)
      return this.#source.atKey(path, 'is missing', `one of ${choices.join(', ')}`);
    const given = String(value);
    const best = nearest(given, choices);
    const meant = best === null ? [] : [`did you mean "${best}"?`];
    const all = choices.length === 1 && best !== null ? [] : [`one of ${choices.join(', ')}`];
    const message = `${shown(value, path)} is not one of the choices`;
    return this.#source.atValue(path, message, [...meant, ...all].join(' '));
  }

  #badName(path: Path, rule: string): Problem {
    const name = String(path.at(-1));
    return this.#source.atKey(path, 'this name cannot be used', withExample(rule, name));
  }

  #wrongForm(path: Path, rule: string, value: unknown): Problem {
    const text = String(value);
    const hasName = this.#schema.keys(path.slice(0, -1)).includes('name');
    const korean = /[가-힣]/.test(text) && hasName ? '; Korean goes under name' : '';
    const hint = modicon(path, value) || withExample(rule, text) + korean;
    return this.#source.atValue(path, `${shown(value, path)} cannot be used here`, hint);
  }

  #outOfBounds(path: Path, side: string, bound: number | bigint, value: unknown): Problem {
    if (typeof value === 'number')
      return this.#source.atValue(path, `must be ${side} ${bound}, found ${value}`);
    const unit = typeof value === 'string' ? 'character' : Array.isArray(value) ? 'entry' : 'key';
    const message = `needs ${side} ${bound} ${unit}${bound === 1 ? '' : 's'}`;
    return this.#source.atValue(path, message, this.#schema.description(path));
  }

  #union(issue: Extract<Issue, { code: 'invalid_union' }>, value: unknown): Problem[] {
    const options: unknown = Reflect.get(issue, 'options');
    if (issue.errors.length === 0 && Array.isArray(options))
      return [this.#wrongChoice(issue.path, options.map(String), value)];
    const inside = issue.errors.filter((errors) => !errors.some(isOtherKind));
    if (inside.length === 0) return [this.#noBranch(issue.path, issue.errors.flat(), value)];
    const cost = (errors: readonly Issue[]): number => branchCost(errors);
    const [best] = [...inside].sort((a, b) => cost(a) - cost(b));
    return (best ?? []).flatMap((inner) =>
      this.translate({ ...inner, path: [...issue.path, ...inner.path] }),
    );
  }

  /** The value fits no alternative at all: says every one of them. */
  #noBranch(path: Path, issues: readonly Issue[], value: unknown): Problem {
    const choices = issues.flatMap((one) => (one.code === 'invalid_value' ? one.values : []));
    const others = issues.flatMap((one) =>
      one.code === 'invalid_type' ? [kind(one.expected)] : [],
    );
    const all = [...choices.map(String), ...new Set(others)];
    const best = typeof value === 'string' ? nearest(value, choices.map(String)) : null;
    const hint = best === null ? '' : `did you mean "${best}"?`;
    return this.#source.atValue(
      path,
      `expected ${all.join(' or ')}, found ${shown(value, path)}`,
      hint,
    );
  }
}

/** The whole value is of another kind than this alternative, so its issues say nothing. */
function isOtherKind(issue: Issue): boolean {
  return issue.path.length === 0 && ['invalid_type', 'invalid_value'].includes(issue.code);
}

/** Fewer issues fit better; a key misspelt is nearer than one that has nothing to do with it. */
function branchCost(issues: readonly Issue[]): number {
  const missing = issues.map((issue) => String(issue.path.at(-1) ?? ''));
  const strangers = issues
    .flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
    .filter((key) => nearest(key, missing) === null);
  return issues.length + strangers.length;
}

/** A key written wrong is one mistake: the key that is missing because of it is not told again. */
function withoutEchoes(problems: Problem[]): Problem[] {
  const meant = problems.flatMap((problem) => {
    const better = /^did you mean "(.+)"\?$/.exec(problem.hint)?.[1];
    if (problem.message !== 'unknown key' || better === undefined) return [];
    return [problem.path.replace(/[^.\]]*$/, '') + better];
  });
  return problems.filter(
    (problem) => problem.message !== 'is missing' || !meant.includes(problem.path),
  );
}

/** Every issue of one failed parse, as problems in the file the data came from. */
export function problemsOf(
  issues: readonly Issue[],
  schema: z.ZodType,
  data: unknown,
  source: Source,
): Problem[] {
  const translator = new Translator(source, data, schema);
  return withoutEchoes(issues.flatMap((issue) => translator.translate(issue)));
}
