/** Who looks and how the screen looks: roles, kiosk, first user, language, brightness; by a stand-in. */
import { expect, test } from 'vitest';
import { windows } from './browser.ts';
import { plantOf } from './plant.ts';
import { refusal } from './stand-in.ts';

const { open } = windows();
const plant = plantOf({ machines: 5 });

test('the first user of a gateway is made with the code; a wrong one is told in words', async () => {
  const { panel, page } = await open(plant, {}, '', (made) => {
    made.me = { visitor: null, claimable: true, token: null };
    made.answer = () => refusal(401, '등록 코드가 맞지 않습니다.', 'Wrong code.');
  });
  await page.getByLabel('등록 코드').fill('ABCD2345');
  await page.getByLabel('이름').fill('이과장');
  await page.getByLabel('비밀번호').fill('long enough words');
  await page.getByRole('button', { name: '등록' }).click();
  expect(await page.getByText('등록 코드가 맞지 않습니다.').getAttribute('role')).toBe('alert');
  panel.answer = () => {
    panel.me = {
      visitor: { name: '이과장', role: 'admin', kiosk: false },
      claimable: false,
      token: 't',
    };
    return { status: 200, body: {} };
  };
  await page.getByRole('button', { name: '등록' }).click();
  await page.getByRole('button', { name: '로그아웃' }).waitFor();
  expect(panel.posts[1]).toMatchObject({
    path: '/api/claim',
    body: { code: 'ABCD2345', name: '이과장', password: 'long enough words' },
  });
});

test('a kiosk may acknowledge and nothing else; a viewer may do nothing', async () => {
  const kiosk = await open(plant, {}, '#/machine/dc-01', (made) => {
    made.me = {
      visitor: { name: '현장', role: 'viewer', kiosk: true },
      claimable: false,
      token: 't',
    };
  });
  await kiosk.page.getByRole('button', { name: /^확인/ }).waitFor();
  // It is no view-only person: it acknowledges.
  expect(await kiosk.page.locator('header .who').textContent()).toBe('현장현장 모니터');
  for (const word of [/^보류/, /^오경보/, /^양품:/, /^불량:/])
    expect(await kiosk.page.getByRole('button', { name: word }).count()).toBe(0);
  const viewer = await open(plant, {}, '#/machine/dc-01', (made) => {
    made.me = {
      visitor: { name: '손님', role: 'viewer', kiosk: false },
      claimable: false,
      token: 't',
    };
  });
  await viewer.page.getByRole('article').first().waitFor();
  for (const word of [/^확인/, /^보류/, /^오경보/, /^양품:/])
    expect(await viewer.page.getByRole('button', { name: word }).count()).toBe(0);
});

test('the language is switched with one tap, for the whole page, and remembered', async () => {
  const { page } = await open(plant);
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: '1호기 shrinkage porosity risk' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  await page.reload();
  await page.getByRole('button', { name: '한국어' }).waitFor();
  const texts = (await page.locator('#app').textContent()) ?? '';
  // Names of machines and people stay as they were given.
  const korean = texts.replace(/\d+호기|사출|김반장|한국어/g, '').match(/[가-힣]+/g);
  expect(korean).toBeNull();
});

test('a screen that has not chosen speaks the gateway’s language', async () => {
  const { page } = await open({ ...plant, locale: 'en' });
  await page.getByRole('link', { name: 'Overview' }).waitFor();
});

test('brightness follows the system until somebody chooses, and the choice is remembered', async () => {
  const { page } = await open(plant, { theme: 'dark' });
  const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  await page.getByRole('article').first().waitFor();
  await expect.poll(ground).toBe('rgb(22, 25, 28)');
  await page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(ground).toBe('rgb(211, 214, 217)');
  await page.getByRole('button', { name: '화면 밝기: 자동' }).click();
  await page.getByRole('button', { name: '화면 밝기: 밝게' }).click();
  await page.getByRole('button', { name: '화면 밝기: 어둡게' }).waitFor();
  await expect.poll(ground).toBe('rgb(22, 25, 28)');
  await page.reload();
  await page.getByRole('article').first().waitFor();
  await expect.poll(ground).toBe('rgb(22, 25, 28)');
});

test('history and quality show what people did and each share with its base', async () => {
  const { page } = await open(plant, {}, '#/history');
  await page.getByRole('cell', { name: '알림 확인' }).waitFor();
  await page.getByRole('cell', { name: '로그인 실패' }).waitFor();
  await page.getByRole('link', { name: '판정 품질' }).click();
  await page.getByRole('cell', { name: '7.6 % (9/118, 4.1~13.9 %)' }).first().waitFor();
  await page.getByRole('cell', { name: '의심 샷만' }).waitFor();
  // Shots without a verdict (no mold is known of them) make no row.
  expect(await page.getByRole('cell', { name: '0 / 0' }).count()).toBe(0);
});
