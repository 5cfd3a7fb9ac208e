/** A store that cannot be looked into: the machines are watched with shipped models all the same. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkFile } from '../../agent/cli/check.ts';
import { prepare } from '../../agent/prepare.ts';
import { listBundles } from '../../models/bundle.ts';
import { temporaryDirectory } from './store-support.ts';

const launcher = fileURLToPath(new URL('../../agent/ppuri.js', import.meta.url));
const nobody = { uid: 65_534, gid: 65_534 };
const look = `require('node:fs').accessSync(${JSON.stringify(launcher)})`;
/** Needs root, and a checkout that other users may read. */
const mayBeNobody =
  process.getuid?.() === 0 && spawnSync(process.execPath, ['-e', look], nobody).status === 0;

function configured(model = 'diecast-defect') {
  const dir = temporaryDirectory();
  const store = join(dir, 'store');
  const file = join(dir, 'ppuri.yaml');
  const text = `gateway: { id: gw, site: s }
buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: 15999 } }
machines:
  - { id: dc, profile: die-casting-cold-chamber, devices: { plc: { bus: press, unit: 1 } }, model: ${model} }
store: { path: ${store} }
`;
  writeFileSync(file, text);
  return { dir, store, file };
}

test('a store that is a file: the shipped model is prepared, and a check says what is wrong', async () => {
  const { store, file } = configured();
  writeFileSync(store, 'shot,temperature\n');
  const { bundles, modelProblems, storeProblems } = await prepare(file);
  expect(bundles.get('dc')?.manifest.name).toBe('diecast-defect');
  expect(modelProblems).toEqual([]);
  const problem = { path: 'store.path', line: 5, message: `${store} is not a directory` };
  expect(storeProblems).toEqual([expect.objectContaining(problem)]);
  expect((await checkFile(file)).problems).toEqual(storeProblems);
  const listed = listBundles({ storePath: store });
  await expect(listed).rejects.toMatchObject({ code: 'store-unavailable', exit: 5 });
});

test('an added version cannot be replaced by a shipped model: it is told why it is not found', async () => {
  const { store, file } = configured('diecast-defect@9.9.9');
  writeFileSync(store, '');
  const { bundles, modelProblems } = await prepare(file);
  expect(bundles.size).toBe(0);
  const message = expect.stringContaining('added models cannot be looked for');
  expect(modelProblems).toEqual([expect.objectContaining({ message })]);
});

test.skipIf(!mayBeNobody)(
  'a store of another user (needs root to be one): a problem of the file, not a fault of ppuri',
  () => {
    const { dir, store, file } = configured();
    chmodSync(dir, 0o755);
    mkdirSync(store, { mode: 0o700 });
    const ppuri = (...args: string[]) =>
      spawnSync(process.execPath, [launcher, ...args], { ...nobody, encoding: 'utf8' });
    const check = ppuri('check', '-c', file);
    expect(check.stdout).toMatch(/:5:16 store\.path .* permission denied/);
    expect(check.status).toBe(3);
    const list = ppuri('model', 'list', '-c', file);
    expect(list.stderr).toMatch(/added models cannot be looked for: EACCES/);
    expect(list.status).toBe(5);
  },
);
