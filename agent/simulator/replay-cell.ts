/** One cell of a log as the raw number of its register, exactly or with a typed error. */
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import { encodeRaw } from '../../drivers/decode.ts';
import { unscaled } from '../../drivers/scale.ts';
import { parseCell } from '../../models/table.ts';
import type { CodedSignal } from './codec.ts';

export interface CellPlace {
  readonly path: string;
  readonly line: number;
  readonly column: string;
}

export interface RawCell {
  readonly raw: number;
  /** The register is coarser than the cell. */
  readonly rounded: boolean;
}

export function csvInvalid(
  path: string,
  message: string,
  details: { readonly hint: string; readonly cause?: unknown },
): PpuriError {
  return new PpuriError('csv-invalid', message, {
    operation: 'prepare a replay',
    subject: path,
    ...details,
  });
}

/** `where` is asked only for an error. Throws `csv-invalid` naming line and column. */
export function rawOfCell(
  text: string,
  signal: CodedSignal,
  profile: Profile,
  where: () => CellPlace,
): RawCell {
  const prefix = profile.replay?.strip[signal.name] ?? '';
  const trimmed = text.trim();
  const cell = prefix !== '' && trimmed.startsWith(prefix) ? trimmed.slice(prefix.length) : trimmed;
  const mapped = profile.replay?.values[signal.name]?.[cell];
  if (mapped !== undefined) return { raw: mapped, rounded: false };
  const fail = (why: string, hint: string, cause?: unknown): PpuriError => {
    const { path, line, column } = where();
    return csvInvalid(path, `line ${line}, column ${column}: ${why}`, { hint, cause });
  };
  const value = numberIn(cell, fail);
  if (value === null) return { raw: emptyRaw(signal, fail), rounded: false };
  return fitted(value, signal, fail);
}

type Fail = (why: string, hint: string, cause?: unknown) => PpuriError;

function numberIn(cell: string, fail: Fail): number | null {
  try {
    return parseCell(cell);
  } catch (cause) {
    if (!(cause instanceof PpuriError)) throw cause;
    throw fail(
      cause.message,
      `${cause.hint}; or map the text in the profile's replay.values`,
      cause,
    );
  }
}

function emptyRaw(signal: CodedSignal, fail: Fail): number {
  const [first] = signal.spec.missing;
  if (first !== undefined) return first;
  throw fail('empty, and the signal has no missing sentinel', `give ${signal.name} one`);
}

function fitted(value: number, signal: CodedSignal, fail: Fail): RawCell {
  const { spec, register, scale } = signal;
  const raw = unscaled(value, register);
  const type = `${register.type} of scale ${register.scale}`;
  try {
    encodeRaw(raw, register);
  } catch (cause) {
    throw fail(`${value} does not fit ${signal.name} (${type})`, 'map another column to it', cause);
  }
  const plain = register.scale === 1 && register.offset === 0;
  if (!plain && (spec.missing.includes(raw) || spec.invalid.includes(raw))) {
    throw fail(`${value} would read as a sentinel of ${signal.name} (${type})`, 'clear the cell');
  }
  return { raw, rounded: scale(raw) !== value && Math.fround(value) !== scale(raw) };
}
