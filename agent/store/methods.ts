/**
 * Everything that can be asked of a store, by name. `Methods` is the contract: the loop, the
 * control socket and commands that read the file of a stopped agent all ask the same things.
 */
import type Database from 'better-sqlite3';
import type {
  EnergyPeriod,
  MoldRuns,
  ProductionFacts,
  QualityReport,
  ShotEnergy,
  StopRow,
} from '../records.ts';
import { type Account, accountFor, type Ledger, queryLedger } from './account-queries.ts';
import {
  type MirroredRow,
  type ModelStep,
  queryMirrored,
  saveProgress,
  type TrialProgress,
  takeStep,
} from './activations.ts';
import {
  type AlertChange,
  type AlertHistoryRequest,
  queryAlertHistory,
  readAlertHistoryRequest,
} from './alert-history.ts';
import {
  type AlertRequest,
  type AlertRow,
  queryAlerts,
  readAlertRequest,
} from './alert-queries.ts';
import {
  type CycleFilter,
  type CyclePage,
  type CyclePageRequest,
  countOutcomes,
  type OutcomeCount,
  queryCycles,
  readCycleFilter,
  readCyclePageRequest,
} from './cycle-queries.ts';
import { type DeedRequest, type DeedRow, queryDeeds, readDeedRequest } from './deed-queries.ts';
import { queryStood, type StoodRow } from './desk-queries.ts';
import {
  type EnergyPage,
  type EnergyPageRequest,
  type EnergyReport,
  type EnergyRequest,
  type LastEnergy,
  queryEnergy,
  queryLastEnergy,
  queryPeriods,
  queryShotEnergy,
  readEnergyPageRequest,
  readEnergyRequest,
} from './energy-queries.ts';
import {
  type CycleForRequest,
  type CycleForResult,
  findCycles,
  readCycleForRequest,
} from './find-cycle.ts';
import { type FurnacePast, queryFurnacePast } from './furnace-queries.ts';
import {
  type LabelPage,
  type LabelRequest,
  queryLabels,
  readLabelRequest,
} from './label-queries.ts';
import { type LastShotsRequest, queryLastShots, readLastShotsRequest } from './last-shots.ts';
import { type ModelFloor, queryFloors, raiseFloor, readFloor } from './model-floors.ts';
import {
  type BundlePointer,
  type ModelPointer,
  type ModelTable,
  queryModels,
  readPointer,
  setModelState,
  setPointer,
} from './models.ts';
import { queryMoldRuns } from './mold-runs.ts';
import { asFields, limitOf, optionalText, requiredText } from './params.ts';
import { type ProductionRequest, queryProduction, readProductionRequest } from './production.ts';
import { type QualityRequest, queryQuality, readQualityRequest } from './quality.ts';
import { queryOpenStops, queryStops, readStopRequest, type StopRequest } from './stop-queries.ts';

export interface Methods {
  cycles: { params: CyclePageRequest; result: CyclePage };
  counts: { params: CycleFilter; result: readonly OutcomeCount[] };
  alerts: { params: AlertRequest; result: readonly AlertRow[] };
  'alert-history': { params: AlertHistoryRequest; result: readonly AlertChange[] };
  labels: { params: LabelRequest; result: LabelPage };
  deeds: { params: DeedRequest; result: readonly DeedRow[] };
  /** Which shots labels are about, and what labels they have. */
  'cycle-for': { params: CycleForRequest; result: CycleForResult };
  /** How verdicts agree with labels. */
  quality: { params: QualityRequest; result: QualityReport };
  /** What machines used, by what for. */
  energy: { params: EnergyRequest; result: EnergyReport };
  /** Single quarter hours and shots, for exports and reports. */
  'energy-periods': { params: EnergyPageRequest; result: EnergyPage<EnergyPeriod> };
  'shot-energy': { params: EnergyPageRequest; result: EnergyPage<ShotEnergy> };
  /** Of earlier starts: where meters stood. */
  'last-energy': { params: LastShotsRequest; result: Readonly<Record<string, LastEnergy>> };
  /** Of earlier starts: heats of furnaces, and what was told of them. */
  'furnace-past': { params: LastShotsRequest; result: Readonly<Record<string, FurnacePast>> };
  /** Shots, stops and who watched: what OEE is made of. */
  production: { params: ProductionRequest; result: ProductionFacts };
  stops: { params: StopRequest; result: readonly StopRow[] };
  /** Machine → the stop that lasted when the agent before this one ended. */
  'open-stops': { params: Record<string, never>; result: Readonly<Record<string, string>> };
  /** Null: no shot of the machine is kept. */
  'mold-runs': { params: { readonly machine: string }; result: MoldRuns | null };
  /** `boot`: id of a start of the agent; absent: the newest. */
  accounting: { params: { readonly boot?: string | undefined }; result: Account };
  ledger: { params: Record<string, never>; result: Ledger };
  models: { params: Record<string, never>; result: ModelTable };
  'model-floors': { params: Record<string, never>; result: readonly ModelFloor[] };
  /** What the model that does not decide said, newest first. */
  mirrored: {
    params: { readonly machine?: string | undefined; readonly limit?: number | undefined };
    result: readonly MirroredRow[];
  };
  /** Of earlier starts. */
  'last-shots': { params: LastShotsRequest; result: Readonly<Record<string, number>> };
  /** Alerts that stood, or were put off, when the agent before this one ended. */
  stood: { params: Record<string, never>; result: readonly StoodRow[] };
}

/** What only the loop may ask: it changes the store. */
export interface OwnMethods {
  'set-pointer': {
    params: BundlePointer & { readonly machine: string; readonly mold?: string | null };
    result: ModelPointer;
  };
  /** A step of a new model, whole or not at all. */
  'model-step': { params: ModelStep; result: ModelTable };
  'trial-progress': { params: TrialProgress; result: null };
  'raise-model-floor': { params: ModelFloor; result: null };
  'set-model-state': { params: { readonly hash: string; readonly state: unknown }; result: null };
}

export type MethodName = keyof Methods;
export type AllMethods = Methods & OwnMethods;

type Answers<M> = { readonly [N in keyof M]: (db: Database.Database, params: unknown) => unknown };

const reading: Answers<Methods> = {
  cycles: (db, params) => queryCycles(db, readCyclePageRequest(params)),
  counts: (db, params) => countOutcomes(db, readCycleFilter('counts', params)),
  alerts: (db, params) => queryAlerts(db, readAlertRequest(params)),
  'alert-history': (db, params) => queryAlertHistory(db, readAlertHistoryRequest(params)),
  labels: (db, params) => queryLabels(db, readLabelRequest(params)),
  deeds: (db, params) => queryDeeds(db, readDeedRequest(params)),
  'cycle-for': (db, params) => findCycles(db, readCycleForRequest(params)),
  quality: (db, params) => queryQuality(db, readQualityRequest(params)),
  energy: (db, params) => queryEnergy(db, readEnergyRequest(params)),
  'energy-periods': (db, params) =>
    queryPeriods(db, readEnergyPageRequest('energy-periods', params)),
  'shot-energy': (db, params) => queryShotEnergy(db, readEnergyPageRequest('shot-energy', params)),
  'last-energy': (db, params) => queryLastEnergy(db, readLastShotsRequest(params).machines),
  'furnace-past': (db, params) => queryFurnacePast(db, readLastShotsRequest(params).machines),
  production: (db, params) => queryProduction(db, readProductionRequest(params)),
  stops: (db, params) => queryStops(db, readStopRequest(params)),
  'open-stops': (db) => queryOpenStops(db),
  'mold-runs': (db, params) => {
    const fields = asFields('mold-runs', params, ['machine']);
    return queryMoldRuns(db, requiredText('mold-runs', fields, 'machine'));
  },
  accounting: (db, params) =>
    accountFor(db, optionalText('accounting', asFields('accounting', params, ['boot']), 'boot')),
  ledger: (db) => queryLedger(db),
  models: (db) => queryModels(db),
  'model-floors': (db) => queryFloors(db),
  mirrored: (db, params) => {
    const fields = asFields('mirrored', params, ['machine', 'limit']);
    const machine = optionalText('mirrored', fields, 'machine');
    return queryMirrored(db, machine, limitOf('mirrored', fields, 100, 5000));
  },
  'last-shots': (db, params) => queryLastShots(db, readLastShotsRequest(params)),
  stood: (db) => queryStood(db),
};

const changing: Answers<OwnMethods> = {
  'set-pointer': (db, params) => {
    const { machine, mold, bundle } = readPointer(params);
    return setPointer(db, machine, bundle, mold);
  },
  // These two come from this program's own loop, which makes them by their types.
  'model-step': (db, params) => {
    const step = params as ModelStep;
    const { machine, mold, before } = step;
    takeStep(db, step, (bundle) => void setPointer(db, machine, bundle, mold, before));
    return queryModels(db);
  },
  'trial-progress': (db, params) => {
    saveProgress(db, params as TrialProgress);
    return null;
  },
  'raise-model-floor': (db, params) => {
    raiseFloor(db, readFloor(params));
    return null;
  },
  'set-model-state': (db, params) => {
    const fields = asFields('set-model-state', params, ['hash', 'state']);
    setModelState(db, requiredText('set-model-state', fields, 'hash'), fields.state ?? null);
    return null;
  },
};

export const readingMethods = Object.keys(reading);

const lookUp = (table: Answers<Methods> | Answers<OwnMethods>, name: string) =>
  Object.entries(table).find(([known]) => known === name)?.[1];

/** The function that answers `name`, or undefined. `own` allows those that change the store. */
export function methodNamed(
  name: string,
  own: boolean,
): ((db: Database.Database, params: unknown) => unknown) | undefined {
  return lookUp(reading, name) ?? (own ? lookUp(changing, name) : undefined);
}
