/** What a reader of the comparison must know before believing it. */
import type { DefectEffect, EffectNote, PeriodRate } from './result.ts';

const fewDefects = 5;
const muchMoved = 0.1;
const fewWeeks = 6;

type Known = Omit<DefectEffect, 'verdict' | 'notes'>;

export function notesOf(found: Known, fewestBlocks: number): EffectNote[] {
  const { before, after } = found.periods;
  const own = before === null || after === null ? [] : aboutPeriods(before, after, fewestBlocks);
  return [...own, ...aboutMix(found), ...aboutAnswer(found)];
}

function aboutPeriods(before: PeriodRate, after: PeriodRate, fewestBlocks: number): EffectNote[] {
  const notes: EffectNote[] = [];
  const fewer = (kind: 'few-defects' | 'few-blocks', was: number, is: number, least: number) => {
    if (Math.min(was, is) < least) notes.push({ kind, before: was, after: is });
  };
  fewer('few-defects', before.defects, after.defects, fewDefects);
  fewer('few-blocks', before.blocks, after.blocks, fewestBlocks);
  const judgedOf = ({ judged, unjudged }: PeriodRate): number => judged / (judged + unjudged);
  const [was, is] = [judgedOf(before), judgedOf(after)];
  if (Math.abs(was - is) >= muchMoved)
    notes.push({ kind: 'inspection-changed', before: was, after: is });
  return notes;
}

function aboutMix({ strata, naive, sameMix }: Known): EffectNote[] {
  const notes: EffectNote[] = [];
  const moved = strata.reduce(
    (most, { share }) => Math.max(most, Math.abs(share.after - share.before)),
    0,
  );
  if (moved >= muchMoved) notes.push({ kind: 'mix-changed', share: moved });
  const shots = strata
    .filter(({ before, after }) => before.judged === 0 || after.judged === 0)
    .reduce((sum, { before, after }) => sum + before.judged + after.judged, 0);
  if (shots > 0) notes.push({ kind: 'strata-left-out', shots });
  const sign = (of: typeof naive): number =>
    of === null ? 0 : of.difference.high < 0 ? -1 : of.difference.low > 0 ? 1 : 0;
  if (sign(naive) !== sign(sameMix)) notes.push({ kind: 'naive-disagrees' });
  return notes;
}

function aboutAnswer({ periods, blocks, weekCorrelation, sameEffectP, need }: Known): EffectNote[] {
  const notes: EffectNote[] = [];
  const weeks = Math.min(periods.before?.blocks ?? 0, periods.after?.blocks ?? 0);
  if (blocks === 'week' && weeks < fewWeeks && weekCorrelation !== null)
    notes.push({ kind: 'weeks-alike', correlation: weekCorrelation });
  if (sameEffectP !== null && sameEffectP < 0.05)
    notes.push({ kind: 'effect-differs', p: sameEffectP });
  if (need !== null && need.moreAfter === null) notes.push({ kind: 'before-too-small' });
  return notes;
}
