import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { failedVectors } from '../../agent/signals/vectors.ts';
import { signalSchema } from '../../config/profile.ts';
import { parseProfile } from '../../config/profile-load.ts';
import { temporaryDirectory } from './store-support.ts';

const guide = readFileSync(
  fileURLToPath(new URL('../../drivers/_blueprint/README.md', import.meta.url)),
  'utf8',
);

test('the device of the guide is a sound profile whose vectors hold', () => {
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(guide) ?? [];
  const file = join(temporaryDirectory(), 'acme-t100.yaml');
  writeFileSync(file, yaml);
  const { profile, problems } = parseProfile(file, failedVectors);
  expect(problems).toEqual([]);
  expect(profile?.testVectors.length).toBeGreaterThanOrEqual(4);
});

test('the guide names every type and word order', () => {
  const { type, order } = signalSchema.shape;
  for (const name of [...type.unwrap().options, ...order.unwrap().options])
    expect(guide).toContain(`\`${name}\``);
});
