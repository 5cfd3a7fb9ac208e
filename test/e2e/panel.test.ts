/** The panel in a real browser before the whole program, which reads a simulated machine. */
import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { AlertRow } from '../../agent/store/alert-queries.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { freePort } from '../fixtures/free-port.ts';
import { needs } from '../fixtures/programs.ts';
import { groupMembers, run, type Started, start } from './program.ts';

needs('chromium');

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
});
afterAll(() => browser.close());

interface Site {
  readonly file: string;
  readonly agent: Started;
  readonly simulator: Started;
  readonly page: Page;
}

/** The simulator's first cause of defects sets in before its tenth shot. */
async function site(): Promise<Site> {
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-panel-'));
  const simulator = start([
    ...['simulate', 'die-casting-cold-chamber', '--speed', '30', '--seed', '7', '--json'],
  ]);
  const { port } = JSON.parse(await simulator.line(/"listening"/)).listening;
  const file = join(dir, 'ppuri.yaml');
  await writeFile(
    file,
    `gateway: { id: gw-1, clock: trusted }
buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${port} } }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press } }
    model: diecast-defect
    deadlineMs: 1000
    hardLimitMs: 3000
panel: { listen: "127.0.0.1:${await freePort()}" }
store: { path: ${join(dir, 'store')} }
`,
  );
  const agent = start(['run', '-c', file], dir);
  const context = await browser.newContext({ viewport: { width: 1024, height: 600 } });
  onTestFinished(async () => {
    await context.close();
    agent.process.kill('SIGCONT');
    agent.process.kill('SIGTERM');
    await agent.finished;
    simulator.process.kill('SIGTERM');
    await simulator.finished;
  });
  const [url = ''] = /http:\/\/[\d.]+:\d+/.exec(await agent.line(/"panel-listening"/)) ?? [];
  const page = await context.newPage();
  await page.goto(url);
  return { file, agent, simulator, page };
}

/** The defect that the simulator's first fault leads to: values drift before the first bad part. */
async function truthOf({ simulator }: Site): Promise<string> {
  return JSON.parse(await simulator.line(/^\{"shot".*"cause":"/)).shot.cause;
}

function keepOf(agent: Started): number {
  const found = groupMembers(agent.process.pid ?? 0).find((pid) =>
    readFileSync(`/proc/${pid}/environ`, 'utf8').includes('PPURI_ROLE=keep'),
  );
  if (found === undefined) throw new Error('the agent has no keep child');
  return found;
}

const alertCard = ({ page }: Site) =>
  page.getByRole('article').filter({ hasText: '3호기' }).first();

test('a fault shows with its cause, action and shots; it is acknowledged, put off and labelled', async () => {
  const where = await site();
  const { page, file } = where;
  await alertCard(where).waitFor({ timeout: 120_000 });
  const text = (await alertCard(where).textContent()) ?? '';
  const defect = loadProfile('die-casting-cold-chamber').defects[await truthOf(where)];
  expect(text).toContain(`${defect?.title.ko} 위험`);
  expect(text).toContain(defect?.action.ko);

  await alertCard(where).getByRole('button', { name: /확인/ }).click();
  await page
    .getByText(/현장 화면.*확인|확인.*현장 화면/)
    .first()
    .waitFor();

  await page
    .getByRole('link', { name: /^3호기/ })
    .first()
    .click();
  await page.getByRole('button', { name: '보류', exact: true }).first().click();
  await page.getByRole('dialog').getByText('금형 교체·세팅 중').click();
  await page.getByRole('dialog').getByRole('button', { name: '30분' }).click();
  await page.getByRole('button', { name: /^보류 해제/ }).waitFor();

  await page.getByRole('button', { name: '이전 샷' }).click();
  await page.getByRole('button', { name: /^양품: / }).click();
  await page
    .getByText(/접수됨|양품/)
    .first()
    .waitFor();

  await expect
    .poll(async () => JSON.parse((await run(['label', 'list', '-c', file, '--json'])).stdout), {
      timeout: 30_000,
    })
    .toMatchObject({ labels: [{ machine: 'dc-03', result: 'ok', who: '현장 화면' }] });
  const { alerts } = JSON.parse((await run(['alerts', '-c', file, '--all', '--json'])).stdout);
  const handled = alerts.map(({ handling }: AlertRow) => handling);
  const screen = { who: '현장 화면' };
  expect(handled).toContainEqual(
    expect.objectContaining({ acknowledged: expect.objectContaining(screen) }),
  );
  const shelved = expect.objectContaining({ ...screen, reason: '금형 교체·세팅 중' });
  expect(handled).toContainEqual(expect.objectContaining({ shelved }));

  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('button', { name: /한국어/ }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
}, 300_000);

test('a killed keep is found again by the page; a loop that stands is said loudly', async () => {
  const where = await site();
  const { page, agent } = where;
  await page
    .getByRole('link', { name: /^3호기/ })
    .first()
    .waitFor();
  process.kill(keepOf(agent), 'SIGKILL');
  await page.locator('.banner').waitFor({ timeout: 30_000 });
  await page.locator('.banner').waitFor({ state: 'detached', timeout: 60_000 });

  process.kill(agent.process.pid ?? 0, 'SIGSTOP');
  await page.getByText('판정이 멈췄습니다.', { exact: false }).waitFor({ timeout: 30_000 });
  process.kill(agent.process.pid ?? 0, 'SIGCONT');
  await page.locator('.banner').waitFor({ state: 'detached', timeout: 60_000 });
}, 300_000);
