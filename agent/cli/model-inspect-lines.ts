/** A model in plain words, in Korean or English. */
import type { ModelFeature } from '../../models/manifest.ts';
import type { Language } from '../words.ts';
import type { Inspection } from './model-inspect.ts';
import { modelText } from './model-words.ts';
import { pad, plainText } from './table.ts';

const labels = {
  admitted: { ko: '쓸 수 있는 모델', en: 'admitted' },
  kind: { ko: '종류', en: 'what it is' },
  madeBy: { ko: '만든 도구', en: 'made by' },
  operators: { ko: '연산자', en: 'operators' },
  input: { ko: '입력', en: 'input' },
  output: { ko: '출력', en: 'output' },
  classes: { ko: '등급', en: 'classes' },
  edited: { ko: '변환', en: 'changed' },
  note: { ko: '참고', en: 'note' },
  facts: { ko: '설명 파일', en: 'facts' },
  bundle: { ko: '번들', en: 'bundle' },
  profile: { ko: '프로파일', en: 'profile' },
  threshold: { ko: '기준', en: 'threshold' },
  golden: { ko: '검증 데이터', en: 'golden' },
  feature: { ko: '항목', en: 'feature' },
  metrics: { ko: '성능', en: 'metrics' },
} as const;

type Label = keyof typeof labels;

function line(label: Label, text: string, lang: Language): string {
  return `  ${pad(labels[label][lang], 11)} ${plainText(text)}`;
}

export function inspectionLines(inspection: Inspection, lang: Language): string[] {
  const { admission, bundle } = inspection;
  const { input, outputs, scores, classLabels, edited, notes } = admission;
  const ko = lang === 'ko';
  const width = input.features ?? 'F';
  const named = input.names === null ? '' : `: ${input.names.join(', ')}`;
  const opsets = pairs(admission.opsets, 'ai.onnx');
  return [
    `${inspection.path}: ${labels.admitted[lang]}`,
    line('kind', kindText(inspection, lang), lang),
    line(
      'madeBy',
      `${admission.producer || (ko ? '알 수 없음' : 'unknown')}, ONNX IR ${admission.irVersion}, ${opsets}`,
      lang,
    ),
    line('operators', pairs(admission.operators, ''), lang),
    line(
      'input',
      `${ko ? `숫자 ${width}개` : `${width} numbers`}, "${input.name}" float32 [N, ${width}]${named}`,
      lang,
    ),
    ...outputs.map(({ name, dtype, dims }) => {
      const shape = dims === null ? '' : ` [${dims.map((size) => size ?? 'N').join(', ')}]`;
      const use = name === scores?.name ? `  ← ${scoreText(scores.kind, lang)}` : '';
      return line('output', `"${name}" ${dtype}${shape}${use}`, lang);
    }),
    ...(classLabels.length > 0 ? [line('classes', classLabels.join(', '), lang)] : []),
    ...notes.map((note) => line(edited ? 'edited' : 'note', modelText(note, lang), lang)),
    ...(bundle === null ? bareLines(inspection, lang) : bundleLines(inspection, lang)),
  ];
}

function scoreText(kind: 'probabilities' | 'score' | 'value', lang: Language): string {
  const words = {
    probabilities: { ko: '등급별 확률', en: 'probabilities' },
    score: { ko: '이상 점수', en: 'score' },
    value: { ko: '예측값', en: 'predicted value' },
  };
  return words[kind][lang];
}

function kindText({ admission, bundle }: Inspection, lang: Language): string {
  const ko = lang === 'ko';
  const task = bundle?.manifest.task;
  const { scores } = admission;
  if (scores === null && task === undefined)
    return ko ? '파일만으로는 알 수 없음' : 'the file alone does not tell';
  if (scores?.kind === 'value' || task === 'regression')
    return ko ? '수치를 예측하는 모델(회귀)' : 'predicts a value (regression)';
  if (scores?.kind === 'score' || task === 'outlier')
    return ko
      ? '점수를 매기는 모델(이상 감지 등)'
      : 'gives a score (an outlier detector or a label)';
  const classes = scores?.classes ?? bundle?.manifest.classes.length ?? null;
  if (classes === null) return ko ? '등급을 나누는 모델' : 'a classifier';
  if (classes < 3) return ko ? '양품·불량을 나누는 모델' : 'a classifier of good and defect';
  return ko ? `${classes}등급으로 나누는 모델` : `a classifier of ${classes} classes`;
}

function pairs(counts: Readonly<Record<string, number>>, unnamed: string): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name || unnamed} ${count}`)
    .join(', ');
}

function bareLines({ facts, needs, path }: Inspection, lang: Language): string[] {
  const ko = lang === 'ko';
  const described = facts === null ? [] : [line('facts', facts, lang)];
  if (needs.length === 0)
    return [
      ...described,
      ko
        ? '  더 필요한 것 없음: `ppuri model add`로 추가하면 됩니다'
        : '  `ppuri model add` needs nothing more for a bundle',
    ];
  return [
    ...described,
    ko ? '  추가하려면 더 필요한 것:' : '  for a bundle `ppuri model add` still needs:',
    ...needs.map((need) => `    - ${plainText(modelText(need, lang))}`),
    ko ? '  이렇게 추가하세요(값은 고쳐서):' : '  that is, with your own values:',
    `    ${plainText(command(path, needs))}`,
  ];
}

/** The first way out of each need, as it would be typed. */
function command(path: string, needs: readonly string[]): string {
  const flags = needs.flatMap((need) => {
    if (/--profile, one of/.test(need)) return ['--profile PROFILE'];
    if (/limits of the predicted/.test(need)) return ['--low A --high B'];
    const found = /--[a-z]+ (?:'[^']*'|[^\s,;()]+(?:,[^\s,;()]+)*)/.exec(need);
    return found === null ? [] : [found[0]];
  });
  return ['ppuri model add', path, ...new Set(flags)].join(' ');
}

function bundleLines({ bundle, goldenVectors }: Inspection, lang: Language): string[] {
  if (bundle === null) return [];
  const { manifest, hash } = bundle;
  const ko = lang === 'ko';
  const metrics = JSON.stringify(manifest.metrics);
  const agree = ko ? '체크섬 일치' : 'sums agree';
  const when = ko
    ? `${goldenVectors}건(추가할 때와 읽어 들일 때 확인)`
    : `${goldenVectors} vectors (run when the model is added or loaded)`;
  return [
    line('bundle', `${manifest.name} ${manifest.version}, ${agree}, sha256 ${hash}`, lang),
    line('profile', manifest.profile, lang),
    line('threshold', comparedWith(manifest.output, manifest.threshold), lang),
    line('golden', when, lang),
    ...manifest.features.map((feature) => line('feature', featureText(feature, lang), lang)),
    ...(metrics === '{}' ? [] : [line('metrics', metrics, lang)]),
  ];
}

/** `≥ 0.5`, `≤ 0`, `415 … 425 g`. */
function comparedWith({ kind, defectSide, limits, unit = '' }: Output, threshold: number): string {
  if (kind !== 'value') return defectSide === 'low' ? `≤ ${threshold}` : `≥ ${threshold}`;
  const band = `${limits?.low ?? '−∞'} … ${limits?.high ?? '∞'} ${unit}`.trimEnd();
  return threshold === 0 ? band : `${band} (+${threshold})`;
}

type Output = NonNullable<Inspection['bundle']>['manifest']['output'];

function featureText({ name, from, unit, missing, range }: ModelFeature, lang: Language): string {
  const source = name === from ? name : `${name} ← ${from}`;
  const ko = lang === 'ko';
  const span =
    range === undefined
      ? ''
      : `, ${ko ? '학습 범위' : 'trained'} ${range[0]} ${ko ? '~' : 'to'} ${range[1]} ${unit}`.trimEnd();
  return `${source}${span}, ${ko ? '값 없을 때' : 'missing'}: ${missing}`;
}
