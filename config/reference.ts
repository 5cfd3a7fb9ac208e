/** Generated text: the JSON Schema for editors and the README's tables of options and errors. */
import { z } from 'zod';
import { errorTable } from './errors.ts';
import { configSchema } from './schema.ts';

type Json = z.core.JSONSchema.BaseSchema;

/** Content of config/schema.json. */
export function schemaJson(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input' });
  return `${JSON.stringify({ ...schema, title: 'ppuri.yaml' }, null, 2)}\n`;
}

interface Row {
  readonly path: string;
  readonly value: string;
  readonly standard: string;
  readonly meaning: string;
}

function isSchema(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const options = (schema: Json): Json[] =>
  [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(isSchema);

const names: Record<string, string> = {
  integer: 'whole number',
  object: 'mapping',
  array: 'list',
  string: 'text',
};

/** What may be written: `1–65535`, `ko` or `en`, text. */
function writable(schema: Json): string {
  const { minimum, maximum, exclusiveMinimum, type } = schema;
  const choices = schema.const === undefined ? (schema.enum ?? []) : [schema.const];
  if (choices.length > 0) return choices.map((choice) => `\`${choice}\``).join(', ');
  if (minimum !== undefined && maximum !== undefined) return `${minimum}–${maximum}`;
  if (exclusiveMinimum !== undefined) return `above ${exclusiveMinimum}`;
  const alternatives = options(schema);
  if (alternatives.length > 0) return [...new Set(alternatives.map(writable))].join(' or ');
  return typeof type === 'string' ? (names[type] ?? type) : '';
}

function standardOf(schema: Json, isRequired: boolean): string {
  const { default: standard } = schema;
  if (standard !== undefined && typeof standard !== 'object') return `\`${standard}\``;
  return isRequired ? '**required**' : '';
}

/** Rows of the mapping `schema`, each before the rows inside it. */
function rowsOf(schema: Json, prefix: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    if (!isSchema(inner)) return [];
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const own = {
      path,
      value: writable(inner),
      standard: standardOf(inner, schema.required?.includes(key) === true),
      meaning: inner.description ?? '',
    };
    return [own, ...rowsInside(inner, path)];
  });
}

function rowsInside(schema: Json, path: string): Row[] {
  const { items, additionalProperties } = schema;
  if (isSchema(items)) return rowsInside(items, `${path}[]`);
  const inside = isSchema(additionalProperties)
    ? rowsInside(additionalProperties, `${path}.*`)
    : [];
  return [
    ...rowsOf(schema, path),
    ...options(schema).flatMap((one) => rowsInside(one, path)),
    ...inside,
  ];
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Every option of ppuri.yaml; `*` stands for a name of the user's own. */
export function configTable(): string {
  const rows = rowsOf(z.toJSONSchema(configSchema, { io: 'input' }), '');
  return table(
    ['option', 'value', 'default', 'meaning'],
    rows.map(({ path, value, standard, meaning }) => [`\`${path}\``, value, standard, meaning]),
  );
}

/** Every error code with its exit code. */
export function errorsTable(): string {
  const rows = Object.entries(errorTable).map(([code, { exit, retryable, meaning }]) => [
    `\`${code}\``,
    String(exit),
    retryable ? 'yes' : 'no',
    meaning,
  ]);
  return table(['code', 'exit', 'retried', 'meaning'], rows);
}

/** `text` with `content` between `<!-- name:begin -->` and `<!-- name:end -->`; throws without them. */
export function fillMarkers(text: string, name: string, content: string): string {
  const begin = `<!-- ${name}:begin -->`;
  const end = `<!-- ${name}:end -->`;
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new RangeError(`the text has no ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}
