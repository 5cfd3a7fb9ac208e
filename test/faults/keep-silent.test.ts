/** A keep child that is stopped (SIGSTOP): it is there, takes connections, and answers nobody. */
import { expect, onTestFinished, test } from 'vitest';
import { connectControl } from '../../agent/store/control-client.ts';
import { runQueries } from '../unit/cli-support.ts';
import { at, cycleBody, startKeeper, temporaryDirectory } from '../unit/store-support.ts';

async function stopped() {
  const dir = temporaryDirectory();
  const { keeper, events, seen } = startKeeper(dir);
  keeper.keep(cycleBody(1), at(1));
  await keeper.flush();
  const { pid } = keeper.stats();
  if (pid === null) throw new Error('there is no keep child');
  const signal = (name: 'SIGSTOP' | 'SIGCONT'): void => void process.kill(pid, name);
  signal('SIGSTOP');
  onTestFinished(() => signal('SIGCONT'));
  return { dir, keeper, events, seen, goOn: () => signal('SIGCONT') };
}

test('commands do not hang with it: they say so, and show what the file holds', async () => {
  const { dir, goOn } = await stopped();
  await expect(connectControl(dir)).rejects.toMatchObject({
    code: 'agent-unreachable',
    message: 'the agent did not answer in time',
    hint: expect.stringContaining('restart the agent'),
  });
  const [text, json, cycles] = await Promise.all([
    runQueries(['status', '--store', dir]),
    runQueries(['status', '--store', dir, '--json']),
    runQueries(['cycles', '--store', dir, '--json', '--lang', 'en']),
  ]);
  expect(text).toMatchObject({ code: 1, stderr: '' });
  expect(text.stdout).toMatch(/^에이전트가 응답하지 않습니다.*\n마지막 가동: 샷 1 /);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    running: false,
    why: 'silent',
    last: { kept: 1 },
  });
  expect(cycles).toMatchObject({ code: 0, stderr: expect.stringContaining('does not answer') });
  expect(JSON.parse(cycles.stdout)).toMatchObject({ live: false, cycles: [{ index: 1 }] });
  goOn();
  expect((await runQueries(['status', '--store', dir])).code).toBe(0);
});

test('records wait, which is told once, and once more when they are kept', async () => {
  const { keeper, events, seen, goOn } = await stopped();
  for (let index = 2; index <= 40; index += 1) keeper.keep(cycleBody(index), at(index));
  expect(await seen('store-late')).toMatchObject({
    level: 'warn',
    text: expect.stringContaining('39 records wait in memory'),
  });
  expect(keeper.stats()).toMatchObject({ state: 'degraded', pending: 39, restarts: 0 });
  goOn();
  expect((await seen('store-ok')).level).toBe('info');
  await keeper.flush();
  expect(keeper.stats()).toMatchObject({ state: 'ok', kept: 40, dropped: 0 });
  expect(events.map(({ kind }) => kind)).toEqual(['store-late', 'store-ok']);
});
