/**
 * What disks do: fill up, turn read-only, fail or delay their syncs, and damage files. A lean agent
 * (test/fixtures/lean-agent.ts) works on a small ext4 meanwhile, and an oracle outside judges. Needs
 * root and strace. In full:
 *
 *   node test/faults/disk-campaign.ts --rounds 10 --corruptions 1000 --seed 1
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Random } from '../../agent/simulator/random.ts';
import { type DamageReport, openDamaged } from '../fixtures/damaged-stores.ts';
import { Life, Oracle } from '../fixtures/lean-oracle.ts';
import { injectInto, SmallDisk } from '../fixtures/small-disk.ts';
import { type Accounted, accountFor } from '../fixtures/store-account.ts';

export const troubles = ['full', 'read-only', 'sync-error', 'slow-sync'] as const;
export type Trouble = (typeof troubles)[number];

export interface TroubleReport extends Accounted {
  readonly trouble: Trouble;
  /** Longest time between two turns of the loop, which has one every 50 ms. */
  readonly longestTurnMs: number;
  readonly events: readonly string[];
}

export interface DiskReport {
  readonly seed: number;
  readonly troubles: readonly TroubleReport[];
  readonly damage: DamageReport;
}

/** Hands out records for a while, some of them alerts. */
async function work(life: Life, bursts: number, perBurst: number, random: Random): Promise<void> {
  for (let burst = 0; burst < bursts; burst += 1) {
    life.handOut(perBurst, 0.01, () => random.between(0, 1));
    await pause(20);
  }
}

async function endure(
  trouble: Trouble,
  disk: SmallDisk,
  life: Life,
  random: Random,
): Promise<void> {
  if (trouble === 'full') {
    disk.fill();
    await work(life, 60, 100, random);
    disk.unfill();
  } else if (trouble === 'read-only') {
    disk.abort();
    await work(life, 40, 10, random);
    await disk.remount(1500);
  } else {
    const fault = trouble === 'slow-sync' ? 'delay_enter=2000000' : 'error=EIO';
    const injected = await injectInto(life.keepPid, `fsync,fdatasync:${fault}`);
    await work(life, 60, 10, random);
    await pause(trouble === 'slow-sync' ? 4000 : 500);
    await injected.end();
  }
  await work(life, 20, 10, random);
}

/** One disk, one agent, one trouble; afterwards everything must add up. */
export async function runTrouble(trouble: Trouble, seed: number): Promise<TroubleReport> {
  const random = new Random(seed, trouble);
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-disk-'));
  const disk = new SmallDisk(dir, 48);
  try {
    const oracle = new Oracle();
    const store = join(disk.root, 'store');
    const life = new Life(oracle, 'boot-1', store, { options: { maxMiB: 24 } });
    await life.said('k', () => life.handOut(20));
    await work(life, 20, 50, random);
    await endure(trouble, disk, life, random);
    await life.finish();
    const account = accountFor(store, oracle, life.figures);
    const longestTurnMs = Math.round(life.longestTurnMs);
    return { trouble, ...account, longestTurnMs, events: life.events };
  } finally {
    disk.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function runDamage(corruptions: number, seed: number): Promise<DamageReport> {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-damage-'));
  try {
    return await openDamaged(dir, corruptions, new Random(seed, 'damage'));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '10' },
      corruptions: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const seed = Number(values.seed);
  let bad = 0;
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const trouble of troubles) {
      const report = await runTrouble(trouble, seed + round);
      console.log(JSON.stringify(report));
      bad += report.good ? 0 : 1;
    }
  const damage = await runDamage(Number(values.corruptions), seed);
  console.log(JSON.stringify({ seed, bad, damage }));
  process.exitCode = bad + damage.failures.length > 0 ? 1 : 0;
}
