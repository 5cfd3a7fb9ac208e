/** A profile's own test vectors, read the way the agent reads the device. */
import type { Profile } from '../../config/profile.ts';
import type { FailedVector } from '../../config/profile-load.ts';
import { parseAddress } from '../../drivers/decode.ts';
import { takeChecksum } from '../../drivers/serial-line/checksum.ts';
import type { Reading } from '../records.ts';
import {
  type CompiledSignal,
  compileSignals,
  type Piece,
  type Readings,
  readPieces,
  unread,
} from './compiled.ts';
import { LineMessages } from './line-message.ts';

type Vector = Extract<Profile['testVectors'][number], { words: readonly number[] }>;
type LineVector = Exclude<Profile['testVectors'][number], Vector>;
type Expected = FailedVector['expected'];

const at = { monoMs: 0, wallMs: 0 };
/** Values are written in decimal and floats come in binary: this far apart they are the same. */
const tolerance = 1e-9;

/** The vectors that do not give what they state; none in a sound profile. */
export function failedVectors(profile: Profile): FailedVector[] {
  const signals = profile.line === undefined ? compileSignals(profile, '') : [];
  return profile.testVectors.flatMap((vector, index) => {
    const readings =
      'line' in vector ? readLineVector(vector, profile) : readVector(vector, signals);
    return Object.entries(vector.expect).flatMap(([signal, expected]) => {
      const got = shown(readings[signal] ?? unread(at));
      return same(expected, got) ? [] : [{ index, signal, expected, got }];
    });
  });
}

function readVector({ at: start, words, given }: Vector, signals: readonly CompiledSignal[]) {
  const first = parseAddress(start);
  const pieces = signals.flatMap((signal): Piece[] => {
    const { table, address } = signal.register;
    const offset = address - first.address;
    const covered = table === first.table && offset >= 0 && offset + signal.words <= words.length;
    return covered ? [{ signal, words, start: offset, at }] : [];
  });
  const readings: Readings = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, { value, quality: 'good', at } as const]),
  );
  readPieces(pieces, readings, () => unread(at));
  return readings;
}

/** As unit 1 would say it. */
function readLineVector({ line: message }: LineVector, { line, ...profile }: Profile): Readings {
  if (line === undefined) return {};
  const { text, right } = takeChecksum(line.checksum, line.checksumFrom, message);
  return (right ? new LineMessages(profile, line, 1, '').read(text, at) : null) ?? {};
}

function shown({ value, text, quality }: Reading): Expected {
  if (text !== undefined) return { text };
  if (value !== null) return value;
  return quality === 'missing' ? 'missing' : 'invalid';
}

function same(expected: Expected, got: Expected): boolean {
  if (typeof expected === 'object') return typeof got === 'object' && got.text === expected.text;
  if (typeof expected === 'number' && typeof got === 'number')
    return Math.abs(expected - got) <= tolerance * Math.max(1, Math.abs(expected));
  return expected === got;
}
