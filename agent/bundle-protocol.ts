/** What the agent and the child that verifies bundles for it say to each other. */
import type { ErrorCode } from '../config/errors.ts';
import type { Bundle } from '../models/manifest.ts';
import type { TrustRule } from '../models/trust.ts';

export interface VerifyRequest {
  readonly id: number;
  readonly dir: string;
  readonly trust: TrustRule | null;
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly operation: string;
  readonly subject: string;
  readonly hint: string;
}

export type VerifyAnswer =
  | { readonly id: number; readonly bundle: Bundle }
  | { readonly id: number; readonly refusal: Refusal };
