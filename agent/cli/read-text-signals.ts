/** Every signal of an instrument that speaks text: asked once, or listened to for a while. */
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import type { LineBus } from '../../drivers/driver.ts';
import type { Reading, Text } from '../records.ts';
import type { Readings } from '../signals/device-reader.ts';
import { LineMessages } from '../signals/line-message.ts';
import { LineReader } from '../signals/line-reader.ts';

export interface TextSignal {
  readonly name: string;
  readonly title: Text;
  /** `line weight` */
  readonly at: string;
  readonly unit: string;
  readonly required: boolean;
  readonly reading: Reading;
}

export interface TextPlace {
  readonly bus: LineBus;
  readonly unit: number;
  readonly profile: Profile;
  readonly stop: AbortSignal;
}

/** A scale sends a few times a second. */
const patienceMs = 2500;
const pauseMs = 50;
/** What has gone by itself is old after this, and some more. */
const marginMs = 300;

export async function readTextDevice({
  bus,
  unit,
  profile,
  stop,
}: TextPlace): Promise<TextSignal[]> {
  const reader = new LineReader({ bus, unit, profile, prefix: '' });
  const untilMs = performance.now() + patienceMs;
  reader.start();
  try {
    for (;;) {
      const signals = signalsOf(profile, await readAll(reader));
      const heard = signals.some(({ reading }) => reading.quality === 'good');
      if (stop.aborted || performance.now() > untilMs) return signals;
      if (heard) return await stillSaid(reader, profile, stop);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  } finally {
    reader.stop();
  }
}

/** An instrument that speaks by itself must go on doing so; one that is asked has answered. */
async function stillSaid(
  reader: LineReader,
  profile: Profile,
  stop: AbortSignal,
): Promise<TextSignal[]> {
  const specs = Object.values(profile.signals).filter(({ holds }) => holds !== 'until-next');
  const oldMs = specs.map(({ staleAfterMs, everyMs }) => staleAfterMs ?? 3 * everyMs);
  const streaming = profile.line?.mode === 'streaming';
  const untilMs = performance.now() + (streaming ? Math.max(0, ...oldMs) + marginMs : 0);
  while (performance.now() < untilMs && !stop.aborted && specs.length > 0) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return signalsOf(profile, await readAll(reader));
}

/** Each signal of a line that could not be opened. */
export function unreadSignals(profile: Profile, error: PpuriError): TextSignal[] {
  const note = `${error.code}: ${error.message}`;
  const names = Object.keys(profile.signals);
  return signalsOf(profile, Object.fromEntries(names.map((name) => [name, missing(note)])));
}

/** What makes the instrument speak; empty where it does so by itself. */
export function requestOf(profile: Profile, unit: number): string {
  const { line } = profile;
  return line === undefined ? '' : new LineMessages(profile, line, unit, '').request;
}

async function readAll(reader: LineReader): Promise<Readings> {
  const readings: Readings = {};
  for (const group of [reader.shot, ...reader.slow]) {
    if (group === null) continue;
    try {
      Object.assign(readings, await group.read('slow'));
    } catch (error) {
      if (!(error instanceof PpuriError)) throw error;
      const note = `${error.code}: ${error.message}`;
      for (const name of group.signals) readings[name] = missing(note);
    }
  }
  return readings;
}

function missing(note: string): Reading {
  const at = { monoMs: performance.now(), wallMs: Date.now() };
  return { value: null, quality: 'missing', at, note };
}

function signalsOf(profile: Profile, readings: Readings): TextSignal[] {
  return Object.entries(profile.signals).map(([name, { title, at, unit, presence }]) => ({
    ...{ name, title, at, unit },
    required: presence === 'required',
    reading: readings[name] ?? missing('not read'),
  }));
}
