/** Production of the running shift beside the machine: OEE with its factors, quality, energy. */
import type { VNode } from 'preact';
import type { MachineView, ShiftOee, ShiftSummary } from '../contract.ts';
import { h, html } from './element.ts';
import { clockTime, count, lasting } from './format.ts';
import { useWords, type Words } from './page.ts';
import { outcomeWords } from './texts.ts';

const share = (value: number | null): string =>
  value === null ? '–' : `${(100 * value).toFixed(1)} %`;

/** Three digits that mean something: 0.482, 4.82, 48.2. */
const digits = (value: number): string => value.toFixed(value < 1 ? 3 : value < 10 ? 2 : 1);

const listed = (notes: readonly string[]): string =>
  notes.filter((note) => note !== '').join(' · ');

function Oee({ oee }: { oee: ShiftOee }): VNode {
  const words = useWords();
  const { shots, paceBasis, unknownMs } = oee;
  const ratios = [
    [words('oee'), oee.oee],
    [words('availability'), oee.availability],
    [words('effectiveness'), oee.effectiveness],
    [words('goodRate'), oee.quality],
  ] as const;
  const isLearned = paceBasis === 'learned' || paceBasis === 'mixed';
  const notes = [
    words('goodOf', { inspected: count(shots.inspected), shots: count(shots.produced) }),
    isLearned ? words('learnedPace') : '',
    unknownMs < 60_000 ? '' : words('notSeen', { time: lasting(unknownMs, words.language) }),
  ];
  return html`<dl>${ratios.map(
    ([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${share(value)}</dd></div>`,
  )}</dl>
  <p class="basis">${listed(notes)}</p>`;
}

function shotLine({ shots, ok, defect, unscored }: ShiftSummary, words: Words): VNode {
  const outcomes = [
    `${words.of(outcomeWords.ok)} ${count(ok)}`,
    `${words.of(outcomeWords.defect)} ${count(defect)}`,
    `${words.of(outcomeWords.unscored)} ${count(unscored)}`,
  ];
  return html`<p>${words('produced')} <strong>${count(shots)}</strong> <small>${listed(outcomes)}</small></p>`;
}

function energyLine({ energy }: ShiftSummary, words: Words): VNode | null {
  if (energy === undefined || energy === null) return null;
  const { shiftKwh, kwhPerShot, kwhPerGood, peakKw, idleShare } = energy;
  const notes = listed([
    kwhPerShot === null ? '' : words('perShot', { kwh: digits(kwhPerShot) }),
    kwhPerGood === null ? '' : words('perGood', { kwh: digits(kwhPerGood) }),
    peakKw === null ? '' : words('peakDemand', { kw: digits(peakKw) }),
    idleShare === null ? '' : words('idleEnergy', { share: (100 * idleShare).toFixed(0) }),
  ]);
  if (shiftKwh === null && notes === '') return null;
  const value = shiftKwh === null ? '–' : `${digits(shiftKwh)} kWh`;
  return html`<p>${words('energyUse')} <strong>${value}</strong> <small>${notes}</small></p>`;
}

export function ShiftFacts({ machine }: { machine: MachineView }): VNode | null {
  const words = useWords();
  const { shift } = machine;
  if (shift.fromWallMs === 0) return null;
  return html`<section class="shift-facts" aria-label=${words('shiftFacts')}>
    <h2>${words('shiftFacts')} <small>${words('sinceShift', { time: clockTime(shift.fromWallMs) })}</small></h2>
    ${shift.oee && h(Oee, { oee: shift.oee })}
    ${shotLine(shift, words)}
    ${energyLine(shift, words)}
  </section>`;
}
