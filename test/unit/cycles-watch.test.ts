import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../agent/cycles/tracker.ts';
import { type MachineSource, MachineWatch, type WatchEvents } from '../../agent/cycles/watch.ts';
import type { Instant, Reading } from '../../agent/records.ts';
import { PpuriError } from '../../config/errors.ts';
import type { CycleSpec } from '../../config/profile.ts';

const counterCycle: CycleSpec = {
  trigger: { on: 'change', signal: 'shotCount' },
  pollMs: 1,
  maxMissed: 50,
};

/** A machine in memory whose registers a script moves between reads: what a bus cannot be made to do on cue. */
class ScriptedMachine implements MachineSource {
  readonly #steps: (() => number | PpuriError)[];
  readonly #done: () => void;
  value = 0;
  reads = 0;

  /** Each step is what the next trigger read shows. */
  constructor(steps: (number | PpuriError)[], done: () => void) {
    this.#steps = steps.map((step) => () => step);
    this.#done = done;
  }

  async readTrigger() {
    const step = this.#steps[this.reads]?.();
    this.reads += 1;
    if (step === undefined) this.#done();
    if (step instanceof PpuriError) throw step;
    this.value = step ?? this.value;
    return { raw: this.value, at: at() };
  }

  async readSnapshot(): Promise<Record<string, Reading>> {
    return { pressure: { value: this.value, quality: 'good', at: at() } };
  }

  async completeReadings(snapshot: Record<string, Reading>) {
    return snapshot;
  }

  foreseeReadings(snapshot: Record<string, Reading>) {
    return snapshot;
  }
}

function at(): Instant {
  return { monoMs: performance.now(), wallMs: Date.now() };
}

async function play(
  steps: (number | PpuriError)[],
  cycle = counterCycle,
  more: (said: string[]) => Partial<WatchEvents> = () => ({}),
): Promise<string[]> {
  const said: string[] = [];
  const done = Promise.withResolvers<void>();
  const events: WatchEvents = {
    snapshot: async ({ shot, readings }) =>
      void said.push(`shot ${shot} pressure ${readings.pressure?.value}`),
    unseen: (shot, observed) => void said.push(`${observed} ${shot}`),
    reset: (before, now) => void said.push(`reset ${before} to ${now}`),
    link: (state) => void said.push(`link ${state}`),
    ...more(said),
  };
  const machine = new ScriptedMachine(steps, done.resolve);
  const options = { cycle, pollMs: 1, counter: { modulus: 65536, maxMissed: 50 }, lostAfterMs: 0 };
  const watch = new MachineWatch(machine, events, options);
  watch.start();
  await done.promise;
  await watch.stop();
  return said;
}

const timeout = new PpuriError('bus-timeout', 'no reply', { operation: 'read', subject: 'test' });

describe('watching a scripted machine in memory', () => {
  test('takes one snapshot per shot, between two equal counter readings', async () => {
    expect(await play([5, 5, 6, 6, 7, 7])).toEqual(['shot 6 pressure 6', 'shot 7 pressure 7']);
  });

  test('a store that tells late what was accounted for: shots missed until the first one heard count', async () => {
    const said: string[] = [];
    const done = Promise.withResolvers<void>();
    const events: WatchEvents = {
      snapshot: async ({ shot }) => void said.push(`shot ${shot}`),
      unseen: (shot, observed) => void said.push(`${observed} ${shot}`),
      reset: () => undefined,
      link: () => undefined,
    };
    const machine = new ScriptedMachine([8, 8, 9, 9], done.resolve);
    const counter = { modulus: 65536, maxMissed: 50 };
    const watch = new MachineWatch(machine, events, { cycle: counterCycle, pollMs: 1, counter });
    watch.start();
    await done.promise;
    watch.resumeFrom(5);
    watch.resumeFrom(5);
    await watch.stop();
    expect(said).toEqual(['shot 9', 'missed 6', 'missed 7', 'missed 8']);
  });

  test('tells of a shot before its snapshot is there, once however often it is taken', async () => {
    const begun = (said: string[]) => ({ begun: () => void said.push('begun') });
    expect(await play([5, 5, 6, 6, 7, 8, 8], counterCycle, begun)).toEqual([
      'begun',
      'shot 6 pressure 6',
      'begun',
      'missed 7',
      'shot 8 pressure 8',
    ]);
  });

  test('a snapshot is foreseen before the counter confirms it, and a torn one is only foreseen', async () => {
    const foreseen = (said: string[]) => ({
      foreseen: ({ shot, readings }: Snapshot) =>
        void said.push(`foreseen ${shot} pressure ${readings.pressure?.value}`),
    });
    expect(await play([5, 5, 6, 6, 7, 8, 8], counterCycle, foreseen)).toEqual([
      'foreseen 6 pressure 6',
      'shot 6 pressure 6',
      'foreseen 7 pressure 7',
      'foreseen 8 pressure 8',
      'missed 7',
      'shot 8 pressure 8',
    ]);
  });

  test('takes the snapshot again when the counter moved in between, and names the lost shot', async () => {
    expect(await play([5, 6, 7, 7])).toEqual(['missed 6', 'shot 7 pressure 7']);
  });

  test('gives up on a counter that never stands still, and says so for every shot', async () => {
    expect(await play([5, 6, 7, 8, 9])).toEqual(['missed 6', 'missed 7', 'missed 8', 'torn 9']);
  });

  test('makes no shot of a glitch in the counter', async () => {
    expect(await play([5, 65535, 5, 5])).toEqual([]);
  });

  test('makes no shot of a PLC that restarts and comes back with its old count', async () => {
    expect(await play([5, 0, 0, 0, 5, 5, 6, 6])).toEqual(['reset 5 to 0', 'shot 6 pressure 6']);
  });

  test('counts from 1 after a reset at a shift', async () => {
    expect(await play([900, 0, 0, 1, 1, 2, 2])).toEqual([
      'reset 900 to 0',
      'shot 1 pressure 1',
      'shot 2 pressure 2',
    ]);
  });

  test('catches up with the shot that the machine still shows after a lost link', async () => {
    expect(await play([5, timeout, 6, timeout, 6, 6])).toEqual([
      'link lost',
      'shot 6 pressure 6',
      'link back',
    ]);
  });

  test('sees a done-bit by its edge', async () => {
    const rise: CycleSpec = { ...counterCycle, trigger: { on: 'rise', signal: 'done' } };
    expect(await play([0, 1, 1, 0, 1], rise)).toHaveLength(2);
    const high: CycleSpec = { ...counterCycle, trigger: { on: 'high', signal: 'running' } };
    expect(await play([0, 1, 1, 0, 0], high)).toHaveLength(1);
  });
});
