/** What the store's tests share: temporary directories, records, and a real keep child. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLog } from '../../agent/health/log.ts';
import type { AgentEvent } from '../../agent/records.ts';
import { forkRole } from '../../agent/role.ts';
import { createKeeper, type Keeper, type KeeperOptions } from '../../agent/store/keeper.ts';
import type { BootInfo } from '../../agent/store/protocol.ts';

export * from './store-bodies.ts';

export function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-store-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

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
