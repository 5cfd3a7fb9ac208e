/** What a configuration may say of the panel, and what the check tells of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkFile, reportLines } from '../../agent/cli/check.ts';
import { localVisitor } from '../../agent/panel-pages.ts';
import { prepare } from '../../agent/prepare.ts';
import { panelSchema } from '../../config/panel-schema.ts';
import { Authority } from '../fixtures/certificates.ts';
import { temporaryDirectory } from './store-support.ts';

/** A configuration with this panel, in a directory of its own. */
function configured(panel: object, dir = temporaryDirectory()): string {
  const file = join(dir, 'ppuri.yaml');
  writeFileSync(
    file,
    `gateway: { id: gw-1 }
buses: { press: { type: modbus-tcp, host: 127.0.0.1 } }
machines:
  - { id: dc-03, profile: die-casting-cold-chamber, devices: { plc: { bus: press } } }
store: { path: ${dir} }
panel: ${JSON.stringify(panel)}
`,
  );
  return file;
}

async function told(panel: object, dir?: string): Promise<string[]> {
  const { problems } = await checkFile(configured(panel, dir));
  return problems.map(({ line, path, message }) => `${line} ${path} ${message}`);
}

test('who sits at this computer is an operator only where the panel is its own', () => {
  const visitor = (panel: object) => localVisitor(panelSchema.parse(panel), 'ko');
  const operator = { name: '현장 화면', role: 'operator', kiosk: false };
  expect(visitor({})).toEqual(operator);
  expect(visitor({ listen: 'localhost:80' })).toEqual(operator);
  expect(visitor({ listen: '[::1]:8787' })).toEqual(operator);
  expect(visitor({ local: 'login' })).toBeNull();
  for (const host of ['0.0.0.0', '[::]', '192.168.0.5', 'gateway'])
    expect(visitor({ listen: `${host}:8787` })).toBeNull();
});

test('shown to a network in the clear it is right, and warned of', async () => {
  const report = await checkFile(configured({ listen: '0.0.0.0:8787' }));
  expect(report.ok).toBe(true);
  expect(report.warnings).toMatchObject([{ line: 6, path: 'panel.listen' }]);
  expect(reportLines(report).at(-1)).toMatch(/^warning: .*:6:18 panel\.listen .*without TLS/);
  expect((await checkFile(configured({ listen: '127.0.0.1:8787' }))).warnings).toEqual([]);
});

test('a certificate that cannot be used is told where it is named, and stops no agent', async () => {
  const dir = temporaryDirectory();
  const authority = new Authority(dir, 'plant-ca');
  const good = authority.issue('panel', 'DNS:gw');
  const other = authority.issue('other', 'DNS:gw');
  const old = authority.issue('old', 'DNS:gw', ['-days', '-1']);
  const listen = '0.0.0.0:8787';
  expect(await told({ listen, tls: good }, dir)).toEqual([]);
  expect((await checkFile(configured({ listen, tls: good }, dir))).warnings).toEqual([]);
  const gone = join(dir, 'gone.pem');
  for (const [tls, said] of [
    [{ ...good, cert: gone }, `6 panel.tls.cert ${gone} is not there`],
    [{ ...good, cert: good.key }, `6 panel.tls.cert ${good.key} is no certificate`],
    [{ ...good, key: good.cert }, `6 panel.tls.key ${good.cert} is no private key`],
    [{ ...good, key: other.key }, `6 panel.tls.key ${other.key} is not the key of ${good.cert}`],
    [old, `6 panel.tls.cert ${old.cert} expired on `],
  ] as const) {
    expect(await told({ listen, tls }, dir)).toEqual([expect.stringContaining(said)]);
    const { panelProblems } = await prepare(configured({ listen, tls }, dir));
    expect(panelProblems).toHaveLength(1);
  }
});

test('names are names, certificates come in pairs, and words are known', () => {
  const isSound = (panel: object): boolean => panelSchema.safeParse(panel).success;
  expect(isSound({ hosts: ['press-3.plant.local'] })).toBe(true);
  expect(isSound({ hosts: ['https://press-3'] })).toBe(false);
  expect(isSound({ hosts: ['*'] })).toBe(false);
  expect(isSound({ tls: { cert: '/panel.pem' } })).toBe(false);
  expect(isSound({ tls: { cert: 'panel.pem', key: '/panel.key' } })).toBe(false);
  expect(isSound({ metrics: 'everybody' })).toBe(false);
  expect(isSound({ local: 'admin' })).toBe(false);
});
