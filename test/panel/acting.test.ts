/** What a tap sends, and what the page says while it runs and when it fails; a stand-in answers. */
import { expect, test } from 'vitest';
import { windows } from './browser.ts';
import { alertOf, now, plantOf } from './plant.ts';
import { pastStops, standing, withStop } from './production.ts';
import { type Reply, refusal } from './stand-in.ts';

const { open } = windows();
const plant = plantOf({ machines: 5 });
const id = plant.alerts[0]?.id ?? '';
const machinePath = '#/machine/dc-01';

test('acknowledging sends the alert and the token, and is seen to be on its way', async () => {
  const { panel, page } = await open(plant);
  const { promise, resolve } = Promise.withResolvers<Reply>();
  panel.answer = () => promise;
  const button = page.getByRole('article').first().getByRole('button');
  await button.click();
  await page.getByRole('button', { name: '처리 중…' }).waitFor();
  expect(await button.getAttribute('aria-disabled')).toBe('true');
  await button.click({ force: true });
  resolve({ status: 200, body: {} });
  await page.getByRole('button', { name: '접수됨' }).waitFor();
  expect(panel.posts).toEqual([
    { path: '/api/alerts/acknowledge', body: { id }, token: 'token-1' },
  ]);
});

test('shelving asks why and for how long', async () => {
  const { panel, page } = await open(plant, {}, machinePath);
  await page.getByRole('button', { name: '보류', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('금형 교체·세팅 중').click();
  await dialog.getByRole('button', { name: '30분' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(panel.posts.map(({ path, body }) => ({ path, body }))).toEqual([
    { path: '/api/alerts/shelve', body: { id, minutes: 30, reason: '금형 교체·세팅 중' } },
  ]);
});

test('a false alarm and the end of shelving are sent', async () => {
  const shelf = { who: '김반장', wallMs: plant.sentWallMs, reason: '조치 중', leftMs: 60_000 };
  const alert = alertOf({
    machine: 'dc-01',
    machineName: '1호기',
    handling: { attention: 'shelved', shelved: shelf },
  });
  const { panel, page } = await open({ ...plant, alerts: [alert] }, {}, machinePath);
  await page.getByRole('button', { name: /^오경보/ }).click();
  await page.getByRole('button', { name: /^보류 해제/ }).click();
  await expect
    .poll(() => panel.posts.map(({ path, body }) => [path, body]))
    .toEqual([
      ['/api/alerts/false', { id: alert.id }],
      ['/api/alerts/unshelve', { id: alert.id }],
    ]);
});

test('a shot of one part is called good with one tap, or a defect of a type with two', async () => {
  const { panel, page } = await open(plant, {}, machinePath);
  await page.getByRole('button', { name: '이전 샷' }).click();
  await page.getByRole('button', { name: '양품: 1222번' }).click();
  await page.getByRole('button', { name: '불량: 1222번' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '기포' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const shot = { boot: 'boot-a', seq: 5058, part: '' };
  expect(panel.posts.map(({ path, body }) => ({ path, body }))).toEqual([
    { path: '/api/labels', body: { ...shot, result: 'ok', type: null } },
    { path: '/api/labels', body: { ...shot, result: 'defect', type: 'gas-porosity' } },
  ]);
});

test('with several parts a defect is of one part or of all', async () => {
  const { panel, page } = await open(plant, {}, machinePath, (made) => {
    made.parts = ['1번 캐비티', '2번 캐비티'];
  });
  await page.getByRole('button', { name: /^불량: / }).click();
  await page.getByRole('dialog').getByText('2번 캐비티').click();
  await page.getByRole('dialog').getByRole('button', { name: '유형 모름' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /^양품: / }).click();
  await page.getByRole('dialog').getByRole('button', { name: '등록' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(panel.posts.map(({ body }) => body)).toMatchObject([
    { part: '2번 캐비티', result: 'defect', type: null },
    { part: '1번 캐비티', result: 'ok' },
    { part: '2번 캐비티', result: 'ok' },
  ]);
});

test('the part that was not taken is named', async () => {
  const { panel, page } = await open(plant, {}, machinePath, (made) => {
    made.parts = ['A', 'B'];
  });
  panel.answer = ({ body }) =>
    (body as { part: string }).part === 'B'
      ? refusal(503, '저장소가 가득 찼습니다.', 'The store is full.')
      : { status: 200, body: {} };
  await page.getByRole('button', { name: /^양품: / }).click();
  await page.getByRole('dialog').getByRole('button', { name: '등록' }).click();
  const failure = page.getByRole('dialog').getByRole('alert');
  expect(await failure.textContent()).toBe('등록되지 않은 제품: B. 저장소가 가득 찼습니다.');
});

test('a tap just after the shot changed by itself labels nothing', async () => {
  const { panel, page } = await open(plant, {}, machinePath);
  await page.getByRole('heading', { name: /선택 샷 1223번/ }).waitFor();
  // In the page, so that nothing lies between the change and the tap.
  const said = await page.evaluate<string>(`(async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const found = async (look) => {
      for (;;) {
        await frame();
        const it = look();
        if (it !== null && document.querySelector('h1').textContent === '2호기') return it;
      }
    };
    location.hash = '#/machine/dc-02';
    (await found(() => document.querySelector('.labelling button'))).click();
    return (await found(() => document.querySelector('.labelling .failure'))).textContent;
  })()`);
  expect(said).toContain('방금 새 샷으로 바뀌었습니다');
  expect(panel.posts).toEqual([]);
});

test('a refusal stands beside its button in words, and the button works again', async () => {
  const { panel, page } = await open(plant);
  panel.answer = () => refusal(409, '이미 해제된 알림입니다.', 'This alert was cleared.');
  const article = page.getByRole('article').first();
  await article.getByRole('button').click();
  await article.getByRole('alert').waitFor();
  expect(await article.getByRole('alert').textContent()).toBe('이미 해제된 알림입니다.');
  panel.answer = () => ({ status: 200, body: {} });
  await article.getByRole('button').click();
  await article.getByRole('button', { name: '접수됨' }).waitFor();
  expect(panel.posts).toHaveLength(2);
});

test('a tap while the server is gone says that nothing was done', async () => {
  const { panel, page } = await open(plant);
  const article = page.getByRole('article').first();
  await article.waitFor();
  await panel.stop();
  await article.getByRole('button').click();
  expect(await article.getByRole('alert').textContent()).toContain('처리되지 않았습니다');
});

test('an old token is asked for anew and the tap sent once more', async () => {
  const { panel, page } = await open(plant);
  await page.getByRole('article').first().waitFor();
  panel.me = { ...panel.me, token: 'token-2' };
  panel.answer = ({ token }) =>
    token === 'token-2' ? { status: 200, body: {} } : refusal(403, '거부됨', 'refused');
  await page.getByRole('article').first().getByRole('button').click();
  await page.getByRole('button', { name: '접수됨' }).waitFor();
  expect(panel.posts.map(({ token }) => token)).toEqual(['token-1', 'token-2']);
});

test('the buzzer is silenced from the overview', async () => {
  const { panel, page } = await open({ ...plant, buzzer: 'sounding' });
  await page.getByRole('button', { name: '부저 정지' }).click();
  await expect.poll(() => panel.posts.map(({ path }) => path)).toEqual(['/api/buzzer/silence']);
});

test('why a machine stands is said with one tap, and said otherwise later', async () => {
  const stop = standing(now);
  const { panel, page } = await open(withStop(plant, 'dc-02', stop), {}, '#/machine/dc-02');
  await page.getByRole('heading', { name: '비가동 6분' }).waitFor();
  await page.getByRole('button', { name: /^자재대기/ }).click();
  await expect
    .poll(() => panel.posts.map(({ path, body }) => [path, body]))
    .toEqual([['/api/stops/reason', { id: 'b00t-12', code: 'material' }]]);
  // The agent tells it to all screens; the buttons give way to who said it.
  const said = { code: 'material', title: { ko: '자재대기', en: '' }, who: '김반장' };
  panel.push(withStop(plant, 'dc-02', { ...stop, reason: said }));
  await page.getByRole('heading', { name: '자재대기 (김반장)' }).waitFor();
  await page.getByRole('button', { name: '사유 변경', exact: true }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^설비고장/ })
    .click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(panel.posts.at(-1)?.body).toEqual({ id: 'b00t-12', code: 'breakdown' });
});

test('a stop that is over is explained late', async () => {
  const { panel, page } = await open(plant, {}, '#/machine/dc-02');
  await page.getByText('사유 미입력 비가동 1건').click();
  await page.getByRole('button', { name: /^사유 미입력: / }).click();
  await page.getByRole('dialog').getByRole('button', { name: /^청소/ }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(panel.posts.map(({ body }) => body)).toEqual([
    { id: pastStops(now).at(-1)?.id, code: 'cleaning' },
  ]);
});
