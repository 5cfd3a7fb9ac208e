/** How the peers are measured: who answers, who rejects good shots, who breaks. No times are judged. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Contestant } from '../../bench/peers/contestant.ts';
import { figuresOf } from '../../bench/peers/figures.ts';
import { contestants } from '../../bench/peers/lineup.ts';
import { play, type Score } from '../../bench/peers/match.ts';
import { measures, names } from '../../bench/peers/measures.ts';
import { planOf } from '../../bench/peers/plan.ts';
import { run } from '../../bench/peers/program.ts';
import { truthOf } from '../../bench/peers/truth.ts';
import { model, profile } from '../../bench/shop-words.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { readBundle } from '../../models/bundle.ts';
import { findBundle } from '../../models/find-bundle.ts';

/** Reads as a peer does, and rejects every shot. */
const rejectAll = `
const Modbus = require('modbus-serial');
for (const port of process.argv.slice(1)) {
  const client = new Modbus();
  let last = null;
  const poll = async () => {
    const { data } = await client.readHoldingRegisters(0, 42);
    if (last !== null && last !== data[0]) await client.writeCoil(0, true);
    last = data[0];
    setTimeout(poll, 50);
  };
  client.connectTCP('127.0.0.1', { port: Number(port) }).then(() => { client.setID(1); return poll(); });
}`;

function program(name: string, script: string): Contestant {
  return {
    name,
    reading: 'block',
    missing: () => null,
    start: async ({ machines }) =>
      run(process.execPath, ['-e', script, ...machines.map(({ port }) => `${port}`)]),
  };
}

async function match(...taking: readonly Contestant[]): Promise<Score[]> {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-peers-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const plan = planOf(loadProfile(profile), await readBundle((await findBundle(model)).dir));
  // Enough machines that some make good parts and some do not, whenever it is looked.
  const floor = { machines: 10, cycleSeconds: 0.5, rounds: 1, warmUpSeconds: 1, seconds: 4 };
  const truth = await truthOf(plan);
  return play({ ...floor, contestants: taking, plan, truth, dir, say: () => undefined });
}

/** Of so many; NaN of none, which no expectation here takes. */
function shareOf(part: number | undefined, all: number | undefined): number {
  return (part ?? Number.NaN) / (all ?? Number.NaN);
}

const cLoop = contestants.find(({ name }) => name === names.c);

describe('a match', () => {
  it('finds the good shots that were rejected, and leaves out who breaks, saying why', async () => {
    const breaks = program('breaks', 'console.error("no such register"); process.exit(3)');
    const absent = { ...breaks, name: 'absent', missing: () => 'not installed' };
    const scores = await match(program('rejects all', rejectAll), breaks, absent);
    const [all, broken, missing] = scores;
    expect(all?.why).toBe('');
    // On a busy computer a shot may go by unseen: not many.
    expect(shareOf(all?.answered, all?.defects)).toBeGreaterThan(0.8);
    expect(shareOf(all?.wrong, (all?.shots ?? 0) - (all?.defects ?? 0))).toBeGreaterThan(0.8);
    for (const time of all?.fromBlock ?? []) expect(time).toBeGreaterThan(0);
    expect(broken?.why).toBe('it ended with 3: no such register\n');
    expect(missing?.why).toBe('not installed');
    const figures = figuresOf(scores, { machines: 10, rounds: 1, seconds: 4 });
    const of = (name: string) => figures.find((each) => each.name === name);
    expect(of(`absent: ${measures.snapshot}`)).toMatchObject({
      value: null,
      note: 'not installed',
    });
    expect(of(`rejects all: ${measures.wrong}`)?.value).toBe(all?.wrong);
    expect(of('Python against ppuri, 100 ms block, p99')?.value).toBeNull();
  });

  it('has the loop in C answer as the plan says', async (context) => {
    const why = cLoop?.missing() ?? null;
    context.skip(why !== null, `${why}; see test/prepare`);
    const [c] = await match(...(cLoop === undefined ? [] : [cLoop]));
    expect(c).toMatchObject({ why: '', wrong: 0 });
    expect(shareOf(c?.answered, c?.defects)).toBeGreaterThan(0.8);
  });
});
