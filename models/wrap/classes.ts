/** Which columns of the output are which classes, and which of them are defects. */
import type { Admission } from '../admit.ts';
import type { Manifest } from '../manifest.ts';
import type { ScoreOutput } from '../onnx/ports.ts';
import type { Facts } from './facts.ts';

type Classes = Manifest['classes'];

/** In column order: from the file's own labels, or the facts', or 0, 1 …; empty: not known. */
export function chooseClasses(admission: Admission, scores: ScoreOutput, facts: Facts): Classes {
  if (scores.kind === 'score' || scores.classes === 1) return [];
  const described = Object.keys(facts.classes ?? {});
  const labels = admission.classLabels.length > 0 ? admission.classLabels : described;
  const count = scores.classes ?? labels.length;
  if (count > 0 && labels.length === count)
    return labels.map((value) => ({ value, title: title(String(value), count, facts) }));
  // Nobody named them: a class is its column.
  return Array.from({ length: count }, (_, value) => ({
    value,
    title: title(String(value), count, facts),
  }));
}

function title(label: string, count: number, facts: Facts): { ko: string; en: string } {
  const given = facts.classes?.[label];
  if (given !== undefined) return { ko: given, en: given };
  if (count === 2 && facts.positive_class !== undefined)
    return label === String(facts.positive_class) ? defect : good;
  if (count === 2 && label === '0') return good;
  if (count === 2 && label === '1') return defect;
  return { ko: label, en: label };
}

const good = { ko: '양품', en: 'good' };
const defect = { ko: '불량', en: 'defect' };

/** Columns whose sum is the probability of a defect. */
export function chooseDefects(
  classes: Classes,
  scores: ScoreOutput,
  wanted: readonly string[] | undefined,
  faults: string[],
): number[] {
  if (scores.kind === 'score' || scores.classes === 1) return [0];
  const listed = classes.map(({ value, title: { en } }) =>
    String(value) === en ? en : `${value} (${en})`,
  );
  const asked = wanted ?? (isYesNo(classes) ? ['1'] : undefined);
  if (asked === undefined) {
    faults.push(`the classes that are defects, of ${listed.join(', ')}: --positive CLASS,CLASS`);
    return [];
  }
  return asked.flatMap((label) => {
    const column = classes.findIndex(({ value, title: { en, ko } }) =>
      [String(value), en, ko].includes(label),
    );
    if (column >= 0) return [column];
    faults.push(`there is no class "${label}", only ${listed.join(', ')}: --positive CLASS`);
    return [];
  });
}

function isYesNo(classes: Classes): boolean {
  return classes.length === 2 && classes.map(({ value }) => String(value)).join() === '0,1';
}
