/** `card.md` of a bundle: what a quality engineer must know before trusting the model, in two languages. */
import type { SharedOut } from '../share.ts';
import type { Interval } from './evidence.ts';
import type { EvidenceReport, PartReport, TrainReport } from './report.ts';

export function modelCard(report: TrainReport): string {
  return [
    `# ${report.name} ${report.version}`,
    verdict(report),
    '## 데이터 / Data',
    data(report),
    '## 성능 / Performance',
    performance(report),
    '## 후보 모델 / Candidates',
    candidates(report),
    ...(report.warnings.length === 0 ? [] : ['## 주의 / Warnings', warnings(report)]),
    '## 한계 / Limits',
    limits(report),
    '',
  ].join('\n\n');
}

/** Null: as few as were asked for, as far as can be told. */
export function moreFalseAlarms({
  test,
  falseAlarmBudget,
}: Pick<TrainReport, 'test' | 'falseAlarmBudget'>): { budget: string; found: string } | null {
  const least = test?.falseAlarms.low ?? null;
  if (test === null || least === null || least <= falseAlarmBudget) return null;
  return { budget: percent(falseAlarmBudget), found: percent(test.falseAlarms.value ?? least) };
}

function verdict(report: TrainReport): string {
  const { unfit, learner, test } = report;
  if (unfit !== null) return `**사용 불가: ${unfit.ko}**\n\n**Unfit: ${unfit.en}.**`;
  if (learner === 'one-class' && (test === null || test.auc.value === null))
    return '**불량 데이터가 거의 없어, 양품과 얼마나 다른지만 봅니다. 불량을 얼마나 찾는지는 알 수 없습니다.**\n\n**There are hardly any defects, so this model only tells how unlike good shots a shot is. How many defects it finds is not known.**';
  const more = moreFalseAlarms(report);
  if (more !== null)
    return `**쓸 수 있으나 오경보가 허용치보다 많습니다: 허용 ${more.budget}, 나중 샷에서 ${more.found}. 공정이 달라진 것으로 보입니다. 기준값을 높이거나 시험 운전(shadow)으로 확인하세요.**\n\n**Fit for use, but with more false alarms than asked for: ${more.budget} wanted, ${more.found} on the later shots. The process seems to have changed: raise the threshold, or see in shadow.**`;
  return '**쓸 수 있습니다. 현장에서는 먼저 시험 운전(shadow)으로 확인하세요.**\n\n**Fit for use; let it run in shadow first.**';
}

function data(report: TrainReport): string {
  const { train, held, split, source, features, classes, repeats, left, falseAlarmBudget } = report;
  const counts = Object.entries(classes).map(([name, count]) => `${name}: ${count}`);
  const out = Object.entries(left).map(([reason, count]) => `${reason}: ${count}`);
  const splits = {
    later: '시간순, 마지막 부분은 학습에 쓰지 않음 / by time, the last part never learned from',
    drawn:
      '시각이 없어 무작위로 나눔. 실제보다 좋게 나올 수 있음 / drawn by chance for want of times: figures may flatter',
    none: '따로 남길 만큼 불량이 없음 / too few defects to hold a part back',
  };
  return table([
    ['출처 / source', source],
    ['학습 / learned from', partText(train)],
    ['평가 / measured on', held === null ? '–' : partText(held)],
    ['나눈 방법 / split', splits[split]],
    ['라벨 / labels', counts.join(', ')],
    ['입력 / inputs', `${features.length}: ${features.join(', ')}`],
    ['중복 제외 / repeats left out', String(repeats)],
    ['제외 / left out', out.join(', ') || '–'],
    ['허용 오경보 / false-alarm budget', percent(falseAlarmBudget)],
  ]);
}

function performance(report: TrainReport): string {
  const { validation, test, threshold, accuracy } = report;
  const row = (name: string, one: EvidenceReport | null): string[] =>
    one === null
      ? [name, '–', '–', '–', '–', '–']
      : [
          `${name} (${one.rows}, 불량/defects ${one.defects})`,
          interval(one.auc),
          interval(one.ap),
          share(one.recall),
          share(one.falseAlarms),
          share(one.precision),
        ];
  const lines = [
    line([
      `기준값/threshold ${threshold}`,
      'AUC',
      'AP',
      '검출률/recall',
      '오경보율/false alarms',
      '정밀도/precision',
    ]),
    line(['---', '---', '---', '---', '---', '---']),
    line(row('학습 중 검증 / validation', validation)),
    line(row(report.split === 'drawn' ? '평가 / drawn part' : '평가 / later part', test)),
  ];
  if (accuracy !== null)
    lines.push('', `등급 정확도 / share of classes right: ${percent(accuracy)}`);
  return `${lines.join('\n')}\n\n괄호는 95 % 구간 / in brackets: 95 % interval`;
}

function candidates({ candidates: all, learner, judgedOn }: TrainReport): string {
  if (learner === 'one-class')
    return '양품까지의 마할라노비스 거리 / Mahalanobis distance from good shots';
  const how =
    judgedOn === 'later'
      ? '학습 구간 안에서, 배운 것보다 뒤의 샷으로 골랐습니다 / chosen inside the training part, on later shots than learned from'
      : '학습 구간 안에서, 무작위로 나눈 샷으로 골랐습니다 / chosen inside the training part, on shots drawn by chance';
  const rows = all.map(({ name, weight, auc, ap, accuracy, logLoss }) =>
    line([
      name,
      weight === 0 ? '–' : weight.toFixed(3),
      number(auc),
      number(ap),
      number(accuracy),
      number(logLoss),
    ]),
  );
  const head = ['후보/candidate', '비중/weight', 'AUC', 'AP', '정확도/accuracy', 'log loss'];
  return [how, '', line(head), line(head.map(() => '---')), ...rows].join('\n');
}

function warnings({ warnings: all }: TrainReport): string {
  return all
    .map(({ text, isLeftOut }) => {
      const out = isLeftOut ? ' (제외함 / left out)' : '';
      return `- ${text.ko} / ${text.en}${out}`;
    })
    .join('\n');
}

function limits({ split, judgedOn }: TrainReport): string {
  const lines = [
    '- 학습 범위를 벗어난 조건(새 금형, 새 재질, 수리 뒤)에서는 맞지 않을 수 있습니다 / conditions outside training (a new mold, material, after repair) are not covered',
    '- 라벨이 있는 샷만 배웠습니다. 검사가 의심 샷에 치우쳤다면 모델도 치우칩니다 / only labelled shots were learned from: biased inspection makes a biased model',
  ];
  if (split !== 'later')
    lines.push('- 시간순으로 확인하지 못했습니다 / was not checked on a later period');
  if (judgedOn === 'drawn')
    lines.push(
      '- 검증은 무작위로 나눈 샷으로 했습니다. 한꺼번에 난 불량은 실제보다 잘 맞는 것처럼 보입니다 / validation is on shots drawn by chance: defects that came in one episode flatter it',
    );
  return lines.join('\n');
}

function partText({ rows, defects, from, to }: PartReport): string {
  const period = from === null || to === null ? '' : `, ${from.slice(0, 10)} – ${to.slice(0, 10)}`;
  return `${rows} (불량/defects ${defects})${period}`;
}

function table(rows: readonly (readonly string[])[]): string {
  return ['| | |', '|---|---|', ...rows.map(line)].join('\n');
}

/** A bar or a line break in a name must not break the table. */
function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replace(/[|\r\n]+/g, ' ')).join(' | ')} |`;
}

function number(value: number | null): string {
  return value === null ? '–' : value.toFixed(3);
}

function percent(value: number | null): string {
  return value === null ? '–' : `${(value * 100).toFixed(1)} %`;
}

function interval({ value, low, high }: Interval): string {
  const range = low === null || high === null ? '' : ` (${number(low)}–${number(high)})`;
  return `${number(value)}${range}`;
}

function share({ value, low, high, count, of }: SharedOut): string {
  if (value === null) return '–';
  return `${percent(value)} (${percent(low)}–${percent(high)}; ${count}/${of})`;
}
