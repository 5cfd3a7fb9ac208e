import { execFile } from 'node:child_process';
import { getPriority } from 'node:os';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const priorities = new URL('../../agent/priority.ts', import.meta.url).href;

/** What a process of its own prints after `steps`; `at` is its nice value. */
async function told(steps: string): Promise<string> {
  const source = `
    import { getPriority as at } from 'node:os';
    import { goAsOthers, goFirst, standBack, standBackUntil } from ${JSON.stringify(priorities)};
    ${steps}`;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', source]);
  return stdout.trim();
}

const isRoot = process.getuid?.() === 0;

test('where it is permitted the loop goes before others, and says so where it is not', async () => {
  const [went, at] = (await told('console.log(goFirst(), at());')).split(' ');
  expect(went).toBe(String(isRoot));
  expect(Number(at)).toBe(isRoot ? -10 : getPriority());
});

test('the store and the panel go after others, also as children of a loop that goes first', async () => {
  expect(await told('goFirst(); standBack(); console.log(at());')).toBe('5');
});

test('a simulated machine has no part in it', async () => {
  expect(Number(await told('goFirst(); goAsOthers(); console.log(at());'))).toBeGreaterThanOrEqual(
    0,
  );
});

test('a child that loads stands back until it is asked, where it may come back from that', async () => {
  const said = await told(
    'goFirst(); const end = standBackUntil(); const aside = at(); end(); console.log(aside, at());',
  );
  expect(said).toBe(isRoot ? '5 -10' : `${getPriority()} ${getPriority()}`);
});

test('who was started behind that place by somebody’s nice stays there', async () => {
  const said = await told(
    "(await import('node:os')).setPriority(12); standBack(); console.log(at());",
  );
  expect(said).toBe('12');
});
