/** What a package's installation does: its program becomes a version beside the one that runs. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adopt } from '../../agent/cli/update-adopt.ts';
import { readUpdateStatus, updateStatusLines } from '../../agent/cli/update-status.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { installVersion, writeScript } from '../fixtures/program-versions.ts';

const { version } = packageJson;
let dir = '';
let program = '';
const places = () => ({ versions: join(dir, 'versions'), health: join(dir, 'version-health') });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ppuri-adopt-'));
  program = writeScript(join(dir, 'ppuri'), `echo ${version}`);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('the first one runs, and there is nothing to go back to', async () => {
  expect(await adopt(places(), program)).toEqual({ to: version, from: null });
  expect(readUpdateStatus(places())).toMatchObject({
    ...{ current: version, previous: null, versions: [version], probation: null, last: null },
  });
  const own = join(places().versions, version, 'ppuri');
  // A second name of the same file costs no room.
  expect(statSync(own).ino).toBe(statSync(program).ino);
  expect(readdirSync(places().versions).sort()).toEqual([version, 'current']);
});

test('a later one is on probation, with the one before to go back to', async () => {
  mkdirSync(join(dir, 'old'));
  installVersion(places().versions, '0.0.9', writeScript(join(dir, 'old/ppuri'), 'echo 0.0.9'));
  expect(await adopt(places(), program)).toEqual({ to: version, from: '0.0.9' });
  const status = readUpdateStatus(places());
  expect(status).toMatchObject({
    ...{ current: version, previous: '0.0.9', probation: { state: 'switched', starts: 0 } },
    last: { change: 'update', from: '0.0.9', to: version },
  });
  expect(updateStatusLines(status, 'ko')).toEqual([
    `실행 버전 ${version}, 되돌릴 버전 0.0.9`,
    '시험 가동: 아직 시작되지 않음, 시작 0회. 정상 동작 10분이 지나면 확정, 시작 3회 실패 시 자동 복귀',
    expect.stringMatching(`^마지막 변경: 0.0.9 → ${version} 업데이트`),
  ]);
});

test('the same one again mends its file, and begins no probation', async () => {
  await adopt(places(), program);
  const own = join(places().versions, version, 'ppuri');
  rmSync(own);
  writeFileSync(own, 'damaged', { mode: 0o755 });
  expect(await adopt(places(), program)).toEqual({ to: version, from: version });
  expect(readFileSync(own, 'utf8')).toBe(readFileSync(program, 'utf8'));
  expect(readUpdateStatus(places()).probation).toBeNull();
});
