import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeBundle } from '../../models/bundle.ts';
import { scoreParts, scratchDir } from '../unit/models-support.ts';
import { run } from './program.ts';

/** A site that trusts one key, and a consultant who holds it. */
async function site(root: string) {
  const [config, key, trust] = ['ppuri.yaml', 'consultant', 'trust'].map((name) =>
    join(root, name),
  );
  if (config === undefined || key === undefined || trust === undefined) throw new Error('paths');
  await writeFile(
    config,
    `gateway: { id: gw-1 }
buses: { press: { type: modbus-tcp, host: 127.0.0.1 } }
machines: [{ id: dc-03, profile: die-casting-cold-chamber, model: two-sums, devices: { plc: { bus: press } } }]
models: { trust: ${trust} }
store: { path: ${join(root, 'store')} }
`,
  );
  await mkdir(trust);
  const made = JSON.parse((await run(['model', 'keygen', key, '--json'])).stdout);
  await rename(`${key}.pub`, join(trust, 'consultant.pub'));
  return { config, key, trust, id: String(made.id) };
}

async function ppuri(...args: string[]) {
  const { code, stdout, stderr } = await run(args);
  return { code, said: `${stdout}${stderr}`, json: () => JSON.parse(stdout) };
}

test('a bundle goes from who signed it to the machine, and an older one does not', async () => {
  await using scratch = await scratchDir();
  const { config, key, trust, id } = await site(scratch.path);
  const release = async (version: string, serial: string): Promise<string> => {
    const [plain, out] = [join(scratch.path, `plain-${version}`), join(scratch.path, version)];
    await writeBundle(plain, scoreParts({ version }));
    const made = await ppuri(
      'model',
      'sign',
      plain,
      '--key',
      key,
      '--serial',
      serial,
      '--out',
      out,
    );
    expect(made.said).toContain(id);
    return out;
  };
  const [old, now] = [await release('1.0.0', '1'), await release('1.1.0', '2')];
  const unsigned = await ppuri('model', 'add', join(scratch.path, 'plain-1.0.0'), '-c', config);
  expect(unsigned.code).toBe(6);
  expect(unsigned.said).toContain('is not signed');
  const verified = await ppuri('model', 'verify', now, '--trust', trust, '--json');
  expect(verified.json()).toMatchObject({
    version: '1.1.0',
    serial: 2,
    signer: { key: id, name: 'consultant' },
  });
  expect((await ppuri('model', 'verify', now, '--trust', scratch.path)).code).toBe(6);

  for (const from of [old, now])
    expect((await ppuri('model', 'add', from, '-c', config)).code).toBe(0);
  expect((await ppuri('check', '-c', config)).code).toBe(0);
  const use = (version: string, ...more: string[]) =>
    ppuri('model', 'use', `two-sums@${version}`, '--machine', 'dc-03', '-c', config, ...more);
  // Only what decides for good raises the floor.
  expect((await use('1.1.0', '--now')).code).toBe(0);
  const older = await use('1.0.0');
  expect(older.code).toBe(6);
  expect(older.said).toContain('serial 1 is older than serial 2');
  // Who goes back is noted by the agent, or does not go back.
  expect((await use('1.0.0', '--allow-older')).said).toContain('only a running agent can note');

  // The site no longer trusts the consultant: nothing of theirs is used from the next start on.
  await rename(join(trust, 'consultant.pub'), join(scratch.path, 'revoked.pub'));
  const revoked = await ppuri('check', '-c', config);
  expect(revoked.code).toBe(3);
  expect(revoked.said).toMatch(/machines\[0\]\.model.*signed by key/);
  expect((await use('1.1.0')).code).toBe(6);
});

test('a bundle is signed where it lies, and a key that others may read is not used', async () => {
  await using scratch = await scratchDir();
  const { key, trust } = await site(scratch.path);
  const bundle = join(scratch.path, 'two-sums');
  await writeBundle(bundle, scoreParts());
  expect((await ppuri('model', 'sign', bundle, '--key', key)).code).toBe(0);
  expect(await readdir(bundle)).toContain('bundle.sig');
  expect((await ppuri('model', 'verify', bundle, '--trust', trust)).said).toContain(
    'signed by "consultant"',
  );
  const again = await ppuri('model', 'keygen', key);
  expect(again.code).toBe(2);
  const serial = await ppuri('model', 'sign', bundle, '--key', key, '--serial', '3');
  expect(serial.said).toContain('--out DIR');
});
