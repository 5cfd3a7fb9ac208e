import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from './program.ts';

test('model use says in words when the model takes effect; the code stays in --json', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-use-'));
  const config = join(dir, 'ppuri.yaml');
  const lines = [
    'gateway: { id: gw-1 }',
    'buses: { press: { type: modbus-tcp, host: 127.0.0.1 } }',
    'machines: [{ id: dc-03, profile: die-casting-cold-chamber, devices: { plc: { bus: press } } }]',
    `store: { path: ${join(dir, 'store')} }`,
  ];
  await writeFile(config, lines.join('\n'));
  const use = ['model', 'use', 'diecast-defect', '--machine', 'dc-03', '-c', config];
  const { code, stdout } = await run(use);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^dc-03 uses diecast-defect \S+ once the agent is started; none runs on this store now$/m,
  );
  expect(JSON.parse((await run([...use, '--json'])).stdout)).toMatchObject({
    effective: 'next-start',
  });
});
