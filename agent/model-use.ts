/** What people ask about models over the socket, checked. */
import { PpuriError } from '../config/errors.ts';
import type { Deed } from './records.ts';

export interface UseAsked {
  readonly machine: string;
  readonly mold: string | null;
  /** Directory of the bundle. */
  readonly path: string;
  /** `use`: watched, on trial, then for good. `shadow`: watched only. `now`: for good at once. */
  readonly mode: 'use' | 'shadow' | 'now';
  /** 0: on trial at once. */
  readonly shadowShots: number;
  readonly trialShots: number;
  /** `allow`: a person goes back to a release before the newest on purpose. */
  readonly older: 'refuse' | 'allow';
  readonly who: string;
  readonly from: Deed['from'];
}

type Fields = Readonly<Record<string, unknown>>;

const modes = ['use', 'shadow', 'now'] as const;
const mostShots = 100_000;

export function refuse(
  message: string,
  operation: string,
  subject: string,
  hint: string,
): PpuriError {
  return new PpuriError('usage', message, { operation, subject, hint });
}

function wrong(name: string, what: string): PpuriError {
  const hint = 'the command and the agent may be of different versions';
  return refuse(`${name} is ${what}`, 'use a model', name, hint);
}

function textOf(fields: Fields, name: string, most: number): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '' && value.length <= most) return value;
  throw wrong(name, `a text of up to ${most} characters`);
}

function shotsOf(fields: Fields, name: string, least: number, usual: number): number {
  const value = fields[name] ?? usual;
  if (typeof value === 'number' && Number.isSafeInteger(value))
    if (value >= least && value <= mostShots) return value;
  throw wrong(name, `a whole number from ${least} to ${mostShots}`);
}

/** Throws `usage`. */
export function askedOf(
  fields: Fields,
  usual: { readonly shadowShots: number; readonly trialShots: number },
): UseAsked {
  const mode = modes.find((one) => one === (fields.mode ?? 'use'));
  if (mode === undefined) throw wrong('mode', modes.join(', '));
  const from = fields.from ?? 'cli';
  if (from !== 'panel' && from !== 'cli') throw wrong('from', 'panel or cli');
  const { mold } = fields;
  return {
    machine: textOf(fields, 'machine', 200),
    mold: mold === undefined || mold === null ? null : textOf(fields, 'mold', 200),
    path: textOf(fields, 'path', 4096),
    mode,
    shadowShots: shotsOf(fields, 'shadowShots', mode === 'shadow' ? 1 : 0, usual.shadowShots),
    trialShots: shotsOf(fields, 'trialShots', 1, usual.trialShots),
    older: fields.older === 'allow' ? 'allow' : 'refuse',
    who: fields.who === undefined ? 'unknown' : textOf(fields, 'who', 64),
    from,
  };
}
