/** What the agent asks of inference and what it gets back. */
import type { ChildProcess } from 'node:child_process';
import type { Bundle } from '../../models/manifest.ts';

export interface PredictRequest {
  /** sha256 of model.onnx, hex, of a loaded model. */
  readonly model: string;
  /** Named in incidents only. */
  readonly machine: string;
  /** One encoded row. */
  readonly input: Float32Array;
  /** The prediction settles within this many ms of the call. */
  readonly deadlineMs: number;
  /** A run that has not answered this many ms after it was begun costs the child its life. */
  readonly hardLimitMs: number;
  /**
   * `explanation`: no verdict waits for it, so whatever does goes first, and the model does not
   * answer for a row that no machine made. `mirror`: no verdict waits for it either, but the row is a
   * machine's, so that the model answers for what it does. Absent: a verdict.
   */
  readonly purpose?: 'verdict' | 'explanation' | 'mirror';
}

export type UnscoredReason =
  | 'deadline-missed'
  | 'hard-limit'
  | 'inference-restarting'
  | 'inference-lost'
  | 'model-set-aside'
  | 'model-failed'
  | 'not-loaded';

export type Prediction =
  | {
      readonly kind: 'scored';
      /** The named output's row, all finite. */
      readonly outputs: Float32Array;
      /** From the call until the child got it. */
      readonly queuedMs: number;
      /** From then until its answer was read. */
      readonly runMs: number;
    }
  | { readonly kind: 'unscored'; readonly reason: UnscoredReason; readonly detail: string };

/** Where a model runs, after what it has done. */
export type Placement = 'shared' | 'own' | 'set-aside';

export type IncidentCause = 'hang' | 'crash' | 'memory';

/** One model's record of losing its child; kept over restarts of the agent by `adopt`. */
export interface ModelIncidents {
  /** sha256 of model.onnx, hex. */
  readonly model: string;
  readonly inShared: number;
  readonly inOwn: number;
  readonly placement: Placement;
  readonly last: {
    readonly cause: IncidentCause;
    readonly detail: string;
    readonly wallMs: number;
  };
}

export interface ChildStatus {
  readonly kind: 'shared' | 'own';
  /** `down`: between two children. `spare`: warm, to take over at the next loss. */
  readonly state: 'starting' | 'loading' | 'ready' | 'spare' | 'down';
  readonly pid: number | null;
  readonly rssMiB: number | null;
  readonly models: readonly string[];
}

export interface ModelStatus {
  readonly model: string;
  readonly label: string;
  readonly placement: Placement;
  /** `refused`: it could not be loaded again after a restart of its child; `detail` says why. */
  readonly state: 'loading' | 'serving' | 'refused';
  readonly detail: string;
}

export interface InferenceStatus {
  readonly children: readonly ChildStatus[];
  readonly models: readonly ModelStatus[];
  /** Children started after a loss. */
  readonly restarts: number;
  /** Answers that came after their deadline and were dropped. */
  readonly lateAnswers: number;
  readonly waiting: number;
}

export interface Loaded {
  /** Its quickest run of a golden row, in the child. */
  readonly runMs: number;
}

export interface Inference {
  /**
   * Resolves when the model is loaded and has reproduced its golden vectors. Each load is undone by
   * one `release`. Rejects with `model-invalid`, `model-golden-mismatch` or `model-unavailable`.
   * `apart`: in a child of its own, unless it is loaded already: what it does costs no other model.
   */
  load(bundle: Bundle, where?: 'shared' | 'apart'): Promise<Loaded>;
  release(model: string): void;
  /** A model that was loaded apart moves to the others, once they have it too: no run waits for it. */
  join(model: string): void;
  /** Never rejects, and settles by its deadline. */
  predict(request: PredictRequest): Promise<Prediction>;
  /**
   * A shot's snapshot is being read and a prediction will follow: has an idle child run the model
   * once for nothing. A child that slept for a cycle answers some 0.4 ms slower than one just used.
   */
  rehearse(model: string): void;
  /** A person says that a model may run with the others again; its incidents are forgotten. */
  restore(model: string): Promise<void>;
  /** Takes back incidents remembered from before a restart; call it before `load`. */
  adopt(remembered: readonly ModelIncidents[]): void;
  incidents(): readonly ModelIncidents[];
  status(): InferenceStatus;
  /** Settles everything, ends every child, and returns when they are gone. */
  close(): Promise<void>;
}

/** Starts a child of this program; `forkRole` of the agent fits. */
export type ForkInfer = (
  role: 'infer',
  options: { readonly env: Readonly<Record<string, string>>; readonly stdio: 'pipe' },
) => ChildProcess;

export interface InferLimits {
  /** Memory of a child above what it holds with its models loaded. */
  readonly memoryMiB: number;
  /** V8's old space in the child; models do not live there. */
  readonly heapMiB: number;
  /** From fork to the child's first word. */
  readonly startMs: number;
  /** For loading one model and running its golden vectors. */
  readonly loadMs: number;
  /** After this many in the shared child a model gets a child of its own. */
  readonly sharedIncidents: number;
  /** After this many more it is set aside. */
  readonly ownIncidents: number;
  /** After a loss a spare child is kept warm until this long has passed without another. */
  readonly spareMs: number;
  /** Longest wait between two restarts. */
  readonly backoffCapMs: number;
}

export const defaultLimits: InferLimits = {
  memoryMiB: 512,
  heapMiB: 64,
  startMs: 15_000,
  loadMs: 10_000,
  sharedIncidents: 2,
  ownIncidents: 3,
  spareMs: 30_000,
  backoffCapMs: 5_000,
};
