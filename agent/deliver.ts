/** Delivery: the store has the records, sync brings them to the targets. */
import { nextBdSeq } from './store/bd-seq.ts';
import type { StartDelivery } from './store/delivery.ts';
import { keepTargets, Outbox, type OutboxRecord, recentRecords } from './store/outbox.ts';
import { Courier } from './sync/courier.ts';
import { guardProcess } from './sync/fence.ts';
import { createTarget } from './sync/registry.ts';

export const startDelivery: StartDelivery = (db, plan, { tell, onStoreTrouble }) => {
  const names = plan.targets.map(({ name }) => name);
  guardProcess();
  keepTargets(db, names);
  const running = plan.targets.map((config) => {
    const target = createTarget(config, plan, {
      nextBdSeq: () => nextBdSeq(db, config.name),
      onProblem: (problem) => tell('sync-message', 'warn', config.name, problem),
    });
    const outbox = new Outbox(db, config.name, target.recentFirst ? recentRecords : 0);
    const rate = config.maxKibPerSecond;
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
        return { target: name, ...courier.facts(), pending: count, oldestPendingMs: age };
      }),
    close() {
      for (const { courier } of running) courier.close();
      for (const { outbox } of running) outbox.save();
    },
  };
};
