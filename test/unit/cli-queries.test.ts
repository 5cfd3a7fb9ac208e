import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { textWidth } from '../../agent/cli/table.ts';
import type { Handling } from '../../agent/records.ts';
import { queriesProgram, runQueries } from './cli-support.ts';
import { alertBody, at, cycleBody, startKeeper, temporaryDirectory } from './store-support.ts';

const ppuri = (...args: string[]) => runQueries(args);

async function filled() {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  keeper.keep(cycleBody(1), at(1));
  const defect = { outcome: 'defect', reason: 'above-threshold', probability: 0.934 } as const;
  keeper.keep(cycleBody(2, { mold: '금형, "가"' }, defect), at(2));
  const unscored = {
    outcome: 'unscored',
    reason: 'warm-up',
    judge: 'none',
    probability: null,
    threshold: null,
    model: null,
  } as const;
  keeper.keep(cycleBody(1, { machine: 'im-05', mold: null, shot: 7 }, unscored), at(3));
  keeper.keep(alertBody('a-1'), at(4));
  keeper.keep(alertBody('a-2', { machine: 'im-05', severity: 'info' }), at(5));
  keeper.keep(alertBody('a-2', { machine: 'im-05', severity: 'info', state: 'cleared' }), at(6));
  await keeper.flush();
  return { dir, keeper };
}

/** Where each column begins, in terminal columns, by its cells' starts. */
function startsOf(line: string, cells: readonly string[]): number[] {
  return cells.map((cell) => textWidth(line.slice(0, line.indexOf(cell))));
}

test('shots in Korean, newest first, with columns that line up', async () => {
  const { dir } = await filled();
  const { code, stdout } = await ppuri('cycles', '--store', dir);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[1]).toMatch(/im-05 .* 7 +판정 보류 +- +- +재가동 후 예열$/);
  expect(lines[2]).toMatch(/불량 +93\.4 % +50\.0 % +기준 이상$/);
  expect(lines[3]).toMatch(/dc-03 .* 1001 +양품 +2\.0 %/);
  const starts = [
    startsOf(lines[0] ?? '', ['설비', '금형', '판정', '사유']),
    startsOf(lines[2] ?? '', ['dc-03', '금형,', '불량', '기준 이상']),
    startsOf(lines[3] ?? '', ['dc-03', 'A-12', '양품', '기준 미만']),
  ];
  expect(starts[1]).toEqual(starts[0]);
  expect(starts[2]).toEqual(starts[0]);
});

test('filters, and the same answer from the running agent and from the file', async () => {
  const { dir, keeper } = await filled();
  const args = ['cycles', '--store', dir, '--outcome', 'defect', '--shots', '1000..1010', '--json'];
  const live = JSON.parse((await ppuri(...args)).stdout);
  expect(live).toMatchObject({ live: true, cycles: [{ shot: 1002, outcome: 'defect' }] });
  await keeper.close();
  const stored = JSON.parse((await ppuri(...args)).stdout);
  expect(stored).toEqual({ ...live, live: false });
  const none = await ppuri('cycles', '--store', dir, '--since', '1h', '--machine', 'dc-03');
  expect(none).toMatchObject({ code: 0, stdout: '', stderr: '해당하는 샷이 없습니다\n' });
});

test('CSV survives quotes, commas and Korean, and carries features and pages', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  for (let index = 1; index <= 1203; index += 1)
    keeper.keep(cycleBody(index, { mold: '금형, "가"\n2' }), at(index));
  await keeper.flush();
  const args = ['--csv', '--bom', '--features', '--limit', 'all', '--order', 'oldest'];
  const { stdout } = await ppuri('cycles', '--store', dir, ...args);
  expect(stdout.startsWith('\ufeff')).toBe(true);
  const rows: Record<string, string>[] = parse(stdout, { columns: true, bom: true });
  expect(rows.map((row) => Number(row.index))).toEqual(
    Array.from({ length: 1203 }, (_, n) => n + 1),
  );
  expect(rows[0]).toMatchObject({ mold: '금형, "가"\n2', biscuitThickness: '26', outcome: 'ok' });
});

test('a lot number is in the CSV of its shot, and no spreadsheet runs it', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  for (const [n, text] of ['0012345', '=1+1', null].entries()) {
    const lot = { value: null, quality: text === null ? 'missing' : 'good', at: at(n) } as const;
    const lotNumber = text === null ? lot : { ...lot, text };
    keeper.keep(cycleBody(n, { readings: { lotNumber } }), at(n));
  }
  await keeper.flush();
  const { stdout } = await ppuri('cycles', '--store', dir, '--csv', '--features');
  const rows: Record<string, string>[] = parse(stdout, { columns: true });
  expect(rows.map((row) => row.lotNumber)).toEqual(['', "'=1+1", '0012345']);
});

test('shots and alerts mark times of a clock that was not set, both alike', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir, { clockSynced: () => false });
  keeper.keep(cycleBody(1), at(1));
  keeper.keep(alertBody('a-1'), at(2));
  await keeper.flush();
  for (const command of ['cycles', 'alerts']) {
    const { stdout } = await ppuri(command, '--store', dir);
    expect(stdout, command).toMatch(/(?:^|^a-1 +)~\d{4}-\d\d-\d\d /m);
  }
  const json = JSON.parse((await ppuri('alerts', '--store', dir, '--json')).stdout);
  expect(json.alerts[0]).toMatchObject({ clockSynced: false });
});

test('why a shot is not judged is in the operator’s words; the code stays in --json', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  const missing = {
    outcome: 'unscored',
    reason: 'missing-input',
    detail: 'vacuum: sentinel 65535',
    probability: null,
  } as const;
  const profile = 'die-casting-cold-chamber';
  keeper.keep(cycleBody(1, { profile }, missing), at(1));
  const detail = 'the child that runs this model was restarting';
  keeper.keep(cycleBody(2, {}, { ...missing, reason: 'inference-restarting', detail }), at(2));
  await keeper.flush();
  const { stdout } = await ppuri('cycles', '--store', dir);
  expect(stdout).toContain('입력값 없음: 금형 진공도(오류값 65535)');
  expect(stdout).toMatch(/예측 재시작 중$/m);
  const json = JSON.parse((await ppuri('cycles', '--store', dir, '--json')).stdout);
  expect(json.cycles[0]).toMatchObject({ reason: 'inference-restarting', detail });
});

test('alerts: those that stand, then all of them', async () => {
  const { dir } = await filled();
  const standing = await ppuri('alerts', '--store', dir);
  expect(standing.stdout.trimEnd().split('\n')).toHaveLength(2);
  expect(standing.stdout).toContain('급탕량·래들 확인');
  expect(standing.stdout).toMatch(/^a-1 .*발생 중 +경고 +dc-03 +1204~1223/m);
  const all = JSON.parse((await ppuri('alerts', '--store', dir, '--all', '--json')).stdout);
  expect(all.alerts).toMatchObject([
    { id: 'a-2', state: 'cleared', current: false },
    { id: 'a-1', state: 'raised', current: true, clearedWallMs: null },
  ]);
  const english = await ppuri('alerts', '--store', dir, '--all', '--lang', 'en');
  expect(english.stdout).toMatch(/cleared +info +im-05/);
});

test('alerts have the id that ack takes, and say what people did with them', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  const untouched: Handling = {
    attention: 'call',
    ...{ acknowledged: null, shelved: null, falseAlarm: null, stale: false, returns: 0 },
  };
  const mark = { who: '김반장', wallMs: at(1).wallMs };
  const shelved = { ...mark, reason: '금형 교체', leftMs: 30 * 60_000 };
  keeper.keep(alertBody('a-0', { handling: untouched }), at(1));
  keeper.keep(alertBody('a-1', { handling: { ...untouched, acknowledged: mark } }), at(2));
  keeper.keep(alertBody('a-2', { handling: { ...untouched, shelved } }), at(3));
  const falsely = { ...untouched, acknowledged: mark, falseAlarm: mark };
  keeper.keep(alertBody('a-3', { handling: falsely }), at(4));
  await keeper.flush();
  const { stdout, stderr } = await ppuri('alerts', '--store', dir);
  expect(stdout).toMatch(/^a-0 .*1204~1223 +- +3호기/m);
  expect(stdout).toMatch(/^a-1 .*확인 김반장 /m);
  expect(stdout).toMatch(/^a-2 .*보류 김반장 ~\d\d:\d\d "금형 교체"/m);
  expect(stdout).toMatch(/^a-3 .*오경보 김반장 /m);
  expect(stderr).toBe('');
});

test('alerts of an agent that ended are told as such, not as standing', async () => {
  const { dir, keeper } = await filled();
  await keeper.close();
  const { stdout, stderr } = await ppuri('alerts', '--store', dir);
  expect(stdout).toContain('종료 때 발생 중');
  expect(stdout).not.toMatch(/ {2}발생 중/);
  expect(stderr).toContain('에이전트가 실행 중이 아닙니다. 마지막으로 저장된 알림');
});

test('a machine by the name that operators use; a misspelt one is an error', async () => {
  const { dir, keeper } = await filled();
  const file = join(temporaryDirectory(), 'ppuri.yaml');
  writeFileSync(
    file,
    `gateway: { id: gw-1 }
buses: { press: { type: modbus-tcp, host: 127.0.0.1 } }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press } }
store: { path: ${dir} }
`,
  );
  for (const command of ['alerts', 'cycles', 'quality']) {
    const all = command === 'quality' ? ['--since', '2020-01-01'] : [];
    const named = await ppuri(command, '-c', file, '--machine', '3 호기', ...all);
    expect(named, command).toMatchObject({ code: 0, stderr: '' });
    expect(named.stdout, command).toContain('3호기');
    const wrong = await ppuri(command, '-c', file, '--machine', '4호기');
    expect(wrong, command).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr, command).toContain('설비가 없습니다: "4호기"');
    expect(wrong.stderr, command).toContain('설비: dc-03 (3호기)');
  }
  // One that only its records know.
  const old = await ppuri('cycles', '-c', file, '--machine', 'im-05');
  expect(old.stdout).toContain('im-05');
  await keeper.close();
  const bare = await ppuri('alerts', '--store', dir, '--machine', 'dc-3', '--lang', 'en');
  expect(bare).toMatchObject({ code: 2, stdout: '' });
  expect(bare.stderr).toMatch(/no machine "dc-3"[\s\S]*machines: dc-03, im-05/);
});

test('status of a stopped agent: exit 1, and what it kept', async () => {
  const { dir, keeper } = await filled();
  expect((await ppuri('status', '--store', dir)).stdout).toBe('에이전트가 시작하는 중입니다\n');
  await keeper.close();
  const text = await ppuri('status', '--store', dir);
  expect(text.code).toBe(1);
  expect(text.stdout).toContain('마지막 가동: 샷 3 (양품 1, 불량 1, 판정 보류 1)');
  const json = await ppuri('status', '--store', dir, '--json');
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    running: false,
    last: { kept: 3, repeated: 0, verdicts: { ok: 1, defect: 1, unscored: { 'warm-up': 1 } } },
  });
});

test('the configuration gives the store, the names and the language', async () => {
  const { dir } = await filled();
  const file = join(temporaryDirectory(), 'ppuri.yaml');
  writeFileSync(
    file,
    `gateway: { id: gw-1, locale: en }
buses: { press: { type: modbus-tcp, host: 127.0.0.1 } }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press } }
store: { path: ${dir} }
`,
  );
  const { stdout } = await ppuri('cycles', '-c', file);
  expect(stdout).toMatch(/3호기 .*defect/);
  expect(stdout).toMatch(/im-05 .*unscored/);
});

test('no store, a wrong option, a wrong configuration: what, where and what to do', async () => {
  const dir = temporaryDirectory();
  const none = await ppuri('cycles', '--store', dir);
  expect(none.code).toBe(5);
  expect(none.stderr).toMatch(/저장소가 없습니다[\s\S]*ppuri\.db[\s\S]*조치: --store DIR/);
  const json = JSON.parse((await ppuri('status', '--store', dir, '--json')).stdout);
  expect(json.error).toMatchObject({ code: 'store-unavailable', retryable: true });
  expect((await ppuri('cycles', '--outcome', 'bad')).stderr).toContain('ok, defect, unscored');
  expect((await ppuri('cycles', '--since', 'yesterday')).stderr).toContain('2026-11-22');
  expect((await ppuri('alerts', '-c', join(dir, 'absent.yaml'))).code).toBe(3);
  const help = (await ppuri('cycles', '--help')).stdout;
  expect(help).toContain('ppuri cycles -c ppuri.yaml --machine dc-03 --since 1h');
});

test('a reader that has read enough ends the command without a word', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  for (let index = 1; index <= 3000; index += 1) keeper.keep(cycleBody(index), at(index));
  await keeper.flush();
  const child = spawn(process.execPath, [
    queriesProgram,
    'cycles',
    '--store',
    dir,
    '--limit',
    'all',
    '--csv',
  ]);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const [code] = await once(child, 'close');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('text from a machine cannot move the cursor of a terminal', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  keeper.keep(cycleBody(1, { mold: '\u001b[2J\u0007A\r\nB' }), at(1));
  await keeper.flush();
  const { stdout } = await ppuri('cycles', '--store', dir);
  expect(stdout.trimEnd().split('\n')).toHaveLength(2);
  expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});
