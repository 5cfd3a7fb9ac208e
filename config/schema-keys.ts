/** Looks into a schema by path: which keys it has there and what it says of them. */
import { z } from 'zod';
import type { Path } from './source.ts';

type Json = z.core.JSONSchema.BaseSchema;

function isSchema(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The alternatives of a schema, itself when it has none. */
function branches(schema: Json): Json[] {
  const options = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(isSchema);
  return options.length === 0 ? [schema] : options.flatMap(branches);
}

function children(schema: Json, step: PropertyKey): Json[] {
  const { items, prefixItems, properties, additionalProperties } = schema;
  const found =
    typeof step === 'number'
      ? [items, prefixItems?.[step]]
      : [properties?.[String(step)] ?? additionalProperties];
  return found.filter(isSchema);
}

export class SchemaKeys {
  readonly #root: Json;

  constructor(schema: z.ZodType) {
    this.#root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  }

  #at(path: Path): Json[] {
    let found = [this.#root];
    for (const step of path)
      found = found.flatMap(branches).flatMap((schema) => children(schema, step));
    return found;
  }

  /** Keys the schema knows of the mapping at `path`. */
  keys(path: Path): string[] {
    const all = this.#at(path).flatMap(branches);
    return [...new Set(all.flatMap((schema) => Object.keys(schema.properties ?? {})))];
  }

  /** What the schema says of the value at `path`, without its full stop; or ''. */
  description(path: Path): string {
    const found = this.#at(path).find((schema) => schema.description !== undefined);
    return (found?.description ?? '').replace(/\.$/, '');
  }
}
