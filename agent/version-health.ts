/** Whether an agent is well enough for its version to stay: what it is made of works, whatever its machines do. */
import type { AgentStatus } from './agent-status.ts';

export type Vitals = Pick<AgentStatus, 'machines' | 'inference' | 'store'>;

/** A poll begins when the one before has ended: two of them are one that ended, well or not. */
const pollsOfWork = 2;

function servingTrouble({ machines, inference }: Vitals): string[] {
  const serving = new Set(
    inference.models.filter(({ state }) => state === 'serving').map(({ model }) => model),
  );
  return machines.flatMap(({ id, model }) =>
    model === null || serving.has(model.hash)
      ? []
      : [`model ${model.name} ${model.version} of ${id} is not served`],
  );
}

/** What is not as it should be, in words; nothing where all is well. A machine that is off is no trouble. */
export function troubleOf(vitals: Vitals): string[] {
  const idle = vitals.machines.filter(({ polls }) => polls < pollsOfWork).map(({ id }) => id);
  const { state, lastError } = vitals.store;
  return [
    ...idle.map((id) => `${id} is not polled`),
    ...(state === 'ok'
      ? []
      : [`the store is ${state}: ${lastError?.message ?? 'it does not tell'}`]),
    ...servingTrouble(vitals),
  ];
}
