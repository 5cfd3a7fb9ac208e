/** What monthly reports share: the month, and what was kept in it. */
import { InvalidArgumentError } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { parseConfig } from '../../config/load.ts';
import { FactorTable, withUnit } from '../carbon/factors.ts';
import { type CarbonMonth, CarbonTally } from '../carbon/month.ts';
import { type Evidence, queryEvidence } from '../store/evidence.ts';
import { storePaths } from '../store/paths.ts';
import { asStoreError, isDiskTrouble } from '../store/trouble.ts';
import type { Output } from './output.ts';
import type { Place, StoreFlags } from './store-access.ts';
import { openStoreFile } from './store-file.ts';

export interface Month {
  /** `2026-10` */
  readonly name: string;
  /** Local, epoch ms. */
  readonly fromWallMs: number;
  readonly toWallMs: number;
}

export interface MonthFlags extends StoreFlags {
  readonly month: Month;
  readonly csv?: string;
}

export function month(text: string): Month {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text);
  if (match === null) throw new InvalidArgumentError('give a month such as 2026-10');
  const [year, number] = [Number(match[1]), Number(match[2])];
  const fromWallMs = new Date(year, number - 1, 1).getTime();
  return { name: text, fromWallMs, toWallMs: new Date(year, number, 1).getTime() };
}

/** From the file, beside a running agent: a month would keep that from its records. */
export function evidenceOf({ dir }: Place, { fromWallMs, toWallMs }: Month): Evidence {
  const db = openStoreFile(storePaths(dir).database);
  try {
    return queryEvidence(db, fromWallMs, toWallMs);
  } catch (thrown) {
    if (!isDiskTrouble(thrown)) throw thrown;
    throw asStoreError(thrown, 'read a month from the store', db.name, 'reader');
  } finally {
    db.close();
  }
}

/** Of a site's own configuration; one with errors must not quietly count by other factors. */
function factorsOf(config: string | undefined): FactorTable {
  if (config === undefined) return new FactorTable();
  const parsed = parseConfig(config);
  if (parsed.config !== null) return new FactorTable(parsed.config.carbon.factors.map(withUnit));
  throw new PpuriError('config-invalid', 'the configuration has errors', {
    operation: 'read the emission factors',
    subject: config,
    hint: `see \`ppuri check -c ${config}\``,
  });
}

export function carbonOf(evidence: Evidence, flags: MonthFlags): CarbonMonth {
  const tally = new CarbonTally(flags.month, factorsOf(flags.config));
  for (const kept of evidence.energy) tally.addEnergy(kept);
  for (const kept of evidence.fuels) tally.addFuel(kept);
  return tally.close(flags.month.name);
}

/** A month that is not over is reported as far as it came, and that is said. */
export function noteUnfinished(output: Output, { month }: MonthFlags, place: Place): void {
  if (month.toWallMs <= Date.now()) return;
  const ko = `${month.name}은 아직 끝나지 않은 달입니다. 점유율은 한 달 전체에 대한 값입니다`;
  const en = `${month.name} is not over: shares are of the whole month`;
  output.note(place.lang === 'ko' ? ko : en);
}
