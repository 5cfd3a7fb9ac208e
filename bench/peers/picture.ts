/** The published picture: p50 to p99 of every contestant, on a logarithmic scale, as SVG. */
import { names } from './measures.ts';
import type { PeersRun, Published, Row, Times } from './rows.ts';
import { shown } from './table.ts';

const size = { width: 860, label: 190, right: 110, row: 26, head: 64, axis: 26 } as const;
const scaleMs = { from: 0.05, to: 500 } as const;
const ticks = [0.1, 0.3, 1, 3, 10, 30, 100, 300] as const;
const ink = { own: '#1f6feb', other: '#6e7781', line: '#d0d7de', text: '#1f2328' } as const;

const said = 'p50 and p99 of every contestant, on a logarithmic scale';

interface Panel {
  readonly title: string;
  readonly bars: readonly { readonly name: string; readonly times: Times }[];
}

export function pictureOf({ runs }: Published): string {
  const run = runs.find(({ name }) => name === 'peers') ?? runs[0];
  const panels = run === undefined ? [] : panelsOf(run);
  let top = 0;
  const drawn = panels.map((panel) => {
    const text = drawPanel(panel, top);
    top += heightOf(panel);
    return text;
  });
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${top}" viewBox="0 0 ${size.width} ${top}" role="img" aria-label="${said}" font-family="sans-serif" font-size="13" fill="${ink.text}">`;
  const paper = `<rect width="${size.width}" height="${top}" fill="#ffffff"/>`;
  const title = `<title>${said}</title>`;
  return `${[head, title, paper, ...drawn, '</svg>'].join('\n')}\n`;
}

function panelsOf({ rows }: PeersRun): Panel[] {
  const without = (...left: string[]): Row[] =>
    rows.filter(({ contestant, why }) => why === '' && !left.includes(contestant));
  const bars = (from: readonly Row[], times: (row: Row) => Times): Panel['bars'] =>
    from.map((row) => ({ name: row.contestant, times: times(row) }));
  return [
    {
      title: '마지막 스냅샷 바이트 → 배출 신호 쓰기 / last snapshot byte → reject write',
      bars: bars(without(names.own), ({ snapshot }) => snapshot),
    },
    {
      title: '타수 변화 → 배출 신호 쓰기 / shot counter change → reject write',
      bars: bars(without(names.ownBlock, names.ownCounter), ({ change }) => change),
    },
  ];
}

function heightOf({ bars }: Panel): number {
  return size.head + bars.length * size.row + size.axis;
}

function drawPanel(panel: Panel, top: number): string {
  const bottom = top + size.head + panel.bars.length * size.row;
  const grid = ticks.map(
    (tick) =>
      `<line x1="${x(tick)}" x2="${x(tick)}" y1="${top + size.head - 8}" y2="${bottom}" stroke="${ink.line}"/>` +
      `<text x="${x(tick)}" y="${bottom + 16}" text-anchor="middle" font-size="11">${tick} ms</text>`,
  );
  return [
    `<text x="12" y="${top + 26}" font-size="15" font-weight="bold">${panel.title}</text>`,
    `<text x="12" y="${top + 44}" font-size="11">● p50  ┃ p99</text>`,
    ...grid,
    ...panel.bars.map((bar, i) => drawBar(bar, top + size.head + i * size.row + size.row / 2)),
  ].join('\n');
}

function drawBar({ name, times }: Panel['bars'][number], y: number): string {
  const colour = name.startsWith('ppuri') ? ink.own : ink.other;
  const label = `<text x="12" y="${y + 4}">${name}</text>`;
  const { p50, p99 } = times;
  if (p50 === null) return `${label}<text x="${size.label}" y="${y + 4}">–</text>`;
  const dot = `<circle cx="${x(p50)}" cy="${y}" r="5" fill="${colour}"/>`;
  // Too few samples for a p99: the dot stands alone.
  const line =
    p99 === null
      ? ''
      : `<line x1="${x(p50)}" x2="${x(p99)}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="3"/>` +
        `<line x1="${x(p99)}" x2="${x(p99)}" y1="${y - 7}" y2="${y + 7}" stroke="${colour}" stroke-width="3"/>`;
  const figures = `${shown(p50)} / ${p99 === null ? '–' : shown(p99)}`;
  const numbers = `<text x="${size.width - 12}" y="${y + 4}" text-anchor="end" font-size="12">${figures}</text>`;
  return [label, line, dot, numbers].join('');
}

function x(ms: number): number {
  const within = Math.min(scaleMs.to, Math.max(scaleMs.from, ms));
  const share = Math.log(within / scaleMs.from) / Math.log(scaleMs.to / scaleMs.from);
  return Math.round((size.label + share * (size.width - size.label - size.right)) * 10) / 10;
}
