/** A second bundle around a model file that is loaded already: it must be true of that one too. */
import { PpuriError } from '../../config/errors.ts';
import type { Bundle } from '../../models/manifest.ts';
import { compareRows } from './golden.ts';
import type { Inference } from './inference.ts';
import { createModel, type Model, unavailable } from './model.ts';

/** Nobody waits for these rows but a person who activates a model. */
const rowMs = 2000;

/** Throws `model-invalid` where the two bundles feed or read the same file differently. */
export function requireSameUse({ request, label }: Model, { manifest, modelPath }: Bundle): void {
  const { input, output, width } = request;
  const same =
    input === manifest.input.name &&
    output === manifest.output.name &&
    width === manifest.features.length;
  if (same) return;
  throw new PpuriError(
    'model-invalid',
    `${label} is the same model file, read by ${output} of ${width} features`,
    {
      operation: 'load model',
      subject: `${manifest.name} ${manifest.version} (${modelPath})`,
      hint: 'use the same features and output in both bundles, or another model on that machine',
    },
  );
}

/** Rejects with `model-golden-mismatch`, or `model-unavailable` when a row gets no answer. */
export async function proveServing(bundle: Bundle, predict: Inference['predict']): Promise<void> {
  const { request, label } = createModel(bundle);
  const { inputs, outputs, tolerance } = request.golden;
  for (const [index, input] of inputs.entries()) {
    const limits = { deadlineMs: rowMs, hardLimitMs: rowMs };
    const asked = { model: bundle.hash, machine: '', input, purpose: 'explanation' } as const;
    const answer = await predict({ ...asked, ...limits });
    if (answer.kind === 'unscored')
      throw unavailable(label, `golden vector ${index} got no answer: ${answer.detail}`);
    const fault = compareRows(outputs[index] ?? [], answer.outputs, tolerance);
    if (fault === null) continue;
    const hint = 'the model is not the one its bundle was made with; export and add it again';
    throw new PpuriError('model-golden-mismatch', `golden vector ${index}: ${fault}`, {
      operation: 'load model',
      subject: `${label} (${bundle.modelPath})`,
      hint,
    });
  }
}
