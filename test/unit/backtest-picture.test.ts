import { describe, expect, test } from 'vitest';
import type { AlertFigures } from '../../agent/backtest/alert-figures.ts';
import { alertFigures } from '../../agent/backtest/alert-figures.ts';
import { pageOf } from '../../agent/backtest/picture/page.ts';
import { pictureOf } from '../../agent/backtest/picture/picture.ts';
import { reportOn } from '../../agent/backtest/report.ts';
import type { JudgedShot } from '../../agent/backtest/shot.ts';
import { seededShots, shot, threshold } from './backtest-support.ts';

const model = { name: 'm', version: '1.0.0', hash: 'x' };

function draw(shots: readonly JudgedShot[], alerts: AlertFigures | null = null) {
  const report = reportOn(shots, { model, threshold, alerts });
  return { report, svg: pictureOf({ report, shots }), page: pageOf({ report, shots }, 'log.csv') };
}

/** Marks of one kind that the bands hold; the first of each path is the legend's. */
function marksOf(svg: string, kind: string): number {
  const paths = [...svg.matchAll(new RegExp(`<path class="${kind}" d="([^"]*)"/>`, 'g'))];
  return paths.reduce((sum, [, path = '']) => sum + (path.match(/M/g)?.length ?? 0), -1);
}

describe('the picture', () => {
  test('marks each defect and each false alarm, by shape', () => {
    const shots = seededShots(11, 900, 0.05);
    const { report, svg } = draw(shots);
    // Some fall on the same half pixel.
    for (const [kind, many] of [
      ['found', report.truePositives],
      ['missed', report.falseNegatives],
      ['wrong', report.falsePositives],
    ] as const) {
      expect(many).toBeGreaterThan(5);
      expect(marksOf(svg, kind)).toBeGreaterThan(many * 0.9);
      expect(marksOf(svg, kind)).toBeLessThanOrEqual(many);
      expect(svg).toContain(`(${many})</text>`);
    }
  });

  test('hides no lone high score among many low ones', () => {
    const shots = Array.from({ length: 50_000 }, (_, i) => shot(i + 1, { score: 0.01 }));
    const flat = draw(shots).svg;
    shots[25_000] = shot(25_001, { score: 0.49 });
    const high = draw(shots).svg;
    expect(high).not.toBe(flat);
    const column = /<path class="scores" d="(M\d+ [\d.]+V[\d.]+)+"/.exec(high)?.[0] ?? '';
    const tops = [...column.matchAll(/V([\d.]+)/g)].map(([, top]) => Number(top));
    expect(tops.filter((top) => top < Math.max(...tops) - 50)).toHaveLength(1);
  });

  test('stays below 2 MB with 70,000 shots of which 30,000 are defects', () => {
    const molds = ['8412', '8573', '8600', '8722', '8917'];
    const start = Date.parse('2026-01-05T08:00+09:00');
    const shots = seededShots(12, 70_000, 0.43, (row) => ({
      mold: molds[row % 5] ?? null,
      wallMs: start + row * 60_000,
    }));
    expect(Buffer.byteLength(draw(shots).page)).toBeLessThan(2_000_000);
  });

  test('shows what was not scored as such', () => {
    const shots = [...seededShots(13, 50, 0.2), shot(51, { score: null, label: 1 })];
    const { svg } = draw(shots);
    expect(svg).toContain('판정 보류 unscored (1)');
    expect(svg).toContain('보류 중 불량 defect unscored (1)');
    expect(marksOf(svg, 'unscored-defect')).toBe(1);
  });

  test('gives each mold a band, the rarest of many one together', () => {
    const shots = seededShots(14, 600, 0.1, (row) => ({ mold: `m${row % 12}` }));
    const { svg } = draw(shots);
    expect(svg.match(/class="name"/g)).toHaveLength(8);
    expect(svg).toContain('5 other molds');
  });

  test('draws alerts that were true, false and not inspected apart', () => {
    const shots = seededShots(15, 60, 0.3);
    const alert = (raisedRow: number, isTrue: boolean | null) => ({
      ...{ cause: 'c', mold: null, attention: 'call' as const, raisedRow, isTrue },
      ...{ clearedRow: raisedRow + 3, raisedWallMs: null, ranges: [], shotsToSort: 2, defects: 1 },
    });
    const list = [alert(5, true), alert(20, false), alert(40, null)];
    const { svg } = draw(shots, { ...alertFigures(shots, [], 10), list });
    for (const kind of ['true', 'false', 'unsure'])
      expect(svg.match(new RegExp(`class="alert ${kind}"`, 'g'))).toHaveLength(2);
  });

  test('lets no name of a mold or a file become markup', () => {
    const shots = seededShots(16, 50, 0.2, () => ({ mold: '<script>alert(1)</script>"&' }));
    const report = reportOn(shots, { model, threshold });
    const page = pageOf({ report, shots }, '<img src=x>.csv');
    expect(page).not.toMatch(/<script|<img/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;');
  });

  test('of one shot without a label is a picture still', () => {
    const { svg } = draw([shot(1, { label: null })]);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('of raw scores takes their own range', () => {
    const shots = Array.from({ length: 20 }, (_, i) => shot(i + 1, { score: i * 10 - 100 }));
    const { svg } = draw(shots);
    expect(svg).toContain('>-100<');
    expect(svg).toContain('>90<');
  });
});
