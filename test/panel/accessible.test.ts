/** Usable without a mouse and without eyes: keyboard, and axe-core on each page, of a stand-in's data. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { type Look, windows } from './browser.ts';
import { now, plantOf } from './plant.ts';
import { standing, withStop } from './production.ts';
import type { StandIn } from './stand-in.ts';

const { open } = windows();
const plant = plantOf({ machines: 5 });
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical findings, each with where it is. */
async function findings(page: Page): Promise<readonly string[]> {
  // Given by the debugger, not the page, so that the page's policy stays as it is.
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    );
}

interface Place {
  readonly name: string;
  readonly path: string;
  readonly prepare?: (panel: StandIn) => void;
  readonly reach: (page: Page, panel: StandIn) => Promise<unknown>;
}

const signedOut = (claimable: boolean) => (panel: StandIn) => {
  panel.me = { visitor: null, claimable, token: null };
};
const article = (page: Page) => page.getByRole('article').first().waitFor();

const places: readonly Place[] = [
  { name: 'overview', path: '', reach: article },
  {
    name: 'machine',
    path: '#/machine/dc-01',
    reach: (page) => page.locator('canvas').first().waitFor(),
  },
  {
    name: 'shelving',
    path: '#/machine/dc-01',
    reach: async (page) => {
      await page.locator('.alert.full .touch.plain').first().click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'standing',
    path: '#/machine/dc-02',
    prepare: (panel) => {
      panel.overview = withStop(plant, 'dc-02', standing(now));
    },
    reach: async (page) => {
      await page.locator('.standing .reasons').waitFor();
      for (const more of await page.locator('.trends summary').all()) await more.click();
    },
  },
  { name: 'history', path: '#/history', reach: (page) => page.getByRole('cell').first().waitFor() },
  { name: 'quality', path: '#/quality', reach: (page) => page.getByRole('cell').first().waitFor() },
  {
    name: 'old data',
    path: '',
    reach: async (page, panel) => {
      await article(page);
      panel.push({ ...plant, loopSilentMs: 60_000 });
      await page.locator('.banner').waitFor();
    },
  },
  {
    name: 'login',
    path: '',
    prepare: signedOut(false),
    reach: (page) => page.locator('form').waitFor(),
  },
  {
    name: 'claim',
    path: '',
    prepare: signedOut(true),
    reach: (page) => page.locator('form').waitFor(),
  },
];

const looks: readonly Look[] = (['ko', 'en'] as const).flatMap((language) =>
  (['light', 'dark'] as const).map((theme) => ({ language, theme })),
);

describe.each(looks)('axe-core has nothing serious against a page in $language, $theme', (look) => {
  test.each(places)('$name', async ({ path, prepare, reach }) => {
    const { panel, page } = await open(plant, look, path, prepare);
    await reach(page, panel);
    expect(await findings(page)).toEqual([]);
  });
});

const focused = (page: Page, what: string): Promise<string | null> =>
  page.evaluate<string | null>(`document.activeElement?.${what} ?? null`);

test('the tiles are one stop of Tab, arrows walk them, Enter opens the machine', async () => {
  const { page } = await open(plantOf({ machines: 10 }));
  await page.locator('.tile').first().focus();
  const at = () => focused(page, "getAttribute('data-machine')");
  for (const [key, machine] of [
    ['ArrowRight', 'dc-02'],
    ['ArrowDown', 'dc-07'],
    ['ArrowLeft', 'dc-06'],
    ['ArrowUp', 'dc-01'],
    ['ArrowUp', 'dc-01'],
  ]) {
    await page.keyboard.press(key ?? '');
    expect(await at()).toBe(machine);
  }
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  expect(await at()).toBeNull();
  await page.keyboard.press('Shift+Tab');
  expect(await at()).toBe('dc-06');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: '사출 6호기' }).waitFor();
});

test('an alert is acknowledged and shelved by keyboard alone, and focus comes back', async () => {
  const { panel, page } = await open(plant, {}, '#/machine/dc-01');
  await page.getByRole('button', { name: /^확인/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '접수됨' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await focused(page, 'textContent')).toBe('보류');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(panel.posts).toMatchObject([
    { path: '/api/alerts/acknowledge' },
    { path: '/api/alerts/shelve', body: { minutes: 10, reason: '금형 교체·세팅 중' } },
  ]);
});

test('the focus is seen, and the first Tab leads past the bar', async () => {
  const { page } = await open(plant);
  await article(page);
  await page.keyboard.press('Tab');
  expect(await focused(page, 'textContent')).toBe('본문으로');
  await page.keyboard.press('Enter');
  expect(await focused(page, 'id')).toBe('main');
  await page.keyboard.press('Tab');
  const width = await page.evaluate<string>(
    'getComputedStyle(document.activeElement).outlineWidth',
  );
  expect(Number.parseFloat(width)).toBeGreaterThanOrEqual(3);
});

test('shots are walked with arrows, each named with its outcome', async () => {
  const { page } = await open(plant, {}, '#/machine/dc-01');
  await page.getByRole('button', { name: /^1223번/ }).focus();
  await page.keyboard.press('ArrowLeft');
  await expect
    .poll(() => focused(page, "getAttribute('aria-label')"))
    .toMatch(/^1222번 (양품|불량|판정 보류)/);
});
