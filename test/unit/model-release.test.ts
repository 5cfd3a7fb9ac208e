import { describe, expect, test } from 'vitest';
import { floorOf, requireRelease } from '../../agent/model-release.ts';
import { openDatabase } from '../../agent/store/database.ts';
import { queryFloors, raiseFloor } from '../../agent/store/model-floors.ts';
import { type Bundle, manifestSchema } from '../../models/manifest.ts';
import { fixtureBundle } from '../fixtures/models/bundles.ts';
import { scratchDir } from './models-support.ts';

function release(serial: number | undefined, key: string | null = 'k1', name = 'm'): Bundle {
  const bundle = fixtureBundle('linear', { name });
  const manifest = manifestSchema.parse({ ...bundle.manifest, serial });
  return { ...bundle, manifest, signer: key === null ? null : { key, name: 'someone' } };
}

const floors = [{ signer: 'k1', name: 'm', serial: 4 }];

describe('a release of a signed model', () => {
  test.each([
    ['older', release(3), 'model-older'],
    ['without a serial', release(undefined), 'model-older'],
    ['the same', release(4), null],
    ['newer', release(5), null],
    ['by another key', release(1, 'k2'), null],
    ['of another model', release(1, 'k1', 'other'), null],
    ['unsigned', release(1, null), null],
  ])('%s', (_, bundle, code) => {
    const outcome = (): string | null => {
      try {
        requireRelease(bundle, floors);
        return null;
      } catch (thrown) {
        return (thrown as { code: string }).code;
      }
    };
    expect(outcome()).toBe(code);
  });

  test('counts only when it is signed and numbered', () => {
    expect(floorOf(release(3))).toEqual({ signer: 'k1', name: 'm', serial: 3 });
    expect(floorOf(release(undefined))).toBeNull();
    expect(floorOf(release(3, null))).toBeNull();
  });
});

test('the newest release is remembered by key and model, and never lowered', async () => {
  await using scratch = await scratchDir();
  const file = { path: `${scratch.path}/ppuri.db`, maxMiB: 16 };
  const db = openDatabase(file);
  for (const serial of [3, 7, 5]) raiseFloor(db, { signer: 'k1', name: 'm', serial });
  raiseFloor(db, { signer: 'k2', name: 'm', serial: 1 });
  db.close();
  const again = openDatabase(file);
  expect(queryFloors(again)).toEqual([
    { signer: 'k1', name: 'm', serial: 7 },
    { signer: 'k2', name: 'm', serial: 1 },
  ]);
  again.close();
});
