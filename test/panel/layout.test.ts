/** Everything fits, at both sizes, in both languages, with few and many machines; a stand-in's data. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { type Look, sizes, windows } from './browser.ts';
import { now, plantOf } from './plant.ts';
import { standing, withStop } from './production.ts';

const { open } = windows();
const pictures = fileURLToPath(new URL('../../artifacts/panel/', import.meta.url));
beforeAll(() => mkdirSync(pictures, { recursive: true }));

interface Found {
  readonly clipped: readonly string[];
  readonly small: readonly string[];
  readonly overlapping: readonly string[];
  readonly outside: readonly string[];
  readonly buttons: readonly string[];
  /** Words that go on in the next line. */
  readonly broken: readonly string[];
  readonly big: readonly number[];
}

/** Runs in the page. Texts that are only for screen readers are left out. */
const measure = `(touch) => {
  const name = (it) => it.tagName + '.' + it.className + ' ' + it.textContent.trim().slice(0, 30);
  const shown = [...document.querySelectorAll('#app *')].filter(
    (it) => it.getClientRects().length > 0 && it.closest('.unseen, .skip, svg, .chart') === null);
  const texts = shown.filter((it) => [...it.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim() !== ''));
  // An inline text has no box of its own: what holds it is asked.
  const boxed = (it) => getComputedStyle(it).display === 'inline' ? boxed(it.parentElement) : it;
  const clipped = [...new Set(texts.map(boxed))].filter((it) => {
    const style = getComputedStyle(it);
    return it.scrollWidth > it.clientWidth + 1 ||
      (style.overflowY !== 'auto' && it.scrollHeight > it.clientHeight + 6);
  }).map(name);
  const small = texts.filter((it) => parseFloat(getComputedStyle(it).fontSize) < 16).map(name);
  const rects = [...document.querySelectorAll('.tile, .alert, footer, header')].map((it) => [it, it.getBoundingClientRect()]);
  const meets = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const overlapping = [];
  const scrolled = (it) => it.classList.contains('alert');
  rects.forEach(([a, ra], i) => rects.slice(i + 1).forEach(([b, rb]) => {
    // What is scrolled out of sight lies beneath the bar and is cut off there.
    if ((scrolled(a) && b.tagName === 'FOOTER') || (scrolled(b) && a.tagName === 'FOOTER')) return;
    if (meets(ra, rb)) overlapping.push(name(a) + ' / ' + name(b));
  }));
  const bottom = document.querySelector('footer').getBoundingClientRect().top;
  const first = document.querySelector('.alerts .alert');
  const must = [...document.querySelectorAll('.tile'), ...(first === null ? [] : [first])];
  const outside = must.filter((it) => {
    const r = it.getBoundingClientRect();
    return r.bottom > bottom + 1 || r.right > innerWidth + 1;
  }).map(name);
  const buttons = shown.filter((it) => it.matches('.touch:not(summary):not(.step)')).filter((it) => {
    const r = it.getBoundingClientRect();
    return r.width < touch || r.height < touch;
  }).map(name);
  const broken = [];
  for (const it of document.querySelectorAll('.tile span, .level span, .touch, h1, h2, h3, header a, header button, th')) {
    for (const node of it.childNodes) {
      if (node.nodeType !== 3 || it.closest('.unseen') !== null) continue;
      for (const { index, 0: word } of node.textContent.matchAll(/[^\\s·,-]+/g)) {
        const range = new Range();
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        if (new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size > 1) broken.push(word);
      }
    }
  }
  const big = [...document.querySelectorAll('.tile .name, .tile .state, .machine-title h1, .machine-title .state')]
    .map((it) => parseFloat(getComputedStyle(it).fontSize));
  return { broken, clipped, small, overlapping, outside, buttons, big };
}`;

/** 12 mm: 80 px at 170 to the inch of a 7-inch screen; larger screens are coarser or farther. */
const touchPx = { small: 80, large: 72 };

async function expectFits(page: Page, size: keyof typeof sizes): Promise<void> {
  const found = await page.evaluate<Found>(`(${measure})(${touchPx[size]})`);
  expect(found).toMatchObject({
    clipped: [],
    small: [],
    overlapping: [],
    outside: [],
    buttons: [],
    broken: [],
  });
  expect(found.big.length).toBeGreaterThan(0);
  expect(Math.min(...found.big)).toBeGreaterThanOrEqual(28);
  const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  expect(wide).toBeLessThanOrEqual(0);
}

const looks = (['small', 'large'] as const).flatMap((size) =>
  (['ko', 'en'] as const).flatMap((language) =>
    (['light', 'dark'] as const).map((theme) => ({ size, language, theme })),
  ),
);
const picture = ({ size = 'small', language, theme }: Look, page: string): string => {
  const { width, height } = sizes[size];
  return `${pictures}${page}-${width}x${height}-${language}-${theme}.png`;
};

test.each(looks)(
  'the overview fits with 3, 5 and 10 machines: $size $language $theme',
  async (look) => {
    const { panel, page } = await open(plantOf({ machines: 3 }), look);
    for (const machines of [3, 5, 10]) {
      for (const long of [false, true]) {
        panel.push(plantOf({ machines, long }));
        const last = page.locator('.tile').nth(machines - 1);
        await last.filter({ hasText: long ? /사출성형|다이캐스팅/ : /\d+호기/ }).waitFor();
        await expectFits(page, look.size);
        await page.screenshot({
          path: picture(look, `overview-${machines}${long ? '-long' : ''}`),
        });
      }
    }
  },
);

test.each(looks)('the page of a machine fits: $size $language $theme', async (look) => {
  for (const long of [false, true]) {
    const { page } = await open(plantOf({ machines: 5, long }), look, '#/machine/dc-01');
    await page.locator('canvas').first().waitFor();
    await expectFits(page, look.size);
    // What is acted with is seen without scrolling.
    const hidden = await page.evaluate<number>(
      "[...document.querySelectorAll('.acting .touch')].filter((it) => it.getBoundingClientRect().bottom > document.querySelector('footer').getBoundingClientRect().top).length",
    );
    expect(hidden).toBe(0);
    await page.screenshot({ path: picture(look, `machine${long ? '-long' : ''}`) });
  }
});

test.each(looks)('a machine that stands asks why: $size $language $theme', async (look) => {
  const plant = withStop(plantOf({ machines: 5 }), 'dc-02', standing(now));
  const { page } = await open(plant, look, '#/machine/dc-02');
  await page.locator('.standing .reasons').waitFor();
  await expectFits(page, look.size);
  const reasons = page.locator('.standing .reasons .touch');
  expect(await reasons.count()).toBe(8);
  const bar = (await page.locator('footer').boundingBox())?.y ?? 0;
  for (const reason of await reasons.all()) {
    const { y = 0, height = 0 } = (await reason.boundingBox()) ?? {};
    expect(y + height).toBeLessThanOrEqual(bar);
  }
  await page.screenshot({ path: picture(look, 'machine-standing') });
  for (const more of await page.locator('.trends summary').all()) await more.click();
  await expectFits(page, look.size);
  await page.screenshot({ path: picture(look, 'machine-standing-open') });
});

test('a machine that is not reached and has a warning fits too', async () => {
  const look = { size: 'small', language: 'ko', theme: 'light' } as const;
  const plant = plantOf({ machines: 10, long: true });
  const machines = plant.machines.map((it) => ({ ...it, link: 'lost' as const }));
  const { page } = await open({ ...plant, machines }, look);
  await page.getByRole('article').first().waitFor();
  await expectFits(page, 'small');
  await page.screenshot({ path: picture(look, 'warned-and-lost') });
});

const longest = '신관 2공장 다이캐스팅 650톤 콜드체임버 자동화 라인 12호기(예비 금형 시험용)';
/** A small screen, a phone, and 1024 by 600 at 200 %. */
const narrow = [
  { width: 800, height: 480 },
  { width: 390, height: 844 },
  { width: 512, height: 300 },
];

test.each(narrow)('a long name takes two lines at $width by $height', async (size) => {
  const plant = plantOf({ machines: 3 });
  const alerts = plant.alerts.map((alert) => ({ ...alert, machineName: longest }));
  const machines = plant.machines.map((it) => ({ ...it, name: longest }));
  const { panel, page } = await open(plant, { language: 'ko' });
  await page.setViewportSize(size);
  const alert = page.getByRole('article').first();
  await alert.waitFor();
  const heights = (of: string) =>
    page.evaluate<number[]>(
      `[...document.querySelectorAll('${of}')].map((it) => it.getBoundingClientRect().height)`,
    );
  const [line = 0] = await heights('.tile .name');
  panel.push({ ...plant, machines, alerts });
  const name = page.locator('.tile .name').first();
  await name.filter({ hasText: longest }).waitFor();
  expect(await name.getAttribute('title')).toBe(longest);
  for (const height of await heights('.tile .name')) expect(height).toBeLessThan(line * 2.5);
  // What is wrong is read whole: the name alone is cut.
  const heading = alert.getByRole('heading');
  expect(await heading.textContent()).toBe(`${longest} 수축공 위험`);
  const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  expect(wide).toBeLessThanOrEqual(0);
  if (size.width === 800) {
    const [top, footer] = [await alert.boundingBox(), await page.locator('footer').boundingBox()];
    expect((top?.y ?? 0) + (top?.height ?? 0)).toBeLessThanOrEqual(footer?.y ?? 0);
  }
  for (const height of await heights('header .place > *')) expect(height).toBeLessThan(40);
  // The line under the page one is on lies beneath its name.
  const beneath = await page.evaluate<number>(`(() => {
    const link = document.querySelector('header [aria-current]');
    const range = new Range();
    range.selectNodeContents(link);
    return link.getBoundingClientRect().bottom - range.getBoundingClientRect().bottom;
  })()`);
  expect(beneath).toBeGreaterThanOrEqual(5);
  await page.screenshot({ path: `${pictures}long-name-${size.width}x${size.height}.png` });
});

test('old data fits and is pictured', async () => {
  const look = { size: 'small', language: 'ko', theme: 'light' } as const;
  const { panel, page } = await open(plantOf({ machines: 5 }), look);
  await page.getByRole('article').first().waitFor();
  panel.push({ ...panel.overview, loopSilentMs: 42_000 });
  await page.locator('.banner').waitFor();
  await expectFits(page, 'small');
  await page.screenshot({ path: picture(look, 'old-data') });
});
