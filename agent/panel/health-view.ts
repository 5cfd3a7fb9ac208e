/** Whether a machine's model can be trusted, in one line and some more: what is known and what not. */
import type { DriftHealth, Text } from '../records.ts';
import { driftWords, featureLook, type Looks } from '../words.ts';
import type { HealthView } from './contract.ts';

const mostPsi = 3;
/** Commonly called a shift. */
const shiftedPsi = 0.25;

const both = (ko: string, en: string): Text => ({ ko, en });

/** Null health: the agent has not said yet. */
export function healthView(
  health: DriftHealth | null,
  looks: Looks | null,
  cycleWord: Text,
): HealthView {
  if (health === null)
    return { state: 'unknown', line: both('아직 알 수 없음', 'not known yet'), details: [] };
  const found = health.findings.map((finding) => {
    const { what, action } = driftWords(finding, looks, cycleWord);
    return both(`${what.ko}. ${action.ko}`, `${what.en}. ${action.en}`);
  });
  const details = [
    ...found,
    ...collecting(health, cycleWord),
    ...recent(health, cycleWord),
    ...spread(health, looks, cycleWord),
    ...steps(health, looks, cycleWord),
  ];
  return { ...summary(health, cycleWord), details };
}

function summary(health: DriftHealth, cycleWord: Text): Pick<HealthView, 'state' | 'line'> {
  const count = health.findings.length;
  if (count > 0) {
    const inputs = health.findings.filter(({ modelInput }) => modelInput).length;
    const of =
      inputs === 0 ? both('', '') : both(`(모델 입력 ${inputs}건)`, ` (${inputs} of model inputs)`);
    return {
      state: 'attention',
      line: both(`입력값 이상 ${count}건${of.ko}`, `${count} values in doubt${of.en}`),
    };
  }
  const [mold] = health.molds;
  if (mold === undefined || mold.shots < mold.needed) {
    const { shots, needed } = mold ?? { shots: 0, needed: 30 };
    const ko = `기준 수집 중(${shots}/${needed}${cycleWord.ko}): 아직 판단할 수 없음`;
    return {
      state: 'collecting',
      line: both(
        ko,
        `collecting what is normal (${shots}/${needed} ${cycleWord.en}s): nothing can be said yet`,
      ),
    };
  }
  const { shots, needed } = health.settled;
  if (shots < needed)
    return {
      state: 'collecting',
      line: both(
        '자릿수·고정 이상 없음. 서서히 벗어남은 아직 판단할 수 없음',
        'no moved decimal point, nothing stands still; creeping cannot be told yet',
      ),
    };
  return { state: 'good', line: both('입력값 이상 없음', 'no value in doubt') };
}

function collecting({ molds, settled }: DriftHealth, cycleWord: Text): Text[] {
  const told = molds
    .filter(({ shots, needed }) => shots < needed)
    .map(({ mold, shots, needed }) => {
      const name =
        mold === null ? both('기준', 'normal values') : both(`금형 ${mold}`, `mold ${mold}`);
      return both(
        `${name.ko}: ${shots}/${needed}${cycleWord.ko} 수집 중`,
        `${name.en}: ${shots} of ${needed} ${cycleWord.en}s collected`,
      );
    });
  if (settled.shots >= settled.needed) return told;
  const ko = `서서히 벗어남 감시 준비 ${settled.shots}/${settled.needed}${cycleWord.ko}`;
  const en = `watch for creeping values: ${settled.shots} of ${settled.needed} ${cycleWord.en}s seen`;
  return [...told, both(ko, en)];
}

function recent(
  { recent: { shots, unscored, outsideTraining, novel } }: DriftHealth,
  cycleWord: Text,
): Text[] {
  if (shots === 0) return [];
  const unknown = novel === null;
  const ko = `최근 ${shots}${cycleWord.ko}: 판정 보류 ${unscored}, 학습 범위 밖 ${outsideTraining}, 학습에 없던 조합 ${unknown ? '알 수 없음(모델에 기준 없음)' : novel}`;
  const en = `last ${shots} ${cycleWord.en}s: ${unscored} unscored, ${outsideTraining} outside training range, ${unknown ? 'unlike training not known (the bundle has no reference)' : `${novel} unlike anything in training`}`;
  return [both(ko, en)];
}

function spread({ spread: told }: DriftHealth, looks: Looks | null, cycleWord: Text): Text[] {
  if (told === null) return [];
  const of =
    told.against === 'training'
      ? both('학습 데이터', 'training')
      : both('이 금형 초기 샷', 'this mold’s first shots');
  const worst = told.features.slice(0, mostPsi).map(({ feature, psi, chance }) => {
    const title =
      feature === null ? both('예측 점수', 'scores') : featureLook(looks, feature).title;
    const isMore = psi > Math.max(shiftedPsi, chance);
    return both(
      `${title.ko} ${psi.toFixed(2)}${isMore ? '' : '(우연 범위)'}`,
      `${title.en} ${psi.toFixed(2)}${isMore ? '' : ' (chance)'}`,
    );
  });
  const names = (lang: 'ko' | 'en'): string => worst.map((text) => text[lang]).join(', ');
  return [
    both(
      `분포 차이(PSI), ${of.ko} 대비 최근 ${told.shots}${cycleWord.ko}: ${names('ko')}`,
      `spread (PSI) against ${of.en}, last ${told.shots} ${cycleWord.en}s: ${names('en')}`,
    ),
  ];
}

function steps({ steps: told }: DriftHealth, looks: Looks | null, cycleWord: Text): Text[] {
  return told.map(({ feature, shot, from, to }) => {
    const { title, unit, decimals } = featureLook(looks, feature);
    const value = `${from.toFixed(decimals)} → ${to.toFixed(decimals)}${unit === '' ? '' : ` ${unit}`}`;
    const at =
      shot === null
        ? both('', '')
        : both(`${shot}번 ${cycleWord.ko}: `, `${cycleWord.en} ${shot}: `);
    return both(
      `${at.ko}${title.ko} ${value}, 한 번에 바뀜(설정 변경·정비로 봄)`,
      `${at.en}${title.en} ${value} at once (taken as a setting or a repair)`,
    );
  });
}
