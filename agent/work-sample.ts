/** How far an agent's work is, for whoever watches that it gets finished. */
import type { Config } from '../config/schema.ts';
import type { AgentStatus } from './agent-status.ts';
import { longestPollMs } from './bus-needs.ts';
import type { WorkSample } from './health/work-watch.ts';

export function workSample(
  { machines, inference }: Pick<AgentStatus, 'machines' | 'inference'>,
  config: Config,
): Omit<WorkSample, 'storeOwesMs'> {
  const judged = machines.reduce((sum, { counts }) => sum + counts.cycles, 0);
  const { waiting, restarts, lateAnswers } = inference;
  return {
    machines: machines.map(({ id, polls }) => {
      return { id, polls, longestPollMs: longestPollMs(config, id) };
    }),
    inference: { waiting, settled: judged + restarts + lateAnswers },
  };
}
