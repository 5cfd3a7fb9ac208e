/** What every output over a bus promises. An output's test brings a harness. */
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { CoilModule } from '../fixtures/coil-module.ts';
import type { HeartbeatWatch } from '../fixtures/heartbeat-watch.ts';
import { createRandom } from '../fixtures/random.ts';
import { calm, type Heartbeat, type OutputHarness, OutputRig } from './output-rig.ts';

export function outputContract(name: string, harness: OutputHarness): void {
  const rig = new OutputRig(harness);
  afterEach(async () => {
    // Whatever a test was about: nothing but the listed registers was written.
    expect(await rig.end()).toEqual([]);
  });
  describe(`${name}: showing`, () => {
    showing(rig);
    states(rig);
  });
  describe(`${name}: trouble`, () => trouble(rig));
  describe(`${name}: ending`, () => ending(rig));
  const { heartbeat } = harness;
  if (heartbeat !== undefined)
    describe(`${name}: heartbeat`, () => heartbeatContract(harness, heartbeat));
}

function showing(rig: OutputRig): void {
  const { unit, owned } = rig;

  test('nothing is written before the start', async () => {
    const { module, output } = await rig.output();
    await output.close();
    expect(module.writes).toEqual([]);
    expect(output.status()).toMatchObject({ ok: false, writes: 0, failed: 0 });
  });

  test('what an earlier run left on goes off at the start, and nothing beside it', async () => {
    const { module, output } = await rig.output();
    const neighbours = [Math.min(...owned) - 1, Math.max(...owned) + 1];
    for (const coil of [...owned, ...neighbours]) module.on.add(`${unit} ${coil}`);
    output.start();
    await module.until(() => module.lit(unit).length === neighbours.length);
    expect(module.lit(unit)).toEqual(neighbours);
  });

  // They wait for heartbeats most of their time: each has a rig of its own, and all wait at once.
  test.concurrent.each(rig.harness.shows)('$what', async (show) => {
    const own = new OutputRig(rig.harness);
    await shows(own, show);
    expect(await own.end()).toEqual([]);
  });
}

async function shows(rig: OutputRig, show: OutputHarness['shows'][number]): Promise<void> {
  const { module, output } = await rig.output();
  output.start();
  rig.turning(output, show.state);
  await rig.written(output);
  await rig.showing(module, show);
  // And so it stays: each turn of a heartbeat is a look at the other coils.
  for (let i = 0; i < 3 && rig.harness.heartbeat !== undefined; i++) {
    const { length } = module.writes;
    await module.until(() => module.writes.length > length);
    expect(rig.steady(module, show.flashing)).toEqual(show.lit);
  }
  expect(output.status()).toMatchObject({ ok: true, detail: '', failed: 0 });
}

function states(rig: OutputRig): void {
  const { shows } = rig.harness;

  test('after many states the last one stands', async () => {
    const { module, output } = await rig.output();
    const random = createRandom(7);
    output.start();
    for (let i = 0; i < 300; i++) {
      output.show(shows[Math.floor(random() * shows.length)]?.state ?? calm);
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    rig.turning(output, rig.loud.state);
    await rig.showing(module, rig.loud);
  });

  test('a slow device: one write under way, and the newest state after it', async () => {
    const { module, output } = await rig.output();
    output.start();
    await rig.written(output);
    module.hold();
    for (let i = 0; i < 50; i++) {
      output.show(shows[i % shows.length]?.state ?? calm);
      await new Promise((resolve) => setImmediate(resolve));
    }
    output.show(rig.loud.state);
    await module.until(() => module.waiting > 0);
    expect(module.waiting).toBe(1);
    const before = module.writes.length;
    module.release();
    rig.turning(output, rig.loud.state);
    await module.until(() => rig.steady(module, rig.loud.flashing).join() === rig.loud.lit.join());
    // Not each of the states between: at most one for each coil there is.
    expect(module.writes.length - before).toBeLessThanOrEqual(rig.owned.length + 1);
  });
}

function trouble(rig: OutputRig): void {
  const { loud } = rig;

  test('a device that loses its power is told of once, and shows the newest state when it is back', async () => {
    const { module, output, told } = await rig.output();
    output.start();
    const before = rig.turning(output, calm);
    await rig.written(output);
    await module.stop();
    before.stop();
    rig.turning(output, loud.state);
    await expect.poll(() => output.status().failed, { timeout: 20_000 }).toBeGreaterThan(1);
    expect(output.status().ok).toBe(false);
    expect(told).toEqual(['warn output-failed']);
    await module.start();
    await rig.showing(module, loud);
    await rig.written(output);
    expect(told).toEqual(['warn output-failed', 'info output-back']);
  });

  test('a device that lost its coils without a word does not stay dark', async () => {
    const { module, output } = await rig.output();
    output.start();
    rig.turning(output, loud.state);
    await rig.showing(module, loud);
    module.dip();
    await rig.showing(module, loud);
  });

  test('a device that is not there: nobody waits, and closing settles', async () => {
    const { module, output, told } = await rig.output();
    await module.stop();
    output.start();
    output.show(loud.state);
    await output.close();
    expect(told.at(-1)).toBe('warn output-left-on');
  });

  test('a device that does not answer: closing settles', async () => {
    const { module, output, told } = await rig.output();
    module.hold();
    output.start();
    output.show(loud.state);
    await module.until(() => module.waiting > 0);
    await output.close();
    expect(told.at(-1)).toBe('warn output-left-on');
  });

  test('a module that knows only the write of one coil', async () => {
    const { module, output, told } = await rig.output();
    module.unknown.add(15);
    output.start();
    rig.turning(output, loud.state);
    await rig.showing(module, loud);
    expect(told).toEqual([]);
  });
}

function ending(rig: OutputRig): void {
  const { unit, loud } = rig;

  test('an orderly end leaves all off, and nothing is written after it', async () => {
    const { module, output } = await rig.output();
    output.start();
    output.show(loud.state);
    await rig.written(output);
    await output.close();
    expect(module.lit(unit)).toEqual([]);
    const { length } = module.writes;
    output.show(loud.state);
    await output.close();
    expect(module.writes).toHaveLength(length);
  });

  test('what a killed agent left on is off as soon as the next one starts', async () => {
    const module = await rig.module();
    const child = rig.agent(module, loud.state);
    await rig.showing(module, loud);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    for (const coil of rig.owned) module.on.add(`${unit} ${coil}`);
    const { output } = await rig.output(module);
    output.start();
    await module.until(() => module.lit(unit).length === 0);
  });
}

function heartbeatContract(harness: OutputHarness, heartbeat: Heartbeat): void {
  const beats = (plc: HeartbeatWatch, module: CoilModule, turns: number): Promise<unknown> =>
    Promise.race([
      module.until(() => plc.turns >= turns),
      plc.dark.then(() => Promise.reject(new Error('the light was taken for dark'))),
    ]);

  const apart = async (body: (rig: OutputRig) => Promise<void>): Promise<void> => {
    const rig = new OutputRig(harness);
    await body(rig);
    expect(await rig.end()).toEqual([]);
  };

  test.concurrent('turns while work is finished, and stands when no more is', () =>
    apart(async (rig) => {
      const { module, output } = await rig.output();
      output.start();
      const plc = rig.plc(module, heartbeat);
      const turns = rig.turning(output, calm);
      await beats(plc, module, 6);
      turns.stop();
      await plc.dark;
    }));

  test.concurrent('is not kept up by a lamp that flashes', () =>
    apart(async (rig) => {
      const { module, output } = await rig.output();
      output.start();
      output.show(rig.loud.state);
      await rig.showing(module, rig.loud);
      await rig.plc(module, heartbeat).dark;
      await rig.showing(module, rig.loud);
    }));

  test.concurrent.each(['SIGKILL', 'SIGSTOP', 'block'])('stands after %s of its agent', (how) =>
    apart(async (rig) => {
      const module = await rig.module();
      const child = rig.agent(module, calm);
      await module.until(() => module.lit(rig.unit).includes(heartbeat.coil));
      const plc = rig.plc(module, heartbeat);
      await beats(plc, module, 3);
      if (how === 'block') child.stdin?.write('block\n');
      else child.kill(how === 'SIGSTOP' ? 'SIGSTOP' : 'SIGKILL');
      await plc.dark;
      // What makes the heartbeat needed: the lamp itself stays as it was.
      const fine = rig.harness.shows.find(({ state }) => state === calm);
      expect(rig.steady(module)).toEqual(fine?.lit);
    }),
  );
}
