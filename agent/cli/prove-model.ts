/** Runs a bundle's golden vectors where models run: in an inference child, never in this process. */
import type { Bundle } from '../../models/manifest.ts';
import type { Loaded } from '../infer/inference.ts';
import { createInference } from '../infer/pool.ts';
import type { ForkRole } from '../role.ts';

/** What goes wrong comes back as the rejection of `load`; nobody reads a log of a command. */
function ignore(): void {
  return;
}

/**
 * Resolves when the child has reproduced every golden vector, with how long it takes. Rejects with `model-invalid`,
 * `model-golden-mismatch` or `model-unavailable`; the child is gone either way.
 */
export async function proveModel(bundle: Bundle, fork: ForkRole): Promise<Loaded> {
  const inference = createInference({ fork, onEvent: ignore });
  try {
    return await inference.load(bundle);
  } finally {
    await inference.close();
  }
}
