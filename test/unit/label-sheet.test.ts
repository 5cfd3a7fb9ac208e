/** Inspection sheets as shops have them: what is taken from which cell, and what is only told. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { expect, onTestFinished, test } from 'vitest';
import { cyclePlace } from '../../agent/cli/label-place.ts';
import { readSheet, type SheetFlags } from '../../agent/cli/label-sheet.ts';
import { parseTable, readTable } from '../../models/table.ts';

const plain: SheetFlags = { zone: 540, types: {}, words: { ok: [], defect: [] }, who: '김검사' };
const sheet = (text: string, more: Partial<SheetFlags> = {}) =>
  readSheet(parseTable(text, '검사.csv'), { ...plain, ...more });
const hour = 3_600_000;

test('the usual Korean columns are found by themselves', () => {
  const { rows, blank, columns } = sheet(
    `\ufeff일자,설비,타수,판정,불량유형,비고
2026-11-26,3호기,"1,204",불량,수축공,
2026-11-26,3호기,1205번,양품,,재검
2026-11-26,3호기,1206,,,미검
2026-11-26,3호기,1207,OK,-,`,
  );
  const day = Date.UTC(2026, 10, 25, 15);
  const place = { machine: '3호기', fromWallMs: day, toWallMs: day + 24 * hour };
  const rest = { part: '', who: '김검사', from: 'import', ambiguous: 'refuse' };
  expect(rows).toEqual([
    {
      line: 2,
      problem: null,
      request: { place: { ...place, shot: 1204 }, result: 'defect', type: '수축공', ...rest },
    },
    {
      line: 3,
      problem: null,
      request: { place: { ...place, shot: 1205 }, result: 'ok', type: null, ...rest },
    },
    {
      line: 5,
      problem: null,
      request: { place: { ...place, shot: 1207 }, result: 'ok', type: null, ...rest },
    },
  ]);
  expect(blank).toBe(1);
  expect(columns).toEqual({
    ...{ machine: '설비', shot: '타수', date: '일자', result: '판정', type: '불량유형' },
  });
});

test('a time finds the shot alone, or keeps its number apart from that of another day', () => {
  const at = Date.UTC(2026, 10, 26, 0, 14, 5);
  const timed = sheet('호기;시각;결과\nim-05;2026-11-26 09:14:05;합격');
  expect(timed.rows[0]?.request?.place).toEqual({
    ...{ machine: 'im-05', wallMs: at, toleranceMs: 30_000 },
  });
  const near = sheet('호기\t샷\t일시\t결과\nim-05\t7\t2026-11-26 09:14:05\tNG', {
    toleranceMs: 60_000,
  });
  expect(near.rows[0]?.request?.place).toEqual({
    ...{ machine: 'im-05', shot: 7, fromWallMs: at - 60_000, toWallMs: at + 60_001 },
  });
});

test('own columns, words and names of defects; a machine for the whole sheet', () => {
  const { rows } = sheet('no,grade,why,cav\n1,A,,2\n2,C,기타,1\n3,C,핀홀,1', {
    machine: 'dc-03',
    ...{ shotColumn: 'no', resultColumn: 'grade', typeColumn: 'why', partColumn: 'cav' },
    words: { ok: ['a', 'b'], defect: ['C'] },
    types: { 기타: '', 핀홀: 'gas-porosity' },
  });
  expect(rows.map(({ request }) => [request?.result, request?.type, request?.part])).toEqual([
    ['ok', null, '2'],
    ['defect', null, '1'],
    ['defect', 'gas-porosity', '1'],
  ]);
});

test('a row that cannot be read is told with its line; the others are taken', () => {
  const { rows } = sheet(
    `설비,타수,시각,판정
3호기,백,2026-11-26 09:00,OK
,5,2026-11-26 09:00,OK
3호기,5,어제,OK
3호기,5,2026-11-26 09:00,보류
3호기,,2026-11-26,OK
3호기,6,,NG`,
  );
  expect(rows.map(({ line, problem }) => [line, problem?.en.slice(0, 12) ?? ''])).toEqual([
    [2, '"백" is no sh'],
    [3, 'no machine'],
    [4, '"어제" is no d'],
    [5, '"보류": neithe'],
    [6, 'neither a sh'],
    [7, ''],
  ]);
});

test('a day without a zone is one of this computer, as in `ppuri label MACHINE#SHOT@DAY`', () => {
  const before = process.env.TZ;
  onTestFinished(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });
  const text = '설비,타수,일자,판정\n1호기,231,2026-11-27,OK';
  const { zone: _, ...local } = plain;
  for (const zone of ['UTC', 'Asia/Seoul', 'America/New_York']) {
    process.env.TZ = zone;
    const { rows } = readSheet(parseTable(text, '검사.csv'), local);
    expect(rows[0]?.request?.place, zone).toEqual(cyclePlace('1호기#231@2026-11-27'));
  }
  process.env.TZ = 'UTC';
  const korean = Date.UTC(2026, 10, 26, 15);
  const { rows } = sheet(text, { zone: 540 });
  expect(rows[0]?.request?.place).toMatchObject({ fromWallMs: korean });
});

test('20261127 is a day; 27/11/2026 may be two and is refused in words', () => {
  const { rows } = sheet(
    '설비,타수,일자,판정\n1호기,1,20261127,OK\n1호기,2,27/11/2026,OK\n1호기,3,20261327,OK',
  );
  expect(rows[0]?.request?.place).toMatchObject({ fromWallMs: Date.UTC(2026, 10, 26, 15) });
  expect(rows[1]?.problem?.ko).toMatch(/^일과 월을 구별할 수 없습니다: "27\/11\/2026".*2026-11-27/);
  expect(rows[1]?.problem?.en).toContain('write the year first');
  expect(rows[2]?.problem?.ko).toContain('날짜나 시각이 아닙니다: "20261327"');
});

test('why a row is refused is told in Korean', () => {
  const { rows } = sheet('설비,타수,판정\n1호기,abc,OK\n1호기,5,보류\n,5,OK');
  expect(rows.map(({ problem }) => problem?.ko)).toEqual([
    '타수가 아닙니다: "abc"',
    '양품·불량을 알 수 없습니다: "보류" (--ok-values, --defect-values로 지정)',
    '설비가 적혀 있지 않습니다',
  ]);
});

test('a sheet without its columns says which option names them', () => {
  const tries: [string, RegExp][] = [
    ['설비,타수\n1,2', /--result-column NAME; the columns are: 설비, 타수/],
    ['타수,판정\n1,OK', /--machine-column NAME, or --machine ID/],
    ['설비,판정\n1,OK', /--shot-column NAME or --time-column/],
  ];
  for (const [text, hint] of tries)
    expect(() => sheet(text)).toThrow(
      expect.objectContaining({ code: 'csv-invalid', hint: expect.stringMatching(hint) }),
    );
  expect(() => sheet('설비,타수,판정\n1,2,OK', { resultColumn: '판종' })).toThrow(
    /no column "판종"/,
  );
});

test('CP949 as Excel saves it, separated by tabs', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'ppuri-sheet-')), '검사.txt');
  // 설비 타수 판정 / 3호기 12 불량
  const header = Buffer.from('bcb3baf109c5b8bcf609c6c7c1a40d0a', 'hex');
  const row = Buffer.concat([
    ...[Buffer.from('3'), Buffer.from('c8a3b1e2', 'hex'), Buffer.from('\t12\t')],
    ...[Buffer.from('bad2b7ae', 'hex'), Buffer.from('\r\n')],
  ]);
  writeFileSync(path, Buffer.concat([header, row]));
  const { rows } = readSheet(await readTable(path), plain);
  expect(rows[0]?.request).toMatchObject({
    place: { machine: '3호기', shot: 12 },
    result: 'defect',
  });
});

test('a shot on the command line', () => {
  expect(cyclePlace('0d5c-11/42')).toEqual({ boot: '0d5c-11', seq: 42 });
  expect(cyclePlace('dc-03#1204')).toEqual({ machine: 'dc-03', shot: 1204 });
  const day = new Date(2026, 10, 26).getTime();
  expect(cyclePlace('3호기#1204@2026-11-26')).toEqual({
    ...{ machine: '3호기', shot: 1204, fromWallMs: day, toWallMs: day + 24 * hour },
  });
  const time = day + 9 * hour;
  expect(cyclePlace('dc-03#7@2026-11-26T09:00')).toEqual({
    ...{ machine: 'dc-03', shot: 7, fromWallMs: time - 12 * hour, toWallMs: time + 12 * hour + 1 },
  });
  expect(cyclePlace('dc-03@2026-11-26T09:00')).toEqual({
    ...{ machine: 'dc-03', wallMs: time, toleranceMs: 30_000 },
  });
  for (const text of ['', 'dc-03', 'dc-03#x', 'dc-03@yesterday', '#5', 'a/b'])
    expect(() => cyclePlace(text)).toThrow(InvalidArgumentError);
});
