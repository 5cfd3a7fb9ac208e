/** A store of another user: that it may not be read is not told as if it were not there. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { queriesProgram, runQueries } from './cli-support.ts';
import { at, cycleBody, startKeeper, temporaryDirectory } from './store-support.ts';

const nobody = { uid: 65_534, gid: 65_534 };
const look = `require('node:fs').accessSync(${JSON.stringify(queriesProgram)})`;
/** Needs root, and a checkout that other users may read. */
const mayBeNobody =
  process.getuid?.() === 0 && spawnSync(process.execPath, ['-e', look], nobody).status === 0;

async function store(mode: number) {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  keeper.keep(cycleBody(1), at(1));
  await keeper.flush();
  for (const path of ['.', ...readdirSync(dir)]) chownSync(join(dir, path), 0, nobody.gid);
  chmodSync(dir, mode);
  return { dir, keeper };
}

test.skipIf(!mayBeNobody)(
  'another user (needs root to be one) is told of the permission, by every command',
  async () => {
    const { dir } = await store(0o700);
    for (const command of ['cycles', 'alerts', 'status']) {
      const { code, stderr, stdout } = await runQueries([command, '--store', dir], nobody);
      expect(code).toBe(5);
      expect(stderr).toMatch(
        /may not read the store: permission denied[\s\S]*do: .*sudo|읽을 권한이 없습니다[\s\S]*조치: sudo/,
      );
      expect(stdout + stderr).not.toMatch(/no store here|저장소가 없습니다/);
      expect(stdout).not.toContain('실행 중이 아닙니다');
    }
  },
);

test.skipIf(!mayBeNobody)(
  'a member of the group (needs root to be one) reads the file of a running agent',
  async () => {
    const { dir, keeper } = await store(0o750);
    const cycles = await runQueries(['cycles', '--store', dir, '--json'], nobody);
    expect(JSON.parse(cycles.stdout)).toMatchObject({ live: false, cycles: [{ index: 1 }] });
    const status = await runQueries(['status', '--store', dir, '--json'], nobody);
    expect(JSON.parse(status.stdout)).toMatchObject({ why: 'forbidden', last: { kept: 1 } });
    await keeper.close();
    const later = await runQueries(['alerts', '--store', dir, '--json'], nobody);
    expect(JSON.parse(later.stdout).error).toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining('while no agent runs: permission denied'),
    });
  },
);
