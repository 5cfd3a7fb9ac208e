/** What the comparison says in plain words, in both languages. */
import type { EnergyEffect, EnergyRefusal } from '../effect/energy-result.ts';
import type { DefectEffect, EffectNote } from '../effect/result.ts';
import type { Text } from '../records.ts';
import type { BasisNote } from './basis.ts';
import type { EffectReport } from './effect-report.ts';
import { chance, percent, pointsText, whole } from './figures.ts';

const both = (ko: string, en: string): Text => ({ ko, en });

/** `3.02 % → 1.48 %`, in the same mix where there is one. */
function ratesText({ sameMix, periods }: DefectEffect): string {
  const [before, after] =
    sameMix === null
      ? [periods.before?.rate.value, periods.after?.rate.value]
      : [sameMix.before, sameMix.after];
  const shown = (rate: number | undefined): string => (rate === undefined ? '-' : percent(rate));
  return `${shown(before)} → ${shown(after)}`;
}

/** The one sentence that stands on top. */
export function verdictText({ effect, evidence }: EffectReport): Text {
  const { defects } = effect;
  const rates = ratesText(defects);
  switch (defects.verdict) {
    case 'better':
      return both(`불량률이 낮아졌습니다: ${rates}`, `The defect rate fell: ${rates}`);
    case 'worse':
      return both(`불량률이 높아졌습니다: ${rates}`, `The defect rate rose: ${rates}`);
    case 'no-difference-shown':
      return both(
        `불량률 차이가 확인되지 않았습니다: ${rates}`,
        `No difference in the defect rate was shown: ${rates}`,
      );
    case 'too-few':
      return tooFewText(defects, percent(evidence.settings.aim, 0));
  }
}

function tooFewText({ need, periods }: DefectEffect, aim: string): Text {
  if (periods.before === null || periods.after === null)
    return both(
      '판단할 수 없습니다: 한쪽 기간에 검사된 샷이 없습니다',
      'Not to be told: one of the periods has no judged shot',
    );
  if (need === null)
    return both(
      '판단할 수 없습니다: 두 기간에 함께 생산한 금형이 없거나 변경 전 불량이 없습니다',
      'Not to be told: no mold was made in both periods, or there was no defect before',
    );
  if (need.moreAfter === null)
    return both(
      `판단하기에는 샷이 부족합니다: 변경 전 검사 샷이 너무 적어, 변경 후를 늘려도 ${aim} 감소를 확인할 수 없습니다`,
      `Not enough shots to tell: the period before is too small to show a fall by ${aim}, however long the one after goes on`,
    );
  if (need.moreAfter === 0)
    return both(
      '판단하기에는 날이 부족합니다: 기간마다 적어도 사흘은 검사해야 합니다',
      'Not enough days to tell: it takes at least three with judged shots in each period',
    );
  const [more, days] = [whole(need.moreAfter), whole(need.moreDays ?? 0)];
  return both(
    `판단하기에는 샷이 부족합니다: 변경 후 검사 샷이 ${more}개(지금 속도로 약 ${days}일) 더 필요합니다`,
    `Not enough shots to tell: ${more} more judged ones are needed after (about ${days} days at this pace)`,
  );
}

const lookWords = (until: string): Text =>
  both(
    `${until}까지의 점검, 여러 번 본 것을 감안한 구간`,
    `as looked at until ${until}, with an interval that allows for all looks`,
  );

/** What the sentence on top rests on, and how far it reaches. */
export function verdictLines({ effect, evidence }: EffectReport): Text[] {
  const { defects } = effect;
  const lines: Text[] = [];
  if (defects.answer !== null) {
    const points = pointsText(defects.answer);
    const rest =
      defects.looks === null
        ? both('95 % 신뢰구간', '95 % interval')
        : lookWords(defects.looks.at(-1)?.until ?? '');
    lines.push(
      both(
        `차이 ${points.ko}, ${rest.ko}. 같은 금형 구성으로 맞춘 값입니다.`,
        `Difference ${points.en}, ${rest.en}, for the same mix of molds.`,
      ),
    );
  }
  const aim = percent(evidence.settings.aim, 0);
  if (defects.verdict === 'better' || defects.verdict === 'worse')
    lines.push(
      both(
        '차이가 전혀 없는데도 이렇게 나올 확률은 5 % 이하입니다.',
        'If nothing had changed, this would come out at most one time in twenty.',
      ),
    );
  if (defects.verdict === 'no-difference-shown')
    lines.push(
      both(
        `불량률이 ${aim} 줄었다면 이 샷 수로 열에 여덟 번은 드러났을 것입니다. 더 작은 효과는 있을 수 있습니다.`,
        `A fall by ${aim} would have shown with these shots eight times out of ten. A smaller one may still be there.`,
      ),
    );
  if (defects.verdict === 'too-few')
    lines.push(
      both(
        '효과가 없다는 뜻이 아닙니다. 아직 알 수 없다는 뜻입니다.',
        'This does not mean that there is no effect: it is not known yet.',
      ),
    );
  lines.push(...energyLines(effect.energy, evidence.settings.energyPer));
  return lines;
}

function energyLines(energy: EnergyEffect | EnergyRefusal | null, per: 'kg' | 'shot'): Text[] {
  if (energy === null) return [];
  if (energy.kind === 'refused') return [refusalText(energy)];
  const { value, low, high } = energy.savedShare;
  const range = `${percent(low, 1)} ~ ${percent(high, 1)}`;
  const unit = per === 'kg' ? both('양품 중량', 'good weight') : both('양품 샷', 'good shots');
  if (energy.verdict === 'less')
    return [
      both(
        `전력은 같은 ${unit.ko} 기준으로 ${percent(value, 1)} 줄었습니다 (95 % 신뢰구간 ${range}).`,
        `Energy fell by ${percent(value, 1)} for the same ${unit.en} (95 % interval ${range}).`,
      ),
    ];
  if (energy.verdict === 'more')
    return [
      both(
        `전력은 같은 ${unit.ko} 기준으로 ${percent(-value, 1)} 늘었습니다 (95 % 신뢰구간 ${percent(-high, 1)} ~ ${percent(-low, 1)}).`,
        `Energy rose by ${percent(-value, 1)} for the same ${unit.en} (95 % interval ${percent(-high, 1)} ~ ${percent(-low, 1)}).`,
      ),
    ];
  // An interval wider than all the energy there is says nothing.
  if (high - low > 2)
    return [
      both(
        '전력은 아직 알 수 없습니다: 기준선과 날마다 너무 다르거나 날이 적습니다.',
        'Energy is not to be told yet: days differ too much from the baseline, or there are too few.',
      ),
    ];
  return [
    both(
      `전력 절감은 확인되지 않았습니다 (95 % 신뢰구간 ${range}).`,
      `No saving of energy was shown (95 % interval ${range}).`,
    ),
  ];
}

export function refusalText({ reason, rows, needed }: EnergyRefusal): Text {
  switch (reason) {
    case 'too-few-before':
      return both(
        `전력은 비교하지 않았습니다: 변경 전 ${rows.before}일뿐이고 기준선에는 ${needed}일이 필요합니다.`,
        `Energy is not compared: ${rows.before} days before, and a baseline takes ${needed}.`,
      );
    case 'none-after':
      return both(
        '전력은 비교하지 않았습니다: 변경 후 전력 기록이 있는 날이 없습니다.',
        'Energy is not compared: no day after has a meter that was read.',
      );
    case 'carried-over':
      return both(
        '전력은 비교하지 않았습니다: 변경 전 날들의 전력이 생산량보다 전날을 따라 움직여 기준을 정할 수 없습니다. 변경 전 기간을 늘리십시오.',
        'Energy is not compared: before, each day followed the day before it rather than what was made; take a longer time before.',
      );
    case 'no-driver':
      return both(
        '전력은 비교하지 않았습니다: 변경 전 생산량이 늘 같아 생산량의 몫을 알 수 없습니다.',
        'Energy is not compared: production before never varied, so that its part cannot be told.',
      );
    case 'collinear':
      return both(
        '전력은 비교하지 않았습니다: 생산량과 보온 시간 등이 함께 움직여 각각의 몫을 가릴 수 없습니다.',
        'Energy is not compared: production, holding and the like moved together, so that their parts cannot be told.',
      );
  }
}

export function noteText(note: EffectNote): Text {
  switch (note.kind) {
    case 'few-defects':
      return both(
        `불량이 적습니다(변경 전 ${whole(note.before)}개, 후 ${whole(note.after)}개): 구간이 넓고 조심스럽게 보아야 합니다.`,
        `There are few defects (${whole(note.before)} before, ${whole(note.after)} after): the interval is wide, and to be read with care.`,
      );
    case 'few-blocks':
      return both(
        `날(또는 로트·주)이 적습니다(전 ${note.before}, 후 ${note.after}): 날마다 얼마나 다른지 알 수 없습니다.`,
        `There are few days, lots or weeks (${note.before} before, ${note.after} after): how much they differ cannot be seen.`,
      );
    case 'weeks-alike':
      return both(
        '좋은 주와 나쁜 주가 갈립니다: 주 단위로 계산했으나 주가 몇 안 됩니다.',
        'Whole weeks were good or bad: weeks are what is compared, though there are few.',
      );
    case 'mix-changed':
      return both(
        `금형 구성이 바뀌었습니다(최대 ${percent(note.share, 0)}포인트): 구성을 맞추지 않은 단순 비교는 틀립니다.`,
        `The mix of molds changed (by up to ${percent(note.share, 0)} of production): comparing plain rates would mislead.`,
      );
    case 'strata-left-out':
      return both(
        `한쪽 기간에만 생산한 금형의 ${whole(note.shots)}샷은 비교에서 뺐습니다.`,
        `${whole(note.shots)} shots of molds that only one period made count for nothing in the comparison.`,
      );
    case 'inspection-changed':
      return both(
        `검사 비율이 달라졌습니다(${percent(note.before, 0)} → ${percent(note.after, 0)}): 고르는 기준까지 달라졌다면 비교할 수 없습니다.`,
        `Another share of the shots was judged (${percent(note.before, 0)} → ${percent(note.after, 0)}): if they were also chosen differently, the rates cannot be compared.`,
      );
    case 'effect-differs':
      return both(
        `금형마다 변화가 다릅니다(${chance(note.p)}): 금형별 표를 보십시오.`,
        `Not every mold changed alike (${chance(note.p)}): see the table by mold.`,
      );
    case 'naive-disagrees':
      return both(
        '단순 비교는 다른 결론을 냅니다: 구성과 날의 차이를 무시하기 때문입니다.',
        'Plain rates would give another verdict: they ignore the mix and how days differ.',
      );
    case 'before-too-small':
      return both(
        '변경 전 기간이 너무 짧습니다: 교대일 시험(ppuri report plan --alternate)이 낫습니다.',
        'The period before is too small: alternating days (ppuri report plan --alternate) are the better trial.',
      );
  }
}

export function basisNoteText(note: BasisNote): Text {
  switch (note.kind) {
    case 'judges-differ':
      return both(
        '두 기간의 판정 모델이나 기준값이 다릅니다: 판정으로는 비교할 수 없고, 검사 결과(--basis labels)가 필요합니다.',
        'Another model or threshold judged in each period: verdicts cannot be compared; inspection results (--basis labels) are needed.',
      );
    case 'judges-itself':
      return both(
        '불량은 검사가 아니라 ppuri의 판정으로 셌습니다: 실제 불량률이 아닙니다.',
        'Defects are verdicts of ppuri and no inspection results: this is not the true defect rate.',
      );
    case 'suspected-more':
      return note.period === 'before'
        ? both(
            '변경 전에는 불량 판정 샷을 더 많이 검사했습니다: 이 불량률은 전체 샷의 것이 아닙니다.',
            'Before, shots called a defect were inspected more often: that rate is not the rate of all shots.',
          )
        : both(
            '변경 후에는 불량 판정 샷을 더 많이 검사했습니다: 이 불량률은 전체 샷의 것이 아닙니다.',
            'After, shots called a defect were inspected more often: that rate is not the rate of all shots.',
          );
    case 'reworked':
      return both(
        `불량이었다가 양품으로 바뀐 샷(전 ${whole(note.before)}, 후 ${whole(note.after)})은 마지막 결과대로 양품으로 셌습니다.`,
        `Shots called a defect and later good (${whole(note.before)} before, ${whole(note.after)} after) count as good, by the last result.`,
      );
  }
}
