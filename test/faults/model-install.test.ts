/** A bundle is added whole or not at all: a full disk, a stick pulled out, a kill at any moment. */
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { addModelBundle } from '../../agent/cli/model-add.ts';
import { Random } from '../../agent/simulator/random.ts';
import { PpuriError } from '../../config/errors.ts';
import { readBundle, writeBundle } from '../../models/bundle.ts';
import { start } from '../e2e/program.ts';
import { canMakeDisks, SmallDisk } from '../fixtures/small-disk.ts';
import { scoreParts, scratchDir } from '../unit/models-support.ts';

const noProof = (): Promise<void> => Promise.resolve();

async function outcome(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'added',
    (thrown) => {
      if (thrown instanceof PpuriError) return thrown.code;
      throw thrown;
    },
  );
}

describe.skipIf(!canMakeDisks())('on a small disk of its own', () => {
  test('a full disk is said so, leaves nothing, and is no obstacle once there is room', async () => {
    await using scratch = await scratchDir();
    const stick = join(scratch.path, 'stick');
    await writeBundle(stick, scoreParts());
    const disk = new SmallDisk(scratch.path, 8);
    try {
      const store = join(disk.root, 'store');
      disk.fill();
      expect(await outcome(addModelBundle(stick, { store }, noProof))).toBe('store-full');
      expect(existsSync(store)).toBe(false);
      disk.unfill();
      expect(await outcome(addModelBundle(stick, { store }, noProof))).toBe('added');
    } finally {
      disk.close();
    }
  });
});

test('a stick pulled out at any moment leaves the whole bundle or nothing', async () => {
  await using scratch = await scratchDir();
  const seed = Date.now() % 100_000;
  const random = new Random(seed, 'stick');
  const model = scoreParts();
  const seen = new Set<string>();
  for (let round = 0; round < 60; round += 1) {
    const [stick, store] = [join(scratch.path, `s${round}`), join(scratch.path, `store${round}`)];
    await writeBundle(stick, model);
    const adding = outcome(addModelBundle(stick, { store }, noProof));
    await pause(random.between(0, 6));
    await rename(stick, join(scratch.path, `gone${round}`));
    const how = await adding;
    seen.add(how);
    const home = join(store, 'models', 'two-sums');
    if (how === 'added')
      expect((await readBundle(join(home, '1.0.0'))).manifest).toEqual(model.manifest);
    else expect(existsSync(store), `seed ${seed} round ${round}`).toBe(false);
  }
  expect([...seen].sort(), `seed ${seed}`).toContain('added');
});

/** It may have come to its end just before. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown;
  }
}

test('a kill at any moment of `model add` leaves the whole bundle or what the next one clears', async () => {
  await using scratch = await scratchDir();
  const seed = Date.now() % 100_000;
  const random = new Random(seed, 'kills');
  const [stick, store] = [join(scratch.path, 'stick'), join(scratch.path, 'store')];
  await writeBundle(stick, scoreParts());
  const home = join(store, 'models', 'two-sums');
  const add = ['model', 'add', stick, '--store', store];
  for (let round = 0; round < 8; round += 1) {
    const program = start(add);
    await pause(random.between(200, 1100));
    killGroup(program.process.pid ?? 0);
    await program.finished;
    const there = existsSync(home) ? await readdir(home) : [];
    for (const name of there.filter((one) => !one.startsWith('.')))
      await readBundle(join(home, name));
    await rm(join(home, '1.0.0'), { recursive: true, force: true });
  }
  const { code, stderr } = await start(add).finished;
  expect(code, `seed ${seed}: ${stderr}`).toBe(0);
  expect(await readdir(home), `seed ${seed}`).toEqual(['1.0.0']);
  expect(await readFile(join(home, '1.0.0', 'SHA256SUMS'), 'utf8')).toContain('model.onnx');
});
