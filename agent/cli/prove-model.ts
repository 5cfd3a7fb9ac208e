/** Runs a bundle's golden vectors where models run: in an inference child, never in this process. */
import { PpuriError } from '../../config/errors.ts';
import { compileEncoder } from '../../models/encode.ts';
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

/** A model's own run of one row of `width` must not take longer than this. */
const runMs = 5000;

/**
 * What the model answers to rows in its feature order, run in a child. Rejects as `proveModel`, and
 * with `model-invalid` for a row that it cannot answer.
 */
export async function answerRows(
  bundle: Bundle,
  rows: readonly (readonly (number | null)[])[],
  fork: ForkRole,
): Promise<number[][]> {
  const inference = createInference({ fork, onEvent: ignore });
  const encoder = compileEncoder(bundle.manifest);
  const answers: number[][] = [];
  try {
    await inference.load({ ...bundle, golden: { ...bundle.golden, vectors: [] } });
    for (const [index, values] of rows.entries()) {
      const encoded = encoder.encodeVector(values);
      if ('refused' in encoded)
        throw noAnswer(bundle, index, `${encoded.refused.join(', ')} missing`);
      const request = { model: bundle.hash, machine: 'golden', input: encoded.input };
      const limits = { deadlineMs: runMs, hardLimitMs: runMs };
      const answer = await inference.predict({ ...request, ...limits });
      if (answer.kind === 'unscored')
        throw noAnswer(bundle, index, `${answer.reason} ${answer.detail}`);
      answers.push([...answer.outputs]);
    }
  } finally {
    await inference.close();
  }
  return answers;
}

function noAnswer({ manifest }: Bundle, index: number, why: string): PpuriError {
  return new PpuriError('model-invalid', `row ${index + 1} of the data is not answered: ${why}`, {
    operation: 'make golden rows',
    subject: `${manifest.name} ${manifest.version}`,
    hint: 'say how a missing value is encoded (--missing nan), or give rows that are whole',
  });
}
