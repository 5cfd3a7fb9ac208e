/** Scores over time with defects, alerts and gaps marked, as one SVG. */
import type { CheckedAlert } from '../alert-figures.ts';
import type { BacktestReport } from '../report.ts';
import type { JudgedShot } from '../shot.ts';
import { type Axis, axisOf } from './axis.ts';
import { type BandData, band, bandExtra } from './band.ts';
import { legend, legendHeight } from './legend.ts';
import { escaped, half, text } from './marks.ts';

const width = 1000;
const left = 46;
const right = width - 12;
const mostBands = 8;
const titleHeight = 26;
const axisHeight = 40;
/** A gap narrower than this is no more than the space between two shots. */
const leastGapPx = 3;

const style = `
.bt text{font-family:"Noto Sans KR","Noto Sans CJK KR","Apple SD Gothic Neo","Malgun Gothic","NanumGothic",sans-serif;font-size:13px;fill:#14181b}
.bt .title{font-size:16px;font-weight:bold}.bt .name{font-weight:bold}
.bt .tick{font-size:12px;fill:#434b52}.bt .end{text-anchor:end}.bt .mid{text-anchor:middle}
.bt .ground{fill:#f6f7f8;stroke:#8b939a}.bt .gap{fill:#d3d6d9}
.bt .grid{stroke:#d3d6d9;fill:none}.bt .scores{stroke:#6f7a84;stroke-width:1;fill:none}
.bt .threshold{stroke:#14181b;stroke-width:1.5;stroke-dasharray:7 4;fill:none}
.bt .found{fill:#a83a00}.bt .missed{fill:#fff;stroke:#b3101c;stroke-width:1.6}
.bt .wrong{stroke:#0b4fa0;stroke-width:1.6;fill:none}
.bt .unscored{stroke:#434b52;fill:none}.bt .unscored-defect{stroke:#b3101c;stroke-width:2;fill:none}
.bt .alert{stroke:#14181b;stroke-width:1}.bt .true{fill:#14181b}.bt .false{fill:#fff}.bt .unsure{fill:#fff;stroke-dasharray:2 2}
`;

export interface PictureData {
  readonly report: BacktestReport;
  readonly shots: readonly JudgedShot[];
}

/** Width 1000, height by the number of molds; scales to any width. */
export function pictureOf({ report, shots }: PictureData): string {
  const bands = bandsOf(shots, report.alerts?.list ?? []);
  const height = bands.length === 1 ? 260 : bands.length <= 4 ? 130 : 96;
  const legendTop = titleHeight;
  const top = legendTop + legendHeight;
  const axis = axisOf(shots, left, right);
  const times = new Map(shots.map(({ row, wallMs }) => [row, wallMs]));
  const [low, high] = scoreRange(shots, report.threshold);
  const drawn = bands.map((data, index) =>
    band(data, {
      ...{ axis, left, right, height, low, high, threshold: report.threshold },
      top: top + index * (height + bandExtra),
      gaps: gapsOn(axis, report, times),
      wallMsOf: (row) => times.get(row) ?? null,
    }),
  );
  const bottom = top + bands.length * (height + bandExtra);
  const { name, version } = report.model;
  const title = `${name} ${version}`;
  const total = bottom + axisHeight;
  return [
    `<svg class="bt" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" role="img" aria-label="${escaped(describe(report))}">`,
    `<style>${style}</style>`,
    text({ x: left, y: 17 }, `${title} · 불량 점수 defect score`, ' class="title"'),
    legend(report, shots, { left, top: legendTop }),
    ...drawn,
    ticks(axis, top, bottom),
    '</svg>',
  ].join('\n');
}

/** Each mold a band, the rarest of many together. */
function bandsOf(shots: readonly JudgedShot[], alerts: readonly CheckedAlert[]): BandData[] {
  const byMold = [...Map.groupBy(shots, ({ mold }) => mold)];
  byMold.sort(([, a], [, b]) => b.length - a.length);
  const own = byMold.length <= mostBands ? byMold : byMold.slice(0, mostBands - 1);
  const rest = byMold.slice(own.length);
  own.sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1));
  const bands = own.map(([mold, part]) => ({
    title: mold === null ? '금형 구분 없음 no mold' : `금형 mold ${mold}`,
    shots: part,
    alerts: alerts.filter((alert) => alert.mold === mold),
  }));
  if (rest.length === 0) return bands;
  const molds = new Set(rest.map(([mold]) => mold));
  const together = {
    title: `그 밖의 금형 ${rest.length}개 · ${rest.length} other molds`,
    shots: shots.filter(({ mold }) => molds.has(mold)),
    alerts: alerts.filter(({ mold }) => molds.has(mold)),
  };
  return [...bands, together];
}

/** 0 to 1 for what looks like probabilities, else the scores and the threshold. */
function scoreRange(shots: readonly JudgedShot[], threshold: number): [number, number] {
  let [low, high] = [threshold, threshold];
  for (const { score } of shots) {
    if (score === null) continue;
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  return low >= 0 && high <= 1 ? [0, 1] : [low, high];
}

function gapsOn(axis: Axis, { gaps }: BacktestReport, times: ReadonlyMap<number, number | null>) {
  if (axis.by === 'row') return [];
  return gaps.flatMap(({ afterRow, beforeRow }) => {
    const [from, to] = [afterRow, beforeRow].map((row) =>
      axis.x({ row, wallMs: times.get(row) ?? null }),
    );
    if (from === undefined || to === undefined || to - from < leastGapPx) return [];
    return [{ from: from + 1, to: to - 1 }];
  });
}

function ticks(axis: Axis, top: number, bottom: number): string {
  const what = axis.by === 'time' ? '시각 (한국) time (Korea)' : '행 row';
  const labels = axis.ticks.map(
    ({ x, label }) =>
      `<path class="grid" d="M${half(x)} ${half(bottom - 4)}v5"/>${text({ x: Math.min(Math.max(x, left + 24), right - 30), y: bottom + 14 }, label, ' class="tick mid"')}`,
  );
  return `${labels.join('')}${text({ x: (left + right) / 2, y: bottom + 32 }, what, ' class="tick mid"')}<path d="M0 ${top}"/>`;
}

function describe({ model, rows, defects, n, alerts }: BacktestReport): string {
  const told = alerts === null ? '' : `, ${alerts.alerts} alerts`;
  return `${model.name} ${model.version}: score of ${rows} shots over time, ${defects} defects of ${n} labelled${told}`;
}
