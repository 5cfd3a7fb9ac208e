/** Parameters of queries, which arrive from sockets: checked by hand to keep the child small. */
import { PpuriError } from '../../config/errors.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function badParameter(method: string, message: string): PpuriError {
  return new PpuriError('usage', message, {
    operation: `answer ${method}`,
    subject: 'request parameters',
    hint: 'see the description of this request in agent/store/methods.ts',
  });
}

/** An object with no key but those in `known`; absent means none given. */
export function asFields(method: string, params: unknown, known: readonly string[]): Fields {
  if (params === undefined || params === null) return {};
  if (typeof params !== 'object' || Array.isArray(params))
    throw badParameter(method, 'params must be an object');
  for (const name of Object.keys(params))
    if (!known.includes(name))
      throw badParameter(method, `unknown parameter ${name}; known: ${known.join(', ')}`);
  return { ...params };
}

export function optionalText(method: string, fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.length <= 1000) return value;
  throw badParameter(method, `${name} must be a text of up to 1000 characters`);
}

export function requiredText(method: string, fields: Fields, name: string): string {
  const value = optionalText(method, fields, name);
  if (value === undefined || value === '') throw badParameter(method, `${name} is missing`);
  return value;
}

export function optionalNumber(method: string, fields: Fields, name: string): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw badParameter(method, `${name} must be a finite number`);
}

export function optionalChoice<T extends string>(
  method: string,
  fields: Fields,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw badParameter(method, `${name} must be one of ${choices.join(', ')}`);
}

/** 1 … most; absent: usual. */
export function limitOf(method: string, fields: Fields, usual: number, most: number): number {
  const limit = optionalNumber(method, fields, 'limit') ?? usual;
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw badParameter(method, `limit must be a whole number from 1 to ${most}`);
}
