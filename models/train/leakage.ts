/**
 * Columns that would make a model look better than it can be in service: what is known only after
 * inspection, flags of try shots, counters and constants.
 */

import { normalizeName } from '../cell.ts';
import { auc } from '../metrics.ts';
import { defectLabels, type TrainingSet } from './training-set.ts';

export type LeakKind =
  | 'try-shot-flag'
  | 'known-afterwards'
  | 'equals-label'
  | 'nearly-label'
  | 'counts-rows'
  | 'constant'
  | 'same-as-other'
  | 'empty';

export interface LeakWarning {
  readonly feature: string;
  readonly kind: LeakKind;
  /** Left out unless the user named the feature on purpose. */
  readonly isLeftOut: boolean;
  readonly text: { readonly ko: string; readonly en: string };
}

const tryShotName = /try_?-?shot|시험\s*샷|시사출|예열타|warm_?-?up|^working$|가동여부/i;
const inspectionName =
  /^(reason|verdict|judg|inspect|defect|ng|reject|scrap|불량|판정|검사|선별|폐기)|(불량|판정|검사)$/i;

/** Shot counters begin anew with a mold or a shift, so that rising alone does not tell them. */
const counterName =
  /^(count(er)?|cnt|(shot|cycle|row|serial|part)?[_ ]?(no|num(ber)?|index|idx|id|seq|count)|타수|샷(번호|수)?|(일련)?번호|순번)$/i;

/** A column, of numbers or of text, that marks shots which must not be learned from. */
export function marksTryShots(name: string): boolean {
  return tryShotName.test(normalizeName(name));
}

/** Beyond this a single column tells what no sensor tells. */
const equalsAuc = 0.9999;
const nearlyAuc = 0.99;
const fewestOfEach = 10;

/** `forced`: features the user named one by one; these are warned of, and stay. */
export function findLeaks(data: TrainingSet, forced: ReadonlySet<string>): LeakWarning[] {
  const defects = defectLabels(data);
  const warnings: LeakWarning[] = [];
  const seen = new Map<string, string>();
  for (const [at, { name }] of data.features.entries()) {
    const column = data.columns[at] ?? new Float32Array();
    const kind = leakOf(name, column, defects) ?? sameAsOther(name, column, seen);
    if (kind === null) continue;
    const isLeftOut = kind !== 'nearly-label' && !(forced.has(name) && kind !== 'empty');
    warnings.push({ feature: name, kind, isLeftOut, text: wordsOf(kind, name) });
  }
  return warnings;
}

function leakOf(name: string, column: Float32Array, defects: Uint8Array): LeakKind | null {
  const present = column.filter((value) => !Number.isNaN(value));
  if (present.length === 0) return 'empty';
  if (marksTryShots(name)) return 'try-shot-flag';
  if (inspectionName.test(normalizeName(name))) return 'known-afterwards';
  if (counterName.test(normalizeName(name))) return 'counts-rows';
  const [first] = present;
  const isConstant = present.every((value) => value === first);
  if (isConstant && present.length === column.length) return 'constant';
  if (isSameOnAllGood(column, defects)) return 'known-afterwards';
  const tells = Math.max(tellsAlone(column, defects), tellsAlone(absence(column), defects));
  if (tells >= equalsAuc) return 'equals-label';
  if (countsRows(column)) return 'counts-rows';
  return tells >= nearlyAuc ? 'nearly-label' : null;
}

/** Another value only ever on defects: a count of defects, not a measurement. */
function isSameOnAllGood(column: Float32Array, defects: Uint8Array): boolean {
  const good = column.filter((_, row) => defects[row] === 0);
  if (good.length < fewestOfEach || good.length === column.length) return false;
  const [first = Number.NaN] = good;
  return good.every((value) => Object.is(value, first)) && column.some((one) => one !== first);
}

function absence(column: Float32Array): Float32Array {
  return column.map((value) => (Number.isNaN(value) ? 1 : 0));
}

/** AUC of the values alone, whichever way round; 0 where that says nothing. */
function tellsAlone(column: Float32Array, defects: Uint8Array): number {
  const rows = Uint32Array.from(column, (_, row) => row).filter(
    (row) => !Number.isNaN(column[row]),
  );
  const labels = Uint8Array.from(rows, (row) => defects[row] ?? 0);
  const found = labels.reduce((sum, one) => sum + one, 0);
  if (Math.min(found, labels.length - found) < fewestOfEach) return 0;
  const area = auc(
    Float32Array.from(rows, (row) => column[row] ?? 0),
    labels,
  );
  return area === null ? 0 : Math.max(area, 1 - area);
}

/** 1, 2, 3 …: goes on rising by one without end. */
function countsRows(column: Float32Array): boolean {
  if (column.length < fewestOfEach) return false;
  return column.every((value, row) => row === 0 || value > (column[row - 1] ?? value));
}

function sameAsOther(
  name: string,
  column: Float32Array,
  seen: Map<string, string>,
): LeakKind | null {
  const key = Buffer.from(column.buffer, column.byteOffset, column.byteLength).toString('latin1');
  if (seen.has(key)) return 'same-as-other';
  seen.set(key, name);
  return null;
}

function wordsOf(kind: LeakKind, name: string): LeakWarning['text'] {
  const words: Record<LeakKind, LeakWarning['text']> = {
    'try-shot-flag': {
      ko: `${name}: 예열타·시험샷·정지 표시는 라벨을 그대로 알려줍니다. 그런 샷은 --drop ${name}=값 으로 빼세요`,
      en: `${name}: a flag of try shots or stops is the label in disguise; leave such rows out with --drop ${name}=VALUE`,
    },
    'known-afterwards': {
      ko: `${name}: 검사 뒤에야 알 수 있는 값입니다`,
      en: `${name}: is known only after inspection`,
    },
    'equals-label': {
      ko: `${name}: 이 값 하나로 불량이 모두 갈립니다. 라벨에서 나온 값으로 보입니다`,
      en: `${name}: alone tells every defect; it seems to be made from the label`,
    },
    'nearly-label': {
      ko: `${name}: 이 값 하나로 불량이 거의 갈립니다. 샷 시점에 알 수 있는 값인지 확인하세요`,
      en: `${name}: alone tells nearly every defect; check that it is known when the shot ends`,
    },
    'counts-rows': {
      ko: `${name}: 샷마다 늘어나는 번호나 시각입니다`,
      en: `${name}: counts up shot by shot, as a number or a time does`,
    },
    constant: { ko: `${name}: 값이 늘 같습니다`, en: `${name}: never changes` },
    'same-as-other': {
      ko: `${name}: 다른 열과 값이 똑같습니다`,
      en: `${name}: is the same as another column`,
    },
    empty: { ko: `${name}: 값이 하나도 없습니다`, en: `${name}: has no value at all` },
  };
  return words[kind];
}
