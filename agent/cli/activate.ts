/** Has a machine use a model: by the running agent, else in the store for its next start. */
import { randomUUID } from 'node:crypto';
import { PpuriError } from '../../config/errors.ts';
import type { Activation } from '../../models/activation.ts';
import { noTrialCounts } from '../governance/count.ts';
import { floorOf, requireRelease } from '../model-release.ts';
import { labelOf, pointerTo } from '../model-slot.ts';
import { type ModelStep, queryActivations, takeStep } from '../store/activations.ts';
import { type ControlClient, connectControl, whyUnreachable } from '../store/control-client.ts';
import { openDatabase } from '../store/database.ts';
import { takeLock } from '../store/lock.ts';
import { queryFloors } from '../store/model-floors.ts';
import { findPointer, setPointer } from '../store/models.ts';
import { storePaths } from '../store/paths.ts';
import { makeDirectory } from '../store/session.ts';
import type { RollbackRequest, UseOutcome, UseRequest } from './model-request-use.ts';

type StoreFile = ReturnType<typeof openDatabase>;

const LOCK_WAIT_MS = 2000;
const MAX_MIB = 2048;

/** Null when no agent runs on this store; one that is there and cannot be asked is an error. */
async function askAgent<T>(
  storePath: string,
  ask: (client: ControlClient) => Promise<T>,
): Promise<T | null> {
  let client: ControlClient;
  try {
    client = await connectControl(storePath);
  } catch (error) {
    if (!(error instanceof PpuriError) || error.code !== 'agent-unreachable') throw error;
    if (whyUnreachable(error) === 'absent') return null;
    throw error;
  }
  try {
    return await ask(client);
  } finally {
    client.close();
  }
}

/** Nobody else writes meanwhile. Throws `store-in-use` and `store-*`. */
function withStore<T>(storePath: string, use: (db: StoreFile) => T): T {
  makeDirectory(storePath);
  const paths = storePaths(storePath);
  const lock = takeLock(paths.lock, LOCK_WAIT_MS);
  try {
    const db = openDatabase({ path: paths.database, maxMiB: MAX_MIB });
    try {
      return use(db);
    } finally {
      db.close();
    }
  } finally {
    lock.release();
  }
}

function write(db: StoreFile, step: ModelStep): void {
  const { machine, mold } = step;
  takeStep(db, step, (bundle) => void setPointer(db, machine, bundle, mold));
}

function useLater(db: StoreFile, request: UseRequest): UseOutcome {
  const { machine, mold, bundle, mode, shadowShots, trialShots, who } = request;
  if (request.older === 'allow')
    throw new PpuriError('agent-unreachable', 'only a running agent can note who goes back', {
      operation: 'use a model',
      subject: machine,
      hint: 'start it with `ppuri run -c FILE`, then use the older release',
    });
  requireRelease(bundle, queryFloors(db));
  const place = { machine, mold };
  const model = labelOf(bundle);
  if (mode === 'now') {
    const change = { what: 'used-at-once', model, who, why: 'a person asked for it' } as const;
    const [pointer, floor] = [pointerTo(bundle), floorOf(bundle)];
    write(db, { ...place, activation: null, pointer, floor, change });
    return { effective: 'next-start', stage: 'now', shots: null };
  }
  const stage = shadowShots > 0 ? 'shadow' : 'trial';
  const activation: Activation = {
    ...{ id: randomUUID(), ...place, stage, candidate: pointerTo(bundle), shadowShots, trialShots },
    ...{ afterShadow: mode === 'shadow' ? 'end' : 'trial', counts: noTrialCounts, who },
    sinceWallMs: Date.now(),
  };
  const shots = stage === 'shadow' ? shadowShots : trialShots;
  const what = stage === 'shadow' ? 'shadow-begun' : 'trial-begun';
  write(db, { ...place, activation, change: { what, model, who, why: `${stage} for ${shots}` } });
  return { effective: 'next-start', stage, shots };
}

/** The agent's own refusal (it does not fit, golden vectors differ) is thrown as it is. */
export async function activate(request: UseRequest): Promise<UseOutcome> {
  const { storePath, machine, mold, bundle, mode, shadowShots, trialShots, who } = request;
  const { older } = request;
  const params = { machine, mold, path: bundle.dir, mode, shadowShots, trialShots, older, who };
  const used = await askAgent(storePath, (client) =>
    client.command('model-use', { ...params, from: 'cli' }),
  );
  if (used === null) return withStore(storePath, (db) => useLater(db, request));
  return { effective: 'now', ...(used as Pick<UseOutcome, 'stage' | 'shots'>) };
}

function rollBackLater(db: StoreFile, request: RollbackRequest): string {
  const { machine, mold, who } = request;
  const place = { machine, mold };
  const pointer = findPointer(db, machine, mold);
  const isHere = (row: Activation): boolean => row.machine === machine && row.mold === mold;
  const underWay = queryActivations(db).find(isHere);
  const change = { what: 'rolled-back', model: null, who, why: 'a person asked for it' } as const;
  if (underWay === undefined && pointer === null)
    throw new PpuriError('usage', `${machine} runs what its configuration names`, {
      operation: 'roll a model back',
      subject: machine,
      hint: '`ppuri model use` takes another model; `ppuri model status` shows what there is',
    });
  const back = underWay === undefined ? { pointer: pointer?.previous ?? 'configured' } : {};
  write(db, { ...place, activation: null, ...(back as Pick<ModelStep, 'pointer'>), change });
  const now = findPointer(db, machine, mold);
  return now === null ? '' : `${now.name} ${now.version}`;
}

/** `model`: what decides now, '' for the configuration's. */
export async function rollBack(
  request: RollbackRequest,
): Promise<{ readonly effective: 'now' | 'next-start'; readonly model: string }> {
  const { storePath, machine, mold, who } = request;
  const done = await askAgent(storePath, (client) =>
    client.command('model-rollback', { machine, mold, who, from: 'cli' }),
  );
  if (done === null)
    return {
      effective: 'next-start',
      model: withStore(storePath, (db) => rollBackLater(db, request)),
    };
  const { name, version } = done as { readonly name: string; readonly version: string };
  return { effective: 'now', model: name === '' ? '' : `${name} ${version}` };
}
