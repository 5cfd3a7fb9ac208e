/** A history through the same judge and the same inference child as a live machine's shots. */
import type { Bundle } from '../../models/manifest.ts';
import type { Log } from '../health/log.ts';
import { createInference } from '../infer/pool.ts';
import { judgeModelOf } from '../judge-model.ts';
import type { Cycle, DriftKind, Verdict } from '../records.ts';
import type { ForkRole } from '../role.ts';
import { Judge } from '../verdict/judge.ts';
import type { LimitTable } from '../verdict/limits.ts';

export interface HistoryJudge {
  judge(cycle: Cycle): Promise<Verdict>;
  /** Features whose values are known to be wrong, from the next cycle on. */
  doubt(features: ReadonlyMap<string, DriftKind>): void;
  close(): Promise<void>;
}

/** Nobody waits beside a machine here: a row may take its time, but not for ever. */
const PATIENCE_MS = 60_000;

/** Loads the model in a child, golden vectors and all. Rejects with PpuriError `model-*`. */
export async function openHistoryJudge(
  bundle: Bundle,
  limits: LimitTable,
  moldExpected: boolean,
  parts: { readonly fork: ForkRole; readonly log: Log },
): Promise<HistoryJudge> {
  const inference = createInference({
    fork: parts.fork,
    onEvent: ({ kind, level, subject, text }) => parts.log[level](kind, { subject, text }),
  });
  try {
    await inference.load(bundle);
  } catch (error) {
    await inference.close();
    throw error;
  }
  const judge = new Judge(limits, judgeModelOf(bundle), moldExpected);
  return {
    judge: async (cycle) => {
      const prepared = judge.prepare(cycle);
      const { input } = prepared;
      const bounds = { deadlineMs: PATIENCE_MS, hardLimitMs: PATIENCE_MS };
      const answer =
        input === null
          ? null
          : await inference.predict({
              model: bundle.hash,
              machine: cycle.machine,
              input,
              ...bounds,
            });
      return judge.conclude(cycle, prepared, answer, 0);
    },
    doubt: (features) => judge.doubt(features),
    close: () => inference.close(),
  };
}
