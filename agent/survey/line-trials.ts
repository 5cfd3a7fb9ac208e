/** Whose frames a line damages: the same reads many times over, short and long, of every unit. */

import type { CauseId } from './causes.ts';
import type { Question } from './frames.ts';
import type { Ask } from './unit-trials.ts';

/** Of one unit. */
export interface LineShare {
  readonly unit: number;
  readonly asked: number;
  readonly damaged: number;
  /** Questions that got two replies. */
  readonly doubled: number;
  /** Questions while which another master's request was heard. */
  readonly overheard: number;
  /** Replies without bit 7. */
  readonly sevenBits: number;
  /** Damaged ones that have it in some byte. */
  readonly highBits: number;
  readonly longAsked: number;
  readonly longDamaged: number;
}

export interface LineVerdict {
  readonly cause: Extract<CauseId, 'duplicate-unit' | 'other-master' | 'parity' | 'termination'>;
  /** null: the whole line. */
  readonly unit: number | null;
}

const shortReads = 12;
const longReads = 12;
const failedReads = 3;
const lingerMs = 40;
/** A line in order damages less than one frame in a thousand. */
const clean = 0.05;

/** What one unit is asked: a read of some length that it answers, and those it did not answer. */
export interface LineQuestions {
  readonly long: Question;
  readonly failed: readonly Question[];
}

export async function measureLine(
  questions: ReadonlyMap<number, LineQuestions>,
  ask: Ask,
  timeoutMs: number,
): Promise<LineShare[]> {
  const shares: LineShare[] = [];
  for (const [unit, { long, failed }] of questions) {
    const parts = [await measure({ ...long, count: 1 }, shortReads, ask, timeoutMs)];
    for (const one of failed) parts.push(await measure(one, failedReads, ask, timeoutMs));
    const longs = await measure(long, longReads, ask, timeoutMs);
    const sum = (of: keyof Measure): number =>
      [...parts, longs].reduce((total, part) => total + part[of], 0);
    shares.push({
      unit,
      ...{ asked: sum('asked'), damaged: sum('damaged'), doubled: sum('doubled') },
      ...{ overheard: sum('overheard'), sevenBits: sum('sevenBits') },
      highBits: sum('highBits'),
      ...{ longAsked: longs.asked, longDamaged: longs.damaged },
    });
  }
  return shares;
}

interface Measure {
  readonly asked: number;
  readonly damaged: number;
  readonly doubled: number;
  readonly overheard: number;
  readonly sevenBits: number;
  /** Damaged ones that have it in some byte. */
  readonly highBits: number;
}

async function measure(
  question: Question,
  times: number,
  ask: Ask,
  timeoutMs: number,
): Promise<Measure> {
  const seen = { asked: times, damaged: 0, doubled: 0, overheard: 0, sevenBits: 0, highBits: 0 };
  for (let i = 0; i < times; i++) {
    const answer = await ask(question, { timeoutMs, lingerMs });
    const { kind, replies, overheard } = answer;
    if (overheard.length > 0) seen.overheard += 1;
    else if (kind === 'damaged' || kind === 'noise' || kind === 'cut') {
      seen.damaged += 1;
      if (answer.bytes.some((byte) => byte > 0x7f)) seen.highBits += 1;
    } else if (replies > 1) seen.doubled += 1;
    if (kind === 'damaged' && answer.sevenBits) seen.sevenBits += 1;
  }
  return seen;
}

/**
 * Two replies to one question, or damage at one unit of several: two devices of one number, whose
 * replies collide. Damage at all of them: the line. Another master's replies look like both.
 */
export function judgeLine(shares: readonly LineShare[]): LineVerdict[] {
  if (shares.some(({ overheard }) => overheard > 0)) return [{ cause: 'other-master', unit: null }];
  // Chance makes a few of many damaged frames look like it; then others have the bit.
  const noEighth = shares.every(({ highBits }) => highBits === 0);
  if (noEighth && shares.some(({ sevenBits }) => sevenBits > 0))
    return [{ cause: 'parity', unit: null }];
  const bad = shares.filter(({ damaged, asked }) => damaged > clean * asked);
  const doubled = shares.filter((share) => share.doubled > 0);
  const alone = shares.length > 1 && bad.length === 1 ? bad : [];
  const duplicates = [...new Set([...doubled, ...alone])].map(({ unit }) => unit);
  const rest = bad.filter(({ unit }) => !duplicates.includes(unit));
  return [
    ...duplicates.map((unit) => ({ cause: 'duplicate-unit', unit }) as const),
    ...(rest.length > 0 ? [{ cause: 'termination', unit: null } as const] : []),
  ];
}
