/** What scrap and electricity cost, from a file of the user's own. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { PpuriError } from '../../config/errors.ts';

const won = z.number().min(0).max(1e12);
const pricesSchema = z.strictObject({ scrapKrw: won.optional(), kwhKrw: won.optional() });

export interface GivenPrices {
  /** Of one scrapped shot: material less return, energy, machine time. */
  readonly scrapKrw: number | null;
  readonly kwhKrw: number | null;
}

/** YAML with `scrapKrw` and `kwhKrw`, either or both. Throws `usage`. */
export function readPrices(path: string): GivenPrices {
  const refuse = (message: string, cause?: unknown): PpuriError =>
    new PpuriError('usage', message, {
      ...{ operation: 'report effect', subject: path, cause },
      hint: 'a prices file is YAML such as: scrapKrw: 3200, and on the next line kwhKrw: 145',
    });
  let given: unknown;
  try {
    given = parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw refuse('the prices cannot be read', cause);
  }
  const found = pricesSchema.safeParse(given);
  if (!found.success) {
    const [issue] = found.error.issues;
    const where = issue?.path.join('.') ?? '';
    throw refuse(
      `the prices do not fit: ${where === '' ? '' : `${where}: `}${issue?.message ?? ''}`,
    );
  }
  const { scrapKrw = null, kwhKrw = null } = found.data;
  return { scrapKrw, kwhKrw };
}
