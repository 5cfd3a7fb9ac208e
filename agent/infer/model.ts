/** A model as the parent keeps it: what the child must load, and whether it may be asked. */
import { PpuriError } from '../../config/errors.ts';
import { compileEncoder } from '../../models/encode.ts';
import type { Bundle } from '../../models/manifest.ts';
import type { LoadRequest } from './protocol.ts';

export interface Model {
  readonly hash: string;
  /** Name and version, for people. */
  readonly label: string;
  readonly request: Omit<LoadRequest, 'id'>;
  /** Loads not yet undone by a release. */
  users: number;
  /** `loading`: nobody has it yet. `serving`: its child has it, or will again. */
  state: 'loading' | 'serving' | 'refused';
  /** Why it is refused. */
  detail: string;
  /** How long its last load took. */
  loadMs: number | null;
  /** Its quickest run of a golden row, in the child; null before it was loaded. */
  goldenMs: number | null;
  /** How long its last run took; null before the first, and after it cost a child. */
  runMs: number | null;
  /** Children lost, by nobody's fault, while it had not been loaded once. */
  tries: number;
  loaded: PromiseWithResolvers<void>;
}

/** Throws `model-invalid` when a golden vector cannot be encoded as its manifest says. */
export function createModel(bundle: Bundle): Model {
  const { manifest, golden, hash, modelPath } = bundle;
  const label = `${manifest.name} ${manifest.version}`;
  const model: Model = {
    hash,
    label,
    request: {
      op: 'load',
      model: hash,
      label,
      path: modelPath,
      input: manifest.input.name,
      output: manifest.output.name,
      width: manifest.features.length,
      golden: {
        tolerance: golden.tolerance,
        inputs: encodeGolden(bundle),
        outputs: golden.vectors.map(({ outputs }) => outputs),
      },
    },
    users: 0,
    state: 'loading',
    detail: '',
    loadMs: null,
    goldenMs: null,
    runMs: null,
    tries: 0,
    loaded: Promise.withResolvers(),
  };
  expectLoad(model);
  return model;
}

/** From now on `loaded` tells of a new attempt. */
export function expectLoad(model: Model): void {
  model.state = 'loading';
  model.tries = 0;
  model.loaded = Promise.withResolvers();
  // Whoever asked for the load hears of its failure; without anyone it is no unhandled rejection.
  model.loaded.promise.catch(() => undefined);
}

export function unavailable(label: string, text: string, hint = ''): PpuriError {
  return new PpuriError('model-unavailable', text, {
    operation: 'load model',
    subject: label,
    hint,
  });
}

function encodeGolden({ manifest, golden, modelPath }: Bundle): Float32Array[] {
  const encoder = compileEncoder(manifest);
  return golden.vectors.map(({ inputs }, index) => {
    const encoded = encoder.encodeVector(inputs);
    if (inputs.length === manifest.features.length && 'input' in encoded) return encoded.input;
    const why =
      'input' in encoded
        ? `has ${inputs.length} values for ${manifest.features.length} features`
        : `lacks ${encoded.refused.join(', ')}, whose absence the manifest does not encode`;
    throw new PpuriError('model-invalid', `golden vector ${index} ${why}`, {
      operation: 'load model',
      subject: `${manifest.name} ${manifest.version} (${modelPath})`,
      hint: 'make the golden file anew with the manifest as it is',
    });
  });
}
