/** The pages in Debian's chromium, before a stand-in for the server: what an operator sees. */
import { expect, test } from 'vitest';
import { complaintsOf, windows } from './browser.ts';
import { alertOf, plantOf, shotOf, untouched } from './plant.ts';

const { open } = windows();
const calm = { ...plantOf({ machines: 5 }), alerts: [] };
const quiet = {
  ...calm,
  machines: calm.machines.map((it) => ({ ...it, worst: null, openAlerts: 0 })),
};
const warned = (seconds: number) => {
  const alert = alertOf({ machine: 'dc-02', machineName: '2호기' });
  const machines = quiet.machines.map((it) =>
    it.id === 'dc-02' ? { ...it, worst: 'warning' as const, openAlerts: 1 } : it,
  );
  return { ...quiet, sentWallMs: quiet.sentWallMs + seconds * 1000, machines, alerts: [alert] };
};

test('a new alert of the stand-in shows on its tile and in the list, with action and shots', async () => {
  const { panel, page } = await open(quiet);
  await page.getByText('조치할 알림이 없습니다.').waitFor();
  panel.push(warned(1));
  const tile = page.getByRole('link', { name: /^2호기/ }).first();
  await tile.getByText('수축공 위험').waitFor();
  await tile.getByText(/^경고/).waitFor();
  const alert = page.getByRole('article').first();
  expect(await alert.getByRole('heading').textContent()).toBe('2호기 수축공 위험');
  expect(await alert.locator('.todo').textContent()).toContain('급탕량과 래들을 확인');
  expect(await alert.locator('.sort').textContent()).toBe('1204~1223번 선별');
  expect(complaintsOf(page)).toEqual([]);
});

test('a machine that is not reached says so beside the warning that stands', async () => {
  const plant = warned(0);
  const machines = plant.machines.map((it) =>
    it.id === 'dc-02' ? { ...it, link: 'lost' as const } : it,
  );
  const { panel, page } = await open({ ...plant, machines });
  const tile = page.getByRole('link', { name: /^2호기/ }).first();
  await tile.getByText('수축공 위험').waitFor();
  await tile.getByText('통신두절').waitFor();
  await page.goto(`${panel.url}#/machine/dc-02`);
  const title = page.locator('.machine-title');
  await title.getByText('수축공 위험').waitFor();
  await title.getByText('통신두절').waitFor();
  // The alert that says it itself is not said twice.
  const alert = alertOf({ machine: 'dc-02', machineName: '2호기', severity: 'caution' });
  const worse = machines.map((it) => (it.id === 'dc-02' ? { ...it, worst: alert.severity } : it));
  panel.push({ ...plant, machines: worse, alerts: [alert] });
  await title.getByText('수축공 위험').waitFor({ state: 'detached' });
  expect(await title.getByText('통신두절').count()).toBe(1);
});

test('a warning is read aloud at once, a caution in its turn, what stood before not at all', async () => {
  const { panel, page } = await open(warned(0));
  await page.getByRole('article').first().waitFor();
  panel.push(warned(1));
  const caution = alertOf({ machine: 'dc-03', machineName: '사출 3호기', severity: 'caution' });
  panel.push({ ...warned(2), alerts: [...warned(2).alerts, caution] });
  await expect
    .poll(() => page.locator('#said-later').textContent())
    .toContain('사출 3호기 통신두절');
  expect(await page.locator('#said-now').textContent()).toBe('');
  const stop = alertOf({ machine: 'dc-04', machineName: '4호기', severity: 'stop' });
  panel.push({ ...warned(3), alerts: [stop, ...warned(3).alerts, caution] });
  await expect.poll(() => page.locator('#said-now').textContent()).toContain('4호기 수축공 위험');
});

test('an alert that was put off or grouped does not stand among those that call', async () => {
  const shelved = alertOf({
    machine: 'dc-02',
    machineName: '2호기',
    handling: {
      attention: 'shelved',
      shelved: { who: '김반장', wallMs: quiet.sentWallMs, reason: '조치 중', leftMs: 540_000 },
    },
  });
  const grouped = [1, 2, 3].map((n) =>
    alertOf({
      id: `g${n}`,
      machine: 'dc-03',
      machineName: '사출 3호기',
      severity: 'caution',
      handling: { attention: 'grouped' },
    }),
  );
  const { page } = await open({ ...quiet, alerts: [shelved, ...grouped] });
  await page.getByText('조치할 알림이 없습니다.').waitFor();
  expect(await page.getByRole('article').filter({ visible: true }).count()).toBe(0);
  await page.getByText('묶인 알림 3건').click();
  expect(await page.getByRole('article').filter({ visible: true }).count()).toBe(3);
  await page.getByText('보류 중 1건').click();
  await page.getByText('보류 · 조치 중 · 9분 남음 · 김반장').waitFor();
});

test('shift, bus and cloud stand in one line, and what is wrong is named', async () => {
  const { panel, page } = await open(quiet);
  const line = page.getByRole('contentinfo');
  await line.getByText('교대 08:05부터').waitFor();
  expect(await line.textContent()).toMatch(/샷\s*2,104/);
  const bad = {
    ...quiet,
    buses: [{ name: 'cabinet', up: false, detail: 'bus-timeout' }],
    cloud: [{ name: 'mqtt', up: true, pending: 18_240, detail: '' }],
    store: 'full' as const,
    clockKnown: false,
  };
  panel.push(bad);
  await line.getByText('cabinet 끊김').waitFor();
  const text = await line.textContent();
  for (const part of ['대기 18,240건', '가득 참', '시계 미설정']) expect(text).toContain(part);
});

test('a shift that was not counted yet has no figures', async () => {
  const none = { fromWallMs: 0, shots: 0, ok: 0, defect: 0, unscored: 0, alerts: 0 };
  const { page } = await open({ ...quiet, shift: none });
  const line = page.getByRole('contentinfo');
  await line.getByText('교대 집계 전').waitFor();
  expect(await line.textContent()).not.toMatch(/샷\s*0/);
});

test('an alert of the whole plant leads to no machine', async () => {
  const flood = alertOf({ machine: '*', machineName: '전체 설비', severity: 'caution' });
  const { page } = await open({ ...quiet, alerts: [flood] });
  const heading = page.getByRole('article').getByRole('heading');
  await heading.waitFor();
  expect(await heading.getByRole('link').count()).toBe(0);
});

test('what is not known is said to be unknown, and no zero stands for it', async () => {
  const { page } = await open(quiet);
  const tile = page.getByRole('link', { name: /^5호기/ }).first();
  await tile.getByText('연결 대기').waitFor();
  expect(await tile.textContent()).toContain('샷 없음');
  expect(await tile.textContent()).not.toMatch(/\b0\b/);
});

test('the page of a machine draws each driving value with its band, and follows a new shot', async () => {
  const { panel, page } = await open(plantOf({ machines: 5 }), {}, '#/machine/dc-01');
  const chart = page.getByRole('img', { name: /^비스킷 두께 .* mm, 기준 22\.1~27\.9, 낮음, 하락/ });
  await chart.locator('canvas').waitFor();
  await page.getByText('함께 달라진 값').waitFor();
  await page.getByText('비중 58 %').waitFor();
  await page.getByText('기준 수집 중').waitFor();
  // One that lies below is drawn when it is scrolled to.
  const below = page.getByRole('img', { name: /^이형제 분사 시간/ });
  await below.scrollIntoViewIfNeeded();
  await below.locator('canvas').waitFor();
  await page.getByRole('heading', { name: /선택 샷 1223번/ }).waitFor();
  const next = shotOf(60, 'defect');
  panel.machinePage = (made) => ({ ...made, shots: [...made.shots.slice(1), next] });
  panel.pushShot('dc-01', next);
  await page.getByRole('heading', { name: /선택 샷 1224번/ }).waitFor();
  expect(complaintsOf(page)).toEqual([]);
});

test('charts draw the shots of one mold only, and say which', async () => {
  const plant = plantOf({ machines: 5 });
  const { page } = await open(plant, {}, '#/machine/dc-01', (panel) => {
    // Every second shot is of another mold, far from this one's band, and so are the values.
    panel.machinePage = (made) => ({
      ...made,
      shots: made.shots.map((shot, i) => (i % 2 === 0 ? { ...shot, mold: '9001' } : shot)),
      features: made.features.map((one) => ({
        ...one,
        values: one.values.map((_, i) => (i % 2 === 0 ? 1e6 : 25)),
      })),
    });
  });
  await page.getByRole('heading', { name: /^함께 달라진 값 · 금형 8412/ }).waitFor();
  // The shots of the other mold would have it fall from 1e6.
  await page
    .getByRole('img', { name: '비스킷 두께 25.0 mm, 기준 22.1~27.9, 기준 안, 유지' })
    .waitFor();
});

test('what differed is told apart from the other values, and gone with its alert', async () => {
  const plant = plantOf({ machines: 5 });
  const { panel, page } = await open(plant, {}, '#/machine/dc-01');
  const headings = page.locator('.trends h2', { hasText: '값' });
  await page.getByText('비중 58 %').waitFor();
  expect(await headings.allTextContents()).toEqual([
    '함께 달라진 값 · 금형 8412 (원인 단정이 아님)',
    '주요 값 추이 · 금형 8412',
  ]);
  const alerts = plant.alerts.map((alert) => ({ ...alert, state: 'cleared' as const }));
  panel.push({ ...plant, alerts });
  await page.getByText('비중 58 %').waitFor({ state: 'detached' });
  expect(await headings.allTextContents()).toEqual(['주요 값 추이 · 금형 8412']);
});

test('a shot that was picked stays picked when the next one comes', async () => {
  const { panel, page } = await open(plantOf({ machines: 5 }), {}, '#/machine/dc-01');
  await page.getByRole('button', { name: '이전 샷' }).click();
  await page.getByRole('heading', { name: /선택 샷 1222번/ }).waitFor();
  const next = shotOf(60, 'ok');
  panel.machinePage = (made) => ({ ...made, shots: [...made.shots.slice(1), next] });
  panel.pushShot('dc-01', next);
  await page.getByRole('button', { name: /^1224번/ }).waitFor();
  await page.getByRole('heading', { name: /선택 샷 1222번/ }).waitFor();
});

test('alerts that people dealt with say who and when, and ask for nothing more', async () => {
  const handling = { ...untouched, acknowledged: { who: '박기사', wallMs: quiet.sentWallMs } };
  const alert = alertOf({ machine: 'dc-02', machineName: '2호기', handling });
  const { page } = await open({ ...quiet, alerts: [alert] });
  await page.getByText('확인함 · 박기사 14:05').waitFor();
  expect(await page.getByRole('button', { name: /^확인/ }).count()).toBe(0);
});
