/** Production of a machine as the panel's server would tell of it: stops, OEE, energy, a mold's last run. */
import type {
  MachinePage,
  MoldChangeView,
  Overview,
  ShiftSummary,
  StopView,
} from '../../agent/panel/contract.ts';

/** Of six hours: a stop that is explained, one that is not, and a pace that was learned. */
export const productionOf = (index: number): Pick<ShiftSummary, 'oee' | 'energy'> => ({
  oee: {
    ...{ availability: 0.853, effectiveness: 0.924, quality: 0.978, oee: 0.771 },
    paceBasis: 'learned',
    shots: { produced: 412 + index, good: 398, defect: 9 + index, inspected: 120, unknown: 5 },
    ...{ unexplained: 1, unknownMs: 420_000 },
  },
  energy: { shiftKwh: 214.6, kwhPerShot: 0.482, kwhPerGood: 0.499, peakKw: 61.3, idleShare: 0.08 },
});

/** A stop that asks for its reason. */
export const standing = (now: number): StopView => ({
  ...{ id: 'b00t-12', kind: 'stop', open: true, fromWallMs: now - 380_000, lastedMs: 380_000 },
  reason: null,
});

export const pastStops = (now: number): readonly StopView[] => [
  {
    ...{
      id: 'b00t-9',
      kind: 'stop',
      open: false,
      fromWallMs: now - 7_200_000,
      lastedMs: 1_560_000,
    },
    reason: { code: 'mold-change', title: { ko: '금형교환', en: 'Mold change' }, who: '김반장' },
  },
  {
    ...{ id: 'b00t-4', kind: 'stop', open: false, fromWallMs: now - 14_000_000, lastedMs: 660_000 },
    reason: null,
  },
];

export const moldChange = (now: number): MoldChangeView => ({
  ...{ mold: '8412', beforeWallMs: now - 8 * 86_400_000, shotsNow: 100, shotsBefore: 100 },
  ...{ compared: 31, differing: 2 },
  differences: [
    {
      ...{ feature: 'highSectionSpeed', title: { ko: '고속 속도', en: 'fast-shot speed' } },
      ...{ unit: 'cm/s', decimals: 0, now: 262, before: 240, normalLow: 236, normalHigh: 245 },
    },
    {
      ...{ feature: 'sprayTime', title: { ko: '이형제 분사 시간', en: 'spray time' } },
      ...{ unit: 's', decimals: 1, now: 2.6, before: 1.8, normalLow: 1.4, normalHigh: 2.2 },
    },
  ],
});

const reason = (code: string, ko: string, en: string) => ({ code, title: { ko, en } });
export const stopReasons: MachinePage['stopReasons'] = [
  reason('mold-change', '금형교환', 'Mold change'),
  reason('material', '자재대기', 'Waiting for material'),
  reason('breakdown', '설비고장', 'Breakdown'),
  reason('quality', '품질조정', 'Quality adjustment'),
  reason('cleaning', '청소', 'Cleaning'),
  reason('rest', '휴식', 'Break'),
  reason('planned', '계획정지', 'Planned stop'),
  reason('other', '기타', 'Other'),
];

/** A machine of the plant that stands now. */
export function withStop(overview: Overview, id: string, stop: StopView): Overview {
  const machines = overview.machines.map((one) => (one.id === id ? { ...one, stop } : one));
  return { ...overview, machines };
}
