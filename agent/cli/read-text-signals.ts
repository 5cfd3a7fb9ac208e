/** Every signal of an instrument that speaks text: asked once, or listened to for a while. */
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import type { LineBus } from '../../drivers/driver.ts';
import type { Reading, Text } from '../records.ts';
import type { Readings } from '../signals/device-reader.ts';
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
      if (heard || stop.aborted || performance.now() > untilMs) return signals;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  } finally {
    reader.stop();
  }
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
