import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { noTrialCounts } from '../../agent/governance/count.ts';
import type { ModelStep } from '../../agent/store/activations.ts';
import { queryMirrored, saveProgress, takeStep } from '../../agent/store/activations.ts';
import { openDatabase } from '../../agent/store/database.ts';
import { migrate, migrations } from '../../agent/store/migrations.ts';
import { findPointer, queryModels, setPointer } from '../../agent/store/models.ts';
import type { Activation, MirroredShot } from '../../models/activation.ts';
import { temporaryDirectory } from './store-support.ts';

const bundle = (version: string) => ({
  ...{ name: 'm', version, path: `/m/${version}`, hash: `hash-${version}` },
});

const activation = (change: Partial<Activation> = {}): Activation => ({
  ...{ id: 'a-1', machine: 'dc-01', mold: null, stage: 'shadow', candidate: bundle('2') },
  ...{ shadowShots: 30, trialShots: 30, afterShadow: 'trial', counts: noTrialCounts },
  ...{ who: 'kim', sinceWallMs: 1 },
  ...change,
});

const change = { what: 'shadow-begun', model: 'm 2', who: 'kim', why: 'x' } as const;

function open() {
  const db = openDatabase({ path: join(temporaryDirectory(), 'ppuri.db'), maxMiB: 64 });
  const take = (step: Partial<ModelStep>): void => {
    const whole = { machine: 'dc-01', mold: null, activation: null, change, ...step };
    takeStep(db, whole, (to) => void setPointer(db, 'dc-01', to, whole.mold, whole.before));
  };
  return { db, take };
}

test('a store of before keeps its pointers, for every mold, when its layout moves on', () => {
  const path = join(temporaryDirectory(), 'ppuri.db');
  const db = new Database(path);
  const before = migrations.findIndex(({ title }) => title.startsWith('models by mold'));
  migrate(db, migrations.slice(0, before));
  const previous = JSON.stringify(bundle('1'));
  db.prepare('INSERT INTO model_pointers VALUES (?, ?, ?, ?, ?, ?, ?)').run(
    ...['dc-01', 'm', '2', '/m/2', 'hash-2', previous, 5],
  );
  migrate(db);
  expect(queryModels(db).pointers).toEqual([
    { machine: 'dc-01', mold: null, ...bundle('2'), previous: bundle('1'), changedWallMs: 5 },
  ]);
  db.close();
});

test('a step is the pointer, what is under way and the note of it, or nothing at all', () => {
  const { db, take } = open();
  take({ activation: activation() });
  expect(() =>
    takeStep(
      db,
      { machine: 'dc-01', mold: null, activation: null, pointer: bundle('2'), change },
      () => {
        throw new Error('the disk');
      },
    ),
  ).toThrow('the disk');
  expect(queryModels(db)).toMatchObject({ pointers: [], activations: [{ stage: 'shadow' }] });
  expect(queryModels(db).changes).toHaveLength(1);
  take({ pointer: bundle('2'), before: bundle('1'), change: { ...change, what: 'committed' } });
  expect(queryModels(db)).toMatchObject({
    pointers: [{ version: '2', previous: { version: '1' } }],
    activations: [],
    changes: [{ what: 'committed' }, { what: 'shadow-begun' }],
  });
  take({ pointer: 'configured' });
  expect(findPointer(db, 'dc-01', null)).toBeNull();
  db.close();
});

test('molds have pointers and new models of their own', () => {
  const { db, take } = open();
  take({ pointer: bundle('1') });
  take({ mold: 'A12', pointer: bundle('2') });
  take({ mold: 'B7', activation: activation({ mold: 'B7' }) });
  const { pointers, activations } = queryModels(db);
  expect(pointers.map(({ mold, version }) => [mold, version])).toEqual([
    [null, '1'],
    ['A12', '2'],
  ]);
  expect(activations).toMatchObject([{ mold: 'B7', candidate: { version: '2' } }]);
  db.close();
});

test('counts outlive the agent; those of a stage that has ended bring nothing back', () => {
  const { db, take } = open();
  const shot: MirroredShot = {
    ...{ cycleIndex: 4, shot: 1204, mold: 'A12', wallMs: 9, role: 'candidate', decided: 'ok' },
    model: { name: 'm', version: '2', hash: 'h' },
    ...{ outcome: 'unscored', reason: 'missing-input', tookMs: null },
    ...{ probability: null, threshold: 0.5 },
  };
  const counts = { ...noTrialCounts, shots: 7, differing: 1 };
  const about = { activation: 'a-1', machine: 'dc-01', boot: 'b-1', shots: [shot] };
  take({ activation: activation() });
  saveProgress(db, { ...about, counts });
  expect(queryModels(db).activations).toMatchObject([{ counts: { shots: 7, differing: 1 } }]);
  take({ activation: null, change: { ...change, what: 'returned' } });
  expect(queryModels(db).changes[0]).toMatchObject({ what: 'returned', counts: { shots: 7 } });
  saveProgress(db, { ...about, counts });
  expect(queryModels(db).activations).toEqual([]);
  const [kept] = queryMirrored(db, 'dc-01', 10);
  expect(kept).toEqual({ ...shot, machine: 'dc-01', boot: 'b-1', activation: 'a-1' });
  db.close();
});
