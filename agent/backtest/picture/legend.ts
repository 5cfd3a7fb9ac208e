/** What the marks mean, with how many there are of each. */
import type { BacktestReport } from '../report.ts';
import type { JudgedShot } from '../shot.ts';
import { marks, rect, text } from './marks.ts';

const lineHeight = 22;
const columnWidth = 316;
const perLine = 3;
export const legendHeight = 4 * lineHeight;

interface Entry {
  /** Its mark, within 24 by 12 pixels around (x, y). */
  readonly sign: (x: number, y: number) => string;
  readonly words: string;
}

export function legend(
  report: BacktestReport,
  shots: readonly JudgedShot[],
  at: { readonly left: number; readonly top: number },
): string {
  return entriesOf(report, shots)
    .map(({ sign, words }, index) => {
      const x = at.left + (index % perLine) * columnWidth;
      const y = at.top + Math.floor(index / perLine) * lineHeight + 12;
      return sign(x + 10, y - 4) + text({ x: x + 28, y }, words);
    })
    .join('');
}

function entriesOf(report: BacktestReport, shots: readonly JudgedShot[]): Entry[] {
  const unscored = shots.filter(({ score }) => score === null);
  const lost = unscored.filter(({ label }) => label === 1).length;
  return [
    ...shotEntries(report),
    {
      sign: (x, y) => `<path class="unscored" d="M${x - 4} ${y - 2}v5m4-5v5m4-5v5"/>`,
      words: `판정 보류 unscored (${unscored.length})`,
    },
    {
      sign: (x, y) => `<path class="unscored-defect" d="M${x} ${y - 5}v9"/>`,
      words: `보류 중 불량 defect unscored (${lost})`,
    },
    ...alertEntries(report),
    {
      sign: (x, y) => rect({ x: x - 10, y: y - 5, width: 20, height: 10 }, 'gap'),
      words: '샷 없음 no shots',
    },
  ];
}

function shotEntries(report: BacktestReport): Entry[] {
  const { truePositives, falseNegatives, falsePositives, threshold } = report;
  return [
    {
      sign: (x, y) => marks('triangle', [{ x, y }], 'found'),
      words: `찾은 불량 defect found (${truePositives})`,
    },
    {
      sign: (x, y) => marks('ring', [{ x, y }], 'missed'),
      words: `놓친 불량 defect missed (${falseNegatives})`,
    },
    {
      sign: (x, y) => marks('cross', [{ x, y }], 'wrong'),
      words: `오경보 false alarm (${falsePositives})`,
    },
    {
      sign: (x, y) => `<path class="threshold" d="M${x - 10} ${y}h24"/>`,
      words: `판정 기준값 threshold ${threshold.toFixed(4)}`,
    },
    {
      sign: (x, y) => `<path class="scores" d="M${x - 4} ${y + 5}v-10m4 8v-6m4 9v-12"/>`,
      words: '점수 범위 lowest to highest score',
    },
  ];
}

function alertEntries({ alerts }: BacktestReport): Entry[] {
  const list = alerts?.list ?? [];
  const kinds = [
    ['true', '맞은 알림 true alert', true],
    ['false', '틀린 알림 false alert', false],
    ['unsure', '검사 없는 알림 not inspected', null],
  ] as const;
  return kinds.map(([name, words, isTrue]) => ({
    sign: (x, y) => rect({ x: x - 10, y: y - 4, width: 20, height: 9 }, `alert ${name}`),
    words: `${words} (${list.filter((alert) => alert.isTrue === isTrue).length})`,
  }));
}
