/** What the store's tests share: temporary directories, records, and a real keep child. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLog } from '../../agent/health/log.ts';
import type {
  AgentEvent,
  Alert,
  Cycle,
  Instant,
  RecordBody,
  Verdict,
} from '../../agent/records.ts';
import { forkRole } from '../../agent/role.ts';
import { createKeeper, type Keeper, type KeeperOptions } from '../../agent/store/keeper.ts';
import type { BootInfo } from '../../agent/store/protocol.ts';

export function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-store-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export const at = (ms: number): Instant => ({ monoMs: ms, wallMs: 1_790_000_000_000 + ms });

export function makeCycle(index: number, more: Partial<Cycle> = {}): Cycle {
  const reading = { value: 25 + (index % 7), quality: 'good', at: at(index) } as const;
  return {
    machine: 'dc-03',
    profile: 'die-casting-cold-chamber',
    mold: 'A-12',
    shot: 1000 + index,
    index,
    observed: 'whole',
    at: at(index * 1000),
    readings: { biscuitThickness: reading },
    features: { biscuitThickness: reading },
    suppressed: null,
    times: { trigger: index, snapshot: index + 4 },
    ...more,
  };
}

export function makeVerdict(more: Partial<Verdict> = {}): Verdict {
  return {
    outcome: 'ok',
    reason: 'below-threshold',
    detail: null,
    judge: 'model',
    probability: 0.02,
    threshold: 0.5,
    model: { name: 'diecast-defect', version: '1.0.0', hash: 'ab'.repeat(32) },
    flags: [],
    breaches: [],
    times: { trigger: 1, snapshot: 2, verdict: 3 },
    ...more,
  };
}

export const cycleBody = (
  index: number,
  cycle: Partial<Cycle> = {},
  verdict: Partial<Verdict> = {},
): RecordBody => ({
  kind: 'cycle',
  cycle: makeCycle(index, cycle),
  verdict: makeVerdict(verdict),
});

export const alertBody = (id: string, more: Partial<Alert> = {}): RecordBody => ({
  kind: 'alert',
  alert: {
    id,
    state: 'raised',
    machine: 'dc-03',
    mold: 'A-12',
    severity: 'warning',
    cause: 'shrinkage',
    text: {
      ko: '3호기 비스킷 18.4 mm (기준 25±5). 수축공 위험. 급탕량·래들 확인.',
      en: 'dc-03 biscuit 18.4 mm (normal 25±5). Risk of shrinkage. Check the ladle.',
    },
    shots: { from: 1204, to: 1223 },
    count: 3,
    deviations: [
      { feature: 'biscuitThickness', value: 18.4, normalLow: 20, normalHigh: 30, z: -4.2 },
    ],
    at: at(5000),
    ...more,
  },
});

let boots = 0;
export function makeBoot(): BootInfo {
  boots += 1;
  const id = `boot-${process.pid}-${boots}-${Math.floor(performance.now())}`;
  return { id, startedWallMs: 1_790_000_000_000, clockSynced: true };
}

export interface Started {
  readonly keeper: Keeper;
  readonly events: AgentEvent[];
  /** Resolves with the next event of `kind`, or one already seen. */
  seen(kind: string): Promise<AgentEvent>;
}

/** A keeper with a real child, closed when the test ends. */
export function startKeeper(path: string, more: Partial<KeeperOptions> = {}): Started {
  const events: AgentEvent[] = [];
  const waiting: { kind: string; resolve: (event: AgentEvent) => void }[] = [];
  const keeper = createKeeper({
    fork: forkRole,
    path,
    boot: makeBoot(),
    log: createLog(() => undefined),
    commitMs: 20,
    ...more,
    onEvent: (event) => {
      events.push(event);
      for (const each of waiting) if (each.kind === event.kind) each.resolve(event);
      more.onEvent?.(event);
    },
  });
  onTestFinished(() => keeper.close().catch(() => undefined));
  const seen = (kind: string): Promise<AgentEvent> => {
    const already = events.find((event) => event.kind === kind);
    if (already !== undefined) return Promise.resolve(already);
    return new Promise((resolve) => waiting.push({ kind, resolve }));
  };
  return { keeper, events, seen };
}

/** Small seeded generator (mulberry32): uniform in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
