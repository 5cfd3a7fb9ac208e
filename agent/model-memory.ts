/** What is remembered of models, in the store. */
import type { Config } from '../config/schema.ts';
import type { ModelMemory } from './activation-desk.ts';
import type { Share } from './records.ts';
import type { Keeper } from './store/keeper.ts';

/** As far back as may be asked of a running agent. */
const PRECISION_MS = 8 * 86_400_000 - 60_000;

/** `partsOf`: how many parts one shot of a machine has. */
export function modelMemory(
  keeper: Keeper,
  boot: string,
  partsOf: Readonly<Record<string, number>>,
): ModelMemory {
  return {
    models: () => keeper.query('models', {}),
    step: (step) => keeper.query('model-step', step),
    progress: async (progress) =>
      void (await keeper.query('trial-progress', { ...progress, boot })),
    floors: () => keeper.query('model-floors', {}),
    raiseFloor: async (floor) => void (await keeper.query('raise-model-floor', floor)),
    setState: async (hash, state) => void (await keeper.query('set-model-state', { hash, state })),
    precision: async (machine, mold) => {
      const toWallMs = Date.now();
      const { rows } = await keeper.query('quality', {
        ...{ fromWallMs: toWallMs - PRECISION_MS, toWallMs, machine, parts: partsOf },
        ...(mold === null ? {} : { mold }),
        by: ['model'],
      });
      return new Map(
        rows.flatMap(({ model, precision }): [string, Share][] =>
          model === null ? [] : [[`${model.name} ${model.version}`, precision]],
        ),
      );
    },
  };
}

/** How many parts one shot of each machine has. */
export function partCounts({ machines }: Config): Record<string, number> {
  return Object.fromEntries(machines.map(({ id, parts }) => [id, Math.max(1, parts.length)]));
}
