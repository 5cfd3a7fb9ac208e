/** What systemd is told of an agent, and what feeds its watchdog. */
import type { Config } from '../config/schema.ts';
import type { SupervisedWork } from './health/supervised.ts';
import type { Agent } from './wire.ts';
import { workSample } from './work-sample.ts';

function lineOf({ machines, store }: ReturnType<Agent['progress']>): string {
  const lost = machines.filter(({ link }) => link === 'lost').map(({ id }) => id);
  const shots = machines.reduce((sum, { counts }) => sum + counts.cycles, 0);
  const away = lost.length === 0 ? '' : ` (no answer: ${lost.join(', ')})`;
  return `${machines.length} machines${away}, ${shots} shots, store ${store.state}`;
}

export function workOf(agent: Agent, config: Config): SupervisedWork {
  return {
    line: () => lineOf(agent.progress()),
    sample: () => workSample(agent.progress(), config),
    storeAnswers: () => agent.storeAnswers(),
  };
}
