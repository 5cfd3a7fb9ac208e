/** The agent beside what integrators build instead: same machines, same model, same answer. */

import { loadProfile } from '../../config/profile-load.ts';
import { readBundle } from '../../models/bundle.ts';
import { findBundle } from '../../models/find-bundle.ts';
import type { Bench } from '../figure.ts';
import { model, profile } from '../shop-words.ts';
import { figuresOf, remarksOf } from './figures.ts';
import { contestants } from './lineup.ts';
import { play } from './match.ts';
import { planOf } from './plan.ts';
import { truthOf } from './truth.ts';

/** Enough for a p99 of each: about ten rejects a second on ten machines. */
const ownSecondsEach = 90;
const secondsOfARound = 30;
const warmUpSeconds = 3;
/** About a hundred times a real shop’s pace, and never two shots within two polls of a block. */
const cycleSeconds = 0.24;

interface Floor {
  readonly name: string;
  readonly title: string;
  readonly machines: number;
}

function peersOn({ name, title, machines }: Floor): Bench {
  return {
    name,
    title,
    async run({ seconds: given, dir, say }) {
      const each = given === null ? ownSecondsEach : given / contestants.length;
      const rounds = Math.max(1, Math.round(each / secondsOfARound));
      const plan = planOf(loadProfile(profile), await readBundle((await findBundle(model)).dir));
      const truth = await truthOf(plan);
      const seconds = each / rounds;
      const floor = { machines, cycleSeconds, contestants };
      const options = { ...floor, rounds, warmUpSeconds, seconds, plan, truth };
      const scores = await play({ ...options, dir, say });
      const measured = { machines, rounds, seconds };
      return { figures: figuresOf(scores, measured), remarks: remarksOf(measured) };
    },
  };
}

export const peers = peersOn({
  name: 'peers',
  title: 'ten machines: the agent beside Node-RED, a Python loop and a C loop',
  machines: 10,
});

export const peersQuiet = peersOn({
  name: 'peers-quiet',
  title: 'the same with one machine',
  machines: 1,
});
