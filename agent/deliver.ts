/** Delivery: the store has the records, sync brings them to the targets. */
import type { StartDelivery } from './store/delivery.ts';
import { keepTargets, Outbox, type OutboxRecord } from './store/outbox.ts';
import { Courier } from './sync/courier.ts';
import { createTarget } from './sync/registry.ts';

export const startDelivery: StartDelivery = (db, plan, { tell, onStoreTrouble }) => {
  const names = plan.targets.map(({ name }) => name);
  keepTargets(db, names);
  const running = plan.targets.map((config) => {
    const outbox = new Outbox(db, config.name);
    const rate = config.maxKibPerSecond;
    const courier = new Courier<OutboxRecord>({
      target: createTarget(config, plan),
      outbox,
      ...(rate === undefined ? {} : { bytesPerSecond: rate * 1024 }),
      tell: (kind, level, text) => tell(kind, level, config.name, text),
      onStoreTrouble,
    });
    return { outbox, courier };
  });
  return {
    committed(seqs) {
      for (const { outbox, courier } of running) {
        outbox.committed(seqs);
        courier.wake();
      }
    },
    close() {
      for (const { courier } of running) courier.close();
      for (const { outbox } of running) outbox.save();
    },
  };
};
