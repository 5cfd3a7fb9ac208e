/** Old values are never shown as current; a stand-in falls silent, dies and comes back. */
import { expect, test } from 'vitest';
import { windows } from './browser.ts';
import { alertOf, plantOf } from './plant.ts';

const { open } = windows();
const plant = plantOf({ machines: 5 });

test('a stream that says nothing for three seconds makes the page say so and grey itself', async () => {
  const { panel, page } = await open(plant);
  const tile = page.getByRole('link', { name: /^2호기/ }).first();
  await tile.getByText('정상', { exact: true }).waitFor();
  expect(await page.locator('.banner').count()).toBe(0);
  const color = () =>
    page.evaluate<string>("getComputedStyle(document.querySelector('.tile .name')).color");
  const before = await color();
  panel.speaking = false;
  await page.getByText('데이터가 오래되었습니다 · 에이전트 응답 없음').waitFor();
  await tile.getByText('이전: 정상').waitFor();
  expect(await tile.getByText('정상', { exact: true }).count()).toBe(0);
  expect(await color()).not.toBe(before);
  panel.speaking = true;
  await page.locator('.banner').waitFor({ state: 'detached' });
  await tile.getByText('정상', { exact: true }).waitFor();
});

test('an agent whose loop is silent is not current, though the server speaks', async () => {
  const { panel, page } = await open(plant);
  await page.getByRole('article').first().waitFor();
  panel.push({ ...plant, loopSilentMs: 3400 });
  await page.getByText('판정이 멈췄습니다.', { exact: false }).waitFor();
  panel.push({ ...plant, loopSilentMs: null });
  await page.getByText('아직 받은 값 없음').waitFor();
  panel.push(plant);
  await page.locator('.banner').waitFor({ state: 'detached' });
});

test('what is no longer heard of is not said to be fine', async () => {
  const { panel, page } = await open(plant);
  const line = page.getByRole('contentinfo');
  await line.getByText('버스 정상').waitFor();
  panel.push({ ...plant, loopSilentMs: 42_000 });
  // The store and the cloud are not the loop's: they are known all the same.
  for (const part of [
    '버스 알 수 없음',
    '출력 알 수 없음',
    '저장 정상',
    '클라우드 정상',
    '샷 2,104',
  ])
    await line.getByText(part).waitFor();
  await panel.stop();
  for (const part of ['버스', '출력', '저장', '클라우드'])
    await line.getByText(`${part} 알 수 없음`).waitFor();
  expect(await line.textContent()).not.toContain('2,104');
});

test('a server that dies is missed, and found again by the page itself, with what happened since', async () => {
  const { panel, page } = await open(plant, {}, '#/machine/dc-02');
  await page.getByRole('heading', { name: '2호기' }).waitFor();
  await panel.stop();
  await page.getByText('화면과 게이트웨이의 연결이 끊겼습니다.', { exact: false }).waitFor();
  const alert = alertOf({ machine: 'dc-02', machineName: '2호기' });
  panel.overview = { ...plant, alerts: [alert, ...plant.alerts] };
  await panel.start();
  await page.locator('.banner').waitFor({ state: 'detached' });
  await page.getByRole('article').getByText('1204~1223번 선별').waitFor();
});

test('a session that ended leads to the login, and logging in leads back', async () => {
  const { panel, page } = await open(plant);
  await page.getByRole('article').first().waitFor();
  const { me } = panel;
  panel.me = { visitor: null, claimable: false, token: null };
  await panel.stop();
  await panel.start();
  await page.getByRole('heading', { name: '로그인' }).waitFor();
  expect(await page.getByRole('article').count()).toBe(0);
  panel.answer = () => {
    panel.me = me;
    return { status: 200, body: {} };
  };
  await page.getByLabel('이름').fill('김반장');
  await page.getByLabel('비밀번호').fill('secret words');
  await page.getByRole('button', { name: '로그인' }).click();
  await page.getByRole('article').first().waitFor();
  expect(panel.posts).toMatchObject([
    { path: '/api/login', body: { name: '김반장', password: 'secret words' } },
  ]);
});

test('a page that could not read its machine says so, and reads it once it can', async () => {
  const { panel, page } = await open(plant, {}, '#/machine/dc-77');
  await page.getByText('없는 설비입니다.').waitFor();
  panel.push({ ...plant, machines: [...plant.machines] });
  expect(await page.getByRole('button', { name: '양품' }).count()).toBe(0);
});

test('an address that cannot be read is a machine that is not there', async () => {
  const { page } = await open(plant, {}, '#/machine/%');
  await page.getByText('없는 설비입니다.').waitFor();
  await page.getByRole('link', { name: '현황' }).click();
  await page.getByRole('article').first().waitFor();
});

test('a screen that was left on takes the pages of a newer agent', async () => {
  const { panel, page } = await open(plant);
  await page.getByRole('article').first().waitFor();
  await page.evaluate("document.body.dataset.old = 'yes'");
  await panel.stop();
  panel.rewrite = (path, body) =>
    path === '/' ? Buffer.from(body.toString().replace('/app.js?v=', '/app.js?v=new')) : body;
  await panel.start();
  await page.locator('body:not([data-old]) .tile').first().waitFor();
});

test('a connection that comes back to the same pages keeps what is on the screen', async () => {
  const { panel, page } = await open(plant, {}, '#/machine/dc-01');
  await page.getByRole('button', { name: '이전 샷' }).click();
  await panel.stop();
  await page.locator('.banner').waitFor();
  await panel.start();
  await page.locator('.banner').waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: /선택 샷 1222번/ }).waitFor();
});
