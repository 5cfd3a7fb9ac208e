/** What `ppuri train` and its child say to each other. Plain data only. */
import type { BundleParts } from '../models/bundle.ts';
import type { TableColumns } from '../models/train/from-table.ts';
import type { TrainReport } from '../models/train/report.ts';

export interface CsvRequest {
  readonly kind: 'csv';
  readonly path: string;
  readonly columns: TableColumns;
  /** Id or path; null: columns are taken as they are. */
  readonly profile: string | null;
}

export interface StoreRequest {
  readonly kind: 'store';
  readonly dir: string;
  readonly machine: string;
  readonly mold: string | null;
  readonly features: readonly string[] | null;
  readonly dropColumns: readonly string[];
}

export interface TrainRequest {
  readonly source: CsvRequest | StoreRequest;
  readonly name: string;
  readonly version: string;
  readonly falseAlarmRate: number;
  readonly testShare: number;
  readonly seed: number;
}

export type TrainStage = 'reading' | 'judging' | 'fitting' | 'measuring';

export interface TrainProgress {
  readonly stage: TrainStage;
  /** The candidate at work; '' outside `judging` and `fitting`. */
  readonly candidate: string;
  /** Of the learning, 0 … 1. */
  readonly done: number;
}

export interface TrainFailure {
  readonly code: string;
  readonly message: string;
  readonly operation: string;
  readonly subject: string;
  readonly hint: string;
}

export type FromTrainer =
  | { readonly type: 'progress'; readonly progress: TrainProgress }
  | {
      readonly type: 'trained';
      readonly parts: BundleParts;
      readonly report: TrainReport;
      readonly notes: readonly string[];
      /** Largest memory of the child, bytes. */
      readonly peakBytes: number;
    }
  | { readonly type: 'failed'; readonly failure: TrainFailure };

export type ToTrainer = { readonly type: 'train'; readonly request: TrainRequest };
