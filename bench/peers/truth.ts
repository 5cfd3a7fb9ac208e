/** What is right: which shots are defects by the plan, worked out from what the machines say they made. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { MadeShot } from '../../agent/simulator/plant.ts';
import type { Plan } from './plan.ts';

/** Whether a shot is to be rejected. */
export type Truth = (shot: MadeShot) => Promise<boolean>;

export async function truthOf(plan: Plan): Promise<Truth> {
  const session = await InferenceSession.create(plan.model, { intraOpNumThreads: 1 });
  const { signals, features, limits, skips } = plan;
  return async ({ values }) => {
    const valueAt = (signal: number): number | null => values[signals[signal]?.name ?? ''] ?? null;
    if (skips.some(({ signal, equals }) => valueAt(signal) === equals)) return false;
    const breached = limits.some(({ signal, low, high }) => {
      const value = valueAt(signal);
      return value !== null && ((low !== null && value < low) || (high !== null && value > high));
    });
    if (breached) return true;
    const row = features.map(({ signal }) => valueAt(signal));
    if (row.some((value, i) => value === null && features[i]?.missing === 'refuse')) return false;
    const input = Float32Array.from(row, (value) => value ?? Number.NaN);
    const feeds = { [plan.input]: new Tensor('float32', input, [1, input.length]) };
    const results = await session.run(feeds, [plan.output]);
    const chance = results[plan.output]?.data[plan.defectColumn];
    if (typeof chance !== 'number') throw new Error('the model gave no probability');
    return chance >= plan.threshold;
  };
}
