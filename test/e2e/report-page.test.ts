/** The effect report in Debian's chromium: nothing fetched, nothing clipped, prints on A4. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { effectPage } from '../../agent/report/effect-page.ts';
import { effectReport } from '../../agent/report/effect-report.ts';
import { plantEvidence } from '../fixtures/effect-evidence.ts';
import { needs } from '../fixtures/programs.ts';
import { steadyEnergy, steadyPlant } from '../fixtures/simulated-effect.ts';

const molds = ['8412', '8573', '알루미늄 하우징 좌측 2차 금형, 고속 사출 조건'].map((mold) => ({
  ...{ mold, mode: null, defectRate: 0.04, share: { before: 1 / 3, after: 1 / 3 } },
}));
const clear = effectReport(
  plantEvidence(
    { ...steadyPlant, molds, factor: 0.5, shotsPerDay: 600 },
    5,
    {
      ...{ scrapKrw: 3200, kwhKrw: 145.5 },
      looks: { method: 'spending', everyDays: 7, plannedDays: 28 },
    },
    { ...steadyEnergy, factor: 0.85 },
  ),
);
const tooFew = effectReport(
  plantEvidence({ ...steadyPlant, days: { before: 6, after: 3 }, shotsPerDay: 40 }, 3),
);

describe('the page of an effect report', () => {
  needs('chromium');
  let browser: Browser | null = null;
  const asked: string[] = [];

  beforeAll(async () => {
    browser = await chromium
      .launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
      .catch(() => null);
  });
  afterAll(async () => browser?.close());

  async function open(text: string, width: number): Promise<{ page: Page; url: string }> {
    if (browser === null) throw new Error('chromium did not start');
    const file = join(await mkdtemp(join(tmpdir(), 'ppuri-report-')), 'page.html');
    await writeFile(file, text);
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    asked.length = 0;
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => asked.push(message.text()));
    const url = pathToFileURL(file).href;
    await page.goto(url);
    return { page, url };
  }

  test.each([
    ['a clear effect, Korean', effectPage(clear, 'ko'), 1120],
    ['a clear effect, English', effectPage(clear, 'en'), 1120],
    ['too few shots, Korean, narrow', effectPage(tooFew, 'ko'), 480],
  ])('of %s fetches nothing and lets no words out of their place', async (_, text, width) => {
    const { page, url } = await open(text, width);
    expect(asked).toEqual([url]);
    const seen = await page.evaluate(`(() => {
      const pictures = [...document.querySelectorAll('svg')];
      const found = { out: [], over: [] };
      for (const picture of pictures) {
        const words = [...picture.querySelectorAll('text')].map((node) => {
          const { x, y, width, height } = node.getBBox();
          return { text: node.textContent, x, y, right: x + width, bottom: y + height };
        });
        const meet = (a, b) =>
          a !== b && a.x < b.right && b.x < a.right && a.y + 3 < b.bottom && b.y + 3 < a.bottom;
        found.out.push(...words.filter(({ x, right }) => x < 0 || right > 1000));
        found.over.push(...words.filter((a) => words.some((b) => meet(a, b))));
      }
      return { ...found, pictures: pictures.length > 0, scroll: document.documentElement.scrollWidth };
    })()`);
    expect(seen).toEqual({ out: [], over: [], pictures: true, scroll: width });
  });

  test('prints on A4 with no table wider than the sheet', async () => {
    const { page } = await open(effectPage(clear, 'ko'), 703);
    await page.emulateMedia({ media: 'print' });
    // 186 mm between the margins is 703 px.
    const wide = await page.evaluate(`[...document.querySelectorAll('table, svg, .verdict')]
      .filter((node) => node.getBoundingClientRect().right > 703)
      .map((node) => node.textContent.slice(0, 40))`);
    expect(wide).toEqual([]);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    const boxes = [...pdf.matchAll(/\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/g)];
    expect(boxes.length).toBeGreaterThan(2);
    for (const [, width, height] of boxes) {
      expect(Number(width)).toBeCloseTo(595, -0.5);
      expect(Number(height)).toBeCloseTo(842, -0.5);
    }
  });
});
