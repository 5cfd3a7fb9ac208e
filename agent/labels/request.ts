/** What may be asked for: one inspection result, as it came from a screen, a command or a sheet. */
import { PpuriError } from '../../config/errors.ts';
import type { Label } from '../records.ts';

/** A shot by its key, by the machine's counter, or by the time. `machine`: its id or its name. */
export type LabelPlace =
  | { readonly boot: string; readonly seq: number }
  | {
      readonly machine: string;
      readonly shot: number;
      readonly fromWallMs?: number;
      readonly toWallMs?: number;
    }
  | { readonly machine: string; readonly wallMs: number; readonly toleranceMs: number };

export interface LabelRequest {
  readonly place: LabelPlace;
  /** Absent: '', the whole shot of a machine that makes one part. */
  readonly part: string;
  readonly result: Label['result'];
  /** Id or title of a defect of the machine's profile. */
  readonly type: string | null;
  readonly who: string;
  readonly from: Label['from'];
  /** Where more than one shot fits; default `newest`. */
  readonly ambiguous: 'newest' | 'refuse';
}

const results = ['ok', 'defect'] as const;
const sources = ['panel', 'cli', 'import'] as const;
const choices = ['newest', 'refuse'] as const;
const names = ['place', 'part', 'result', 'type', 'who', 'from', 'ambiguous'];
const placeNames = ['boot', 'seq', 'machine', 'shot', 'fromWallMs', 'toWallMs', 'wallMs'];

function refuse(message: string): PpuriError {
  return new PpuriError('usage', message, {
    operation: 'take an inspection result',
    subject: 'label',
    hint: 'see agent/labels/request.ts for what a request holds',
  });
}

type Fields = Readonly<Record<string, unknown>>;

function asFields(value: unknown, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('a label is an object');
  for (const name of Object.keys(value))
    if (!known.includes(name)) throw refuse(`unknown field ${name}; known: ${known.join(', ')}`);
  return { ...value };
}

/** One line, not blank where it must be there, of at most `most` characters. */
function text(fields: Fields, name: string, most: number, isNeeded = true): string {
  const value = fields[name] ?? '';
  if (typeof value !== 'string' || value.length > most || /\p{Cc}/u.test(value))
    throw refuse(`${name} is one line of up to ${most} characters`);
  if (isNeeded && value.trim() === '') throw refuse(`${name} is missing`);
  return value.trim();
}

function choice<T extends string>(fields: Fields, name: string, known: readonly T[]): T {
  const found = known.find((each) => each === fields[name]);
  if (found !== undefined) return found;
  throw refuse(`${name} is one of ${known.join(', ')}`);
}

function number(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw refuse(`${name} is a number`);
}

function readPlace(value: unknown): LabelPlace {
  const fields = asFields(value, [...placeNames, 'toleranceMs']);
  if (fields.boot !== undefined)
    return { boot: text(fields, 'boot', 100), seq: number(fields, 'seq') };
  const machine = text(fields, 'machine', 100);
  if (fields.shot === undefined)
    return {
      machine,
      wallMs: number(fields, 'wallMs'),
      toleranceMs: number(fields, 'toleranceMs'),
    };
  return {
    machine,
    shot: number(fields, 'shot'),
    ...(fields.fromWallMs === undefined ? {} : { fromWallMs: number(fields, 'fromWallMs') }),
    ...(fields.toWallMs === undefined ? {} : { toWallMs: number(fields, 'toWallMs') }),
  };
}

/** Checks what came over a wire. Throws `usage`. */
export function readLabelRequest(value: unknown): LabelRequest {
  const fields = asFields(value, names);
  const type = text(fields, 'type', 100, false);
  return {
    place: readPlace(fields.place),
    part: text(fields, 'part', 40, false),
    result: choice(fields, 'result', results),
    type: type === '' ? null : type,
    who: text(fields, 'who', 60),
    from: choice(fields, 'from', sources),
    ambiguous: fields.ambiguous === undefined ? 'newest' : choice(fields, 'ambiguous', choices),
  };
}
