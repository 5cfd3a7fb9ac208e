/**
 * What the agent and its inference child say to each other: structured clones over the IPC channel,
 * one request outstanding, so that whatever kills the child has one culprit at most.
 */
import type { ErrorCode } from '../../config/errors.ts';

/** One model as the child needs it; golden rows are already encoded. */
export interface LoadRequest {
  readonly op: 'load';
  readonly id: number;
  /** sha256 of the file, hex; also the model's name in later requests. */
  readonly model: string;
  readonly label: string;
  readonly path: string;
  readonly input: string;
  readonly output: string;
  /** Features of one row. */
  readonly width: number;
  readonly golden: {
    readonly tolerance: number;
    readonly inputs: readonly Float32Array[];
    readonly outputs: readonly (readonly number[])[];
  };
}

export interface RunRequest {
  readonly op: 'run';
  readonly id: number;
  readonly model: string;
  readonly input: Float32Array;
}

/**
 * Before a run is asked: a row that is known to go well, so that the run finds a child that is awake
 * and has the model at hand. Not answered, since reading the answer would hold up the loop.
 */
export interface RehearseRequest {
  readonly op: 'rehearse';
  readonly model: string;
  readonly input: Float32Array;
}

/** Asks nothing but whether the child is there to answer. */
export interface PingRequest {
  readonly op: 'ping';
  readonly id: number;
}

export type ToChild =
  | LoadRequest
  | RunRequest
  | PingRequest
  | RehearseRequest
  | { readonly op: 'release'; readonly model: string };

/** Answers to the request with the same id. */
export type Answer =
  | { readonly op: 'here'; readonly id: number }
  /** `runMs`: its quickest run of a golden row, in the child. */
  | { readonly op: 'loaded'; readonly id: number; readonly runMs: number }
  | {
      readonly op: 'refused';
      readonly id: number;
      readonly code: ErrorCode;
      readonly text: string;
      readonly hint: string;
    }
  | { readonly op: 'done'; readonly id: number; readonly outputs: Float32Array }
  | { readonly op: 'failed'; readonly id: number; readonly text: string };

export type FromChild =
  | { readonly op: 'ready' }
  /** ONNX Runtime itself does not load on this gateway. */
  | { readonly op: 'broken'; readonly text: string }
  | Answer;
