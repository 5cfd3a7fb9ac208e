/** A bundle against the profile of the machine that is to use it. */
import { PpuriError } from '../config/errors.ts';
import { modelFit } from '../config/model-fit.ts';
import type { Profile } from '../config/profile.ts';
import type { Bundle } from '../models/manifest.ts';

/** Throws `model-invalid` for one of another profile, or whose features or units do not fit. */
export function requireModelFit({ manifest }: Bundle, profile: Profile, subject: string): void {
  const { errors } = modelFit(manifest, profile);
  const [first] = errors;
  if (first === undefined && manifest.profile === profile.id) return;
  const details = { operation: 'use a model', subject };
  if (first === undefined)
    throw new PpuriError(
      'model-invalid',
      `the model is for ${manifest.profile}, the machine is a ${profile.id}`,
      { ...details, hint: '`ppuri model list` shows which model is for which profile' },
    );
  const more = errors.slice(1).map(({ message, hint }) => `\n  ${message} (${hint})`);
  const message = `${first.message}${more.join('')}`;
  throw new PpuriError('model-invalid', message, { ...details, hint: first.hint });
}
