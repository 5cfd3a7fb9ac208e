/** The page of a backtest in Debian's chromium: nothing fetched, nothing clipped, prints on A4. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertFigures } from '../../agent/backtest/alert-figures.ts';
import { compare } from '../../agent/backtest/compare.ts';
import { pageOf } from '../../agent/backtest/picture/page.ts';
import { reportOn } from '../../agent/backtest/report.ts';
import { needs } from '../fixtures/programs.ts';
import { seededShots, threshold } from '../unit/backtest-support.ts';

const model = { name: 'diecast-defect', version: '1.0.0', hash: 'a'.repeat(64) };

function pageText(): string {
  const start = Date.parse('2026-01-05T08:00+09:00');
  const shots = seededShots(21, 3000, 0.06, (row) => ({
    mold: ['8412', '8573', '알루미늄 하우징 좌측 2차 금형'][row % 3] ?? null,
    wallMs: start + row * 60_000 + (row > 1500 ? 9e7 : 0),
  }));
  const report = reportOn(shots, {
    ...{ model, threshold, windows: 'day', trainedOn: 'plant 2, 2025' },
    prices: { miss: 30_000, falseAlarm: 1500, inspect: 300 },
    repeats: { identical: 3, sharedInputs: 12, otherLabel: 4 },
    alerts: alertFigures(shots, [], 10),
    against: compare({ shots, threshold }, { shots, threshold, model }),
  });
  return pageOf({ report, shots }, '다이캐스팅 2026-01.csv');
}

describe('the page of a backtest', () => {
  needs('chromium');
  let browser: Browser | null = null;
  let url = '';
  const asked: string[] = [];

  beforeAll(async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'ppuri-page-')), 'page.html');
    await writeFile(file, pageText());
    url = pathToFileURL(file).href;
    browser = await chromium
      .launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
      .catch(() => null);
  });
  afterAll(async () => browser?.close());

  async function open(width: number): Promise<Page> {
    if (browser === null) throw new Error('chromium did not start');
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => asked.push(message.text()));
    await page.goto(url);
    return page;
  }

  test.each([1280, 420])(
    'at a width of %i fetches nothing and lets no words out of their place',
    async (width) => {
      asked.length = 0;
      const page = await open(width);
      expect(asked).toEqual([url]);
      const seen = await page.evaluate(`(() => {
      const words = [...document.querySelectorAll('svg text')].map((node) => {
        const { x, y, width, height } = node.getBBox();
        return { text: node.textContent, x, y, right: x + width, bottom: y + height };
      });
      const meet = (a, b) =>
        a !== b && a.x < b.right && b.x < a.right && a.y + 2 < b.bottom && b.y + 2 < a.bottom;
      return {
        out: words.filter(({ x, right }) => x < 0 || right > 1000),
        over: words.filter((a) => words.some((b) => meet(a, b))),
        scroll: document.documentElement.scrollWidth,
      };
    })()`);
      expect(seen).toEqual({ out: [], over: [], scroll: width });
    },
  );

  test('prints on A4', async () => {
    const page = await open(1280);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    const boxes = [...pdf.matchAll(/\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/g)];
    expect(boxes.length).toBeGreaterThan(0);
    for (const [, width, height] of boxes) {
      expect(Number(width)).toBeCloseTo(595, -0.5);
      expect(Number(height)).toBeCloseTo(842, -0.5);
    }
  });
});
