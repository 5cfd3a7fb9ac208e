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
  readonly longAsked: number;
  readonly longDamaged: number;
}

export interface LineVerdict {
  readonly cause: Extract<CauseId, 'duplicate-unit' | 'termination'>;
  /** null: the whole line. */
  readonly unit: number | null;
}

const shortReads = 12;
const longReads = 12;
const lingerMs = 40;
/** A line in order damages less than one frame in a thousand. */
const clean = 0.05;

/** `longest`: a read of some length that the unit answers, per unit. */
export async function measureLine(
  longest: ReadonlyMap<number, Question>,
  ask: Ask,
  timeoutMs: number,
): Promise<LineShare[]> {
  const shares: LineShare[] = [];
  for (const [unit, long] of longest) {
    const short = { ...long, count: 1 };
    const a = await measure(short, shortReads, ask, timeoutMs);
    const b = await measure(long, longReads, ask, timeoutMs);
    const damaged = a.damaged + b.damaged;
    const doubled = a.doubled + b.doubled;
    const asked = shortReads + longReads;
    shares.push({ unit, asked, damaged, doubled, longAsked: longReads, longDamaged: b.damaged });
  }
  return shares;
}

async function measure(
  question: Question,
  times: number,
  ask: Ask,
  timeoutMs: number,
): Promise<{ damaged: number; doubled: number }> {
  let damaged = 0;
  let doubled = 0;
  for (let i = 0; i < times; i++) {
    const { kind, replies } = await ask(question, { timeoutMs, lingerMs });
    if (kind === 'damaged' || kind === 'noise') damaged += 1;
    if (replies > 1) doubled += 1;
  }
  return { damaged, doubled };
}

/**
 * Two replies to one question, or damage at one unit of several: two devices of one number, whose
 * replies collide. Damage at all of them: the line.
 */
export function judgeLine(shares: readonly LineShare[]): LineVerdict[] {
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
