/** What systemd is told of an agent, and what feeds its watchdog. */
import type { Config } from '../config/schema.ts';
import type { SupervisedWork } from './health/supervised.ts';
import type { Agent } from './wire.ts';

/** Each device of a machine may time out, behind all others of its bus, a few requests long. */
function longestPollMs({ buses, machines }: Config, id: string): number {
  const own = Object.values(machines.find((machine) => machine.id === id)?.devices ?? {});
  const all = machines.flatMap(({ devices }) => Object.values(devices));
  return own.reduce((sum, { bus }) => {
    const sharing = all.filter((device) => device.bus === bus).length;
    return sum + 3 * sharing * (buses[bus]?.timeoutMs ?? 0);
  }, 0);
}

function lineOf({ machines, store }: ReturnType<Agent['progress']>): string {
  const lost = machines.filter(({ link }) => link === 'lost').map(({ id }) => id);
  const shots = machines.reduce((sum, { counts }) => sum + counts.cycles, 0);
  const away = lost.length === 0 ? '' : ` (no answer: ${lost.join(', ')})`;
  return `${machines.length} machines${away}, ${shots} shots, store ${store.state}`;
}

export function workOf(agent: Agent, config: Config): SupervisedWork {
  return {
    line: () => lineOf(agent.progress()),
    sample: () => {
      const { machines, inference } = agent.progress();
      const judged = machines.reduce((sum, { counts }) => sum + counts.cycles, 0);
      const { waiting, restarts, lateAnswers } = inference;
      return {
        machines: machines.map(({ id, polls }) => {
          return { id, polls, longestPollMs: longestPollMs(config, id) };
        }),
        inference: { waiting, settled: judged + restarts + lateAnswers },
      };
    },
    storeAnswers: () => agent.storeAnswers(),
  };
}
