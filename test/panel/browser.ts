/** Debian's chromium, once for a test file; each test gets a window of its own. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Overview } from '../../agent/panel/contract.ts';
import { needs } from '../fixtures/programs.ts';
import { StandIn } from './stand-in.ts';

export const sizes = { small: { width: 1024, height: 600 }, large: { width: 1440, height: 900 } };

export interface Look {
  readonly language?: 'ko' | 'en';
  readonly theme?: 'light' | 'dark';
  readonly size?: keyof typeof sizes;
}

export interface Opened {
  readonly panel: StandIn;
  readonly page: Page;
}

/** Console errors and requests to elsewhere, by page; a test ends with none. */
const complaints = new WeakMap<Page, string[]>();
export const complaintsOf = (page: Page): readonly string[] => complaints.get(page) ?? [];

export interface Windows {
  open(
    overview: Overview,
    look?: Look,
    path?: string,
    prepare?: (panel: StandIn) => void,
  ): Promise<Opened>;
}

function listen(page: Page, panel: StandIn): void {
  const found: string[] = [];
  complaints.set(page, found);
  page.on('pageerror', (error) => found.push(error.message));
  page.on('console', (message) => {
    // Refused requests are what some tests are about; the policy's refusals never are.
    if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text()))
      found.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(panel.url) && !request.url().startsWith('data:'))
      found.push(`asked elsewhere: ${request.url()}`);
  });
}

function contextOf({ theme = 'light', size = 'small' }: Look): BrowserContextOptions {
  return {
    viewport: sizes[size],
    colorScheme: theme,
    timezoneId: 'Asia/Seoul',
    locale: 'ko-KR',
    reducedMotion: 'reduce',
  };
}

export function windows(): Windows {
  needs('chromium');
  let browser: Browser | null = null;
  const ends: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    browser = await chromium
      .launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
      .catch(() => null);
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });
  afterAll(async () => browser?.close());
  return {
    open: async (overview, look = {}, path = '', prepare) => {
      if (browser === null) throw new Error('chromium did not start');
      const panel = new StandIn(overview);
      prepare?.(panel);
      await panel.start();
      const context = await browser.newContext(contextOf(look));
      ends.push(async () => {
        await context.close();
        await panel.close();
      });
      const { language } = look;
      if (language !== undefined)
        await context.addInitScript(
          (value) => localStorage.setItem('ppuri.language', value),
          language,
        );
      const page = await context.newPage();
      listen(page, panel);
      await page.goto(panel.url + path);
      return { panel, page };
    },
  };
}
