/** Scores as figures: absolute ones of each contestant, and the agent's against the others'. */

import { type Figure, figure } from '../figure.ts';
import { quantile, quantileFigures } from '../quantiles.ts';
import type { Reading } from './contestant.ts';
import { contestants } from './lineup.ts';
import type { Score } from './match.ts';
import { measures, names } from './measures.ts';
import { versions } from './tools.ts';

export interface Measured {
  readonly machines: number;
  readonly rounds: number;
  /** Of one round of one contestant. */
  readonly seconds: number;
}

export function figuresOf(scores: readonly Score[], { machines }: Measured): Figure[] {
  return [...scores.flatMap((score) => ofOne(score, machines)), ...compared(scores)];
}

function ofOne(score: Score, machines: number): Figure[] {
  const of = (measure: string): string => `${score.contestant}: ${measure}`;
  if (score.why !== '' || score.seconds === 0)
    return [figure(of(measures.snapshot), null, 'ms', { note: score.why })];
  const perMachine = (sum: number): number => sum / score.seconds / machines;
  const count = (measure: string, value: number): Figure => figure(of(measure), value, '');
  return [
    ...quantileFigures(of(measures.snapshot), snapshotTimes(score), 'ms'),
    ...quantileFigures(of(measures.block), score.fromBlock, 'ms'),
    ...quantileFigures(of(measures.change), score.fromChange, 'ms'),
    count(measures.shots, score.shots),
    count(measures.defects, score.defects),
    count(measures.answered, score.answered),
    count(measures.missed, score.defects - score.answered),
    count(measures.wrong, score.wrong),
    figure(of(measures.bytes), perMachine(score.bytes), 'B/s'),
    figure(of(measures.requests), perMachine(score.requests), '/s'),
    figure(of(measures.cpu), score.cpuMs / score.seconds / 10, '% of a core'),
    figure(of(measures.pss), Math.max(...score.pssMiB), 'MiB'),
  ];
}

/** Who reads the counter again has its whole snapshot with that reply, all others with the block. */
function snapshotTimes(score: Score): readonly number[] {
  return readingOf(score) === 'counter' ? score.fromCounter : score.fromBlock;
}

function readingOf({ contestant }: Score): Reading {
  return contestants.find(({ name }) => name === contestant)?.reading ?? 'block';
}

function compared(scores: readonly Score[]): Figure[] {
  const timesOf = (name: string): readonly number[] => {
    const score = scores.find(({ contestant }) => contestant === name);
    return score === undefined || score.why !== '' ? [] : snapshotTimes(score);
  };
  const ratio = (a: string, b: string, share: number): number | null => {
    const [above, below] = [timesOf(a), timesOf(b)];
    const needed = share > 0.9 ? 1000 : 20;
    if (above.length < needed || below.length < needed) return null;
    return quantile(above, share) / quantile(below, share);
  };
  const own = [names.ownBlock, names.ownCounter];
  const note = 'from the last snapshot byte';
  return [
    ...own.flatMap((name) => [
      figure(`Node-RED against ${name}, p99`, ratio(names.nodeRed, name, 0.99), '×', {
        budget: { least: 5 },
        note,
      }),
      figure(`Python against ${name}, p99`, ratio(names.python, name, 0.99), '×', {
        budget: { least: 2 },
        note,
      }),
      figure(`${name} against C, p50`, ratio(name, names.c, 0.5), '×', {
        budget: { most: 2 },
        note,
      }),
    ]),
    ...triggerFirst(scores),
  ];
}

/** The agent's own plan against the usual poll of a block. */
function triggerFirst(scores: readonly Score[]): Figure[] {
  const own = scores.find(({ contestant }) => contestant === names.own);
  const poll = scores.find(({ contestant }) => contestant === names.c);
  if (own === undefined || own.why !== '') return [];
  const bytes =
    poll === undefined || poll.why !== ''
      ? null
      : own.bytes / own.seconds / (poll.bytes / poll.seconds);
  return [
    ...quantileFigures(`${names.own} after a counter change`, own.fromChange, 'ms', {
      p50: { most: 8 },
      p99: { most: 15 },
    }),
    figure(`bytes of ${names.own} against the block poll`, bytes, '×', { budget: { most: 1.5 } }),
  ];
}

export function remarksOf({ machines, rounds, seconds }: Measured): string[] {
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${machines} machines, ${rounds} rounds of ${seconds.toFixed(0)} s for each contestant, in turns. ${others.join(', ')}.`,
    'Times are the simulated machine’s own. A shot is answered when its coil is written before the next shot is made.',
    'All judge by the same rules and write the coil once for a defect; only the agent also keeps every shot on the disk, checks inputs, raises alerts and serves status.',
    '`100 ms block`: counter and block in one read, as the peers; the agent then judges each read, so a shot three times. `100 ms counter`: the counter each 100 ms, the block when it has changed, the counter once more.',
  ];
}
