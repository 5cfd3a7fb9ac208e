/** What a configuration may say of outputs, beyond what `test/cases` shows. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkConfig } from '../../config/check.ts';
import { outputsSchema } from '../../config/outputs-schema.ts';
import { concernsSyncFile } from '../../config/sync-rules.ts';
import { temporaryDirectory } from './store-support.ts';

const sound = (more: object): boolean =>
  outputsSchema.safeParse({ office: { type: 'webhook', url: 'https://erp.example/', ...more } })
    .success;

test('a webhook in the clear must be said', () => {
  expect(sound({ url: 'http://erp.example/' })).toBe(false);
  expect(sound({ url: 'http://erp.example/', tls: 'none' })).toBe(true);
  expect(sound({ url: 'http://127.0.0.1:8080/' })).toBe(true);
  expect(sound({ url: 'https://user:word@erp.example/' })).toBe(false);
  expect(sound({ url: 'ftp://erp.example/' })).toBe(false);
});

test('headers are secrets, and not those that frame the request', () => {
  expect(sound({ headers: { Authorization: { env: 'ERP_TOKEN' } } })).toBe(true);
  expect(sound({ headers: { Authorization: 'Bearer abc' } })).toBe(false);
  expect(sound({ headers: { 'Content-Length': { env: 'ERP_TOKEN' } } })).toBe(false);
  expect(sound({ headers: { 'a b': { env: 'ERP_TOKEN' } } })).toBe(false);
});

async function problems(outputs: object, machine = '') {
  const dir = temporaryDirectory();
  const file = join(dir, 'ppuri.yaml');
  writeFileSync(
    file,
    `gateway: { id: gw-1 }
buses: { press: { type: modbus-tcp, host: 127.0.0.1 } }
machines:
  - { id: dc-03, profile: die-casting-cold-chamber, devices: { plc: { bus: press } }${machine} }
store: { path: ${dir} }
outputs: ${JSON.stringify(outputs)}
`,
  );
  const findModel = () => Promise.reject(new Error('no model is named'));
  return (await checkConfig(file, { findModel, syncFilesAtMs: Date.now() })).problems;
}

const coils = { red: 10, yellow: 11, green: 12, heartbeat: 13 };

test('a light on the unit of a machine is sound, beside its reject signal too', async () => {
  const light = { type: 'stack-light', bus: 'press', unit: 1, coils };
  expect(await problems({ light }, ', reject: { coil: 0 }')).toEqual([]);
  // A register and a coil of one number are two things.
  expect(await problems({ light }, ', reject: { register: 512 }')).toEqual([]);
});

test('the same coils on another unit are other coils', async () => {
  const light = { type: 'stack-light', bus: 'press', unit: 8, coils };
  expect(await problems({ light, spare: { ...light, unit: 9 } })).toEqual([]);
  const clash = await problems({ light, spare: light });
  expect(clash.map(({ path }) => path)).toEqual(
    Object.keys(coils).map((lamp) => `outputs.spare.coils.${lamp}`),
  );
});

test('files of a webhook that are not there are told, and keep no agent from running', async () => {
  const office = {
    type: 'webhook',
    url: 'https://erp.example/',
    ca: '/absent/ca.pem',
    headers: { Authorization: { file: '/absent/token' } },
  };
  const found = await problems({ office });
  expect(found.map(({ path, message }) => `${path} ${message}`)).toEqual([
    'outputs.office.ca /absent/ca.pem is not there',
    'outputs.office.headers.Authorization.file /absent/token is not there',
  ]);
  expect(found.every(concernsSyncFile)).toBe(true);
});
