/** The version that an agent runs as: whether it is well, and what is told of how it came to run. */
import packageJson from '../package.json' with { type: 'json' };
import { updateReturned, updateReturnedKey } from './alerts/update-alert.ts';
import type { Log } from './health/log.ts';
import type { Instant } from './records.ts';
import { VersionTrial } from './update/trial.ts';
import { placesOf, type VersionState } from './update/versions.ts';
import { troubleOf } from './version-health.ts';
import type { Agent } from './wire.ts';

const { version } = packageJson;

const deeds = { update: 'program-updated', rollback: 'program-rolled-back' } as const;

function tellReturn(agent: Agent, log: Log, change: VersionState, news: boolean): void {
  const at: Instant = { monoMs: performance.now(), wallMs: Date.now() };
  const { from, to, why } = change;
  log.error('update-returned', { from, to, why });
  const stood = agent.status().alerts.plant.find(({ key }) => key === updateReturnedKey);
  // Who acknowledged it has seen it: it does not stand for ever.
  const seen = stood !== undefined && stood.handling?.acknowledged !== null;
  if (news || (stood !== undefined && !seen))
    agent.note({ kind: 'alert', alert: updateReturned(change, at) }, at);
  if (!news) return;
  const text = `ppuri ${from} was taken back (${why}), ${to} runs again`;
  const event = { kind: 'update-returned', level: 'error', subject: from, text, at } as const;
  agent.note({ kind: 'event', event }, at);
}

function tellChange(agent: Agent, log: Log, trial: VersionTrial): void {
  const { change, isNews } = trial;
  if (change === null) return;
  if (change.change === 'return') tellReturn(agent, log, change, isNews);
  else if (isNews) {
    const at: Instant = { monoMs: performance.now(), wallMs: Date.now() };
    const { from, to, who } = change;
    const what = deeds[change.change];
    const deed = { what, subject: to, who, from: 'cli', detail: `from ${from}`, at } as const;
    agent.note({ kind: 'deed', deed }, at);
  }
  if (isNews) trial.told();
}

export interface VersionWatch {
  /** To be called once the agent has started. Resolves when its version may be called ready. */
  started(): Promise<void>;
  /** Once the agent has ended in order. */
  ended(): Promise<void>;
}

export function watchVersion(agent: Agent, log: Log): VersionWatch {
  const trouble = (): string[] => troubleOf(agent.progress());
  const trial = new VersionTrial({ places: placesOf(), version, trouble, log });
  // From the first moment: a start that hangs was begun too.
  const well = trial.begin();
  well.catch(() => undefined);
  return {
    started: async () => {
      tellChange(agent, log, trial);
      await well;
    },
    ended: () => trial.end(),
  };
}
