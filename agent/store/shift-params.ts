/** Parameters that questions about shifts share: lists, when shifts begin, parts of a shot. */
import { badParameter, type Fields } from './params.ts';

export function listOf<T extends string>(
  method: string,
  fields: Fields,
  name: string,
  fits: (value: unknown) => value is T,
): readonly T[] | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.length <= 24 && value.every(fits)) return value;
  throw badParameter(method, `${name} holds something it may not`);
}

const isClock = (value: unknown): value is string =>
  typeof value === 'string' && /^([01]\d|2[0-3]):[0-5]\d$/.test(value);

/** `shifts`, local times such as `08:00`; undefined: the usual ones. */
export function shiftStartsOf(method: string, fields: Fields): readonly string[] | undefined {
  const shifts = listOf(method, fields, 'shifts', isClock);
  return shifts?.length === 0 ? undefined : shifts;
}

/** `parts`: machine → how many parts its shots have. */
export function partsOf(
  method: string,
  fields: Fields,
): Readonly<Record<string, number>> | undefined {
  const { parts } = fields;
  if (parts === undefined || parts === null) return undefined;
  const counts = Object.entries(parts);
  const whole = counts.every(([, count]) => Number.isSafeInteger(count) && count >= 1);
  if (typeof parts === 'object' && !Array.isArray(parts) && whole)
    return Object.fromEntries(counts);
  throw badParameter(method, 'parts holds, by machine, whole numbers from 1');
}
