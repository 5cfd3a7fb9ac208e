/** Delivery: the store has the records, sync brings them to the targets. */
import { nextBdSeq } from './store/bd-seq.ts';
import type { StartDelivery } from './store/delivery.ts';
import { keepTargets, Outbox, type OutboxRecord, recentRecords } from './store/outbox.ts';
import { Courier } from './sync/courier.ts';
import { guardProcess } from './sync/fence.ts';
import { createTarget } from './sync/registry.ts';

/** Within a limit, those of the past must not take long: alerts and live records wait behind none. */
const recentKib = 8;

function recentOf(kibPerSecond: number | undefined): number {
  const most = Math.floor((kibPerSecond ?? Number.POSITIVE_INFINITY) / recentKib);
  return Math.min(recentRecords, Math.max(1, most));
}

const anew = (outbox: Outbox): string =>
  `the store does not know this target, or no longer: all ${outbox.waiting().count} records it has are sent to it`;

/** Each, and then throws what the first threw. */
function closeAll(outboxes: readonly Outbox[]): void {
  const thrown: unknown[] = [];
  for (const outbox of outboxes)
    try {
      outbox.close();
    } catch (error) {
      thrown.push(error);
    }
  if (thrown.length > 0) throw thrown[0];
}

export const startDelivery: StartDelivery = (db, plan, events, memory) => {
  const { tell, onStoreTrouble, onUnsaved } = events;
  const names = plan.targets.map(({ name }) => name);
  guardProcess();
  keepTargets(db, names);
  const running = plan.targets.map((config) => {
    const target = createTarget(config, plan, {
      nextBdSeq: () => nextBdSeq(db, config.name),
      onProblem: (problem) => tell('sync-message', 'warn', config.name, problem),
    });
    const rate = config.maxKibPerSecond;
    const recent = target.recentFirst ? recentOf(rate) : 0;
    const outbox = new Outbox(db, { target: config.name, recent, memory, onUnsaved });
    if (outbox.isAnew) tell('sync-anew', 'info', config.name, anew(outbox));
    const courier = new Courier<OutboxRecord>({
      target,
      outbox,
      ...(rate === undefined ? {} : { bytesPerSecond: rate * 1024 }),
      tell: (kind, level, text) => tell(kind, level, config.name, text),
      onStoreTrouble,
    });
    return { name: config.name, outbox, courier };
  });
  return {
    committed(seqs, settledBelow) {
      for (const { outbox, courier } of running) {
        outbox.committed(seqs, settledBelow);
        courier.wake();
      }
    },
    note() {
      for (const { outbox } of running) outbox.save();
    },
    facts: () =>
      running.map(({ name, outbox, courier }) => {
        const { count, oldestWallMs } = outbox.waiting();
        const age = oldestWallMs === null ? null : Math.max(0, Date.now() - oldestWallMs);
        const { undeliverable } = outbox;
        const pending = { pending: count, oldestPendingMs: age, undeliverable };
        return { target: name, ...courier.facts(), ...pending };
      }),
    retry(target) {
      const found = running.find(({ name }) => name === target);
      const count = found?.outbox.retry() ?? null;
      found?.courier.wake();
      return count;
    },
    close() {
      for (const { courier } of running) courier.close();
      closeAll(running.map(({ outbox }) => outbox));
    },
  };
};
