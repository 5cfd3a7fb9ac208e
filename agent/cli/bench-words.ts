/** What `ppuri bench` concludes, in words: the verdict, what to do, what disturbed it. */
import type { BenchReport, Disturbance } from '../bench/report.ts';
import type { Text } from '../records.ts';

/** At most two digits after the point, and no more than it is worth. */
export function ms(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}

const figureWords = { 'p99.9': { ko: 'p99.9', en: 'p99.9' }, max: { ko: '최대', en: 'longest' } };

/** `1 machine`, `4 machines`. */
function machines(count: number): string {
  return count === 1 ? '1 machine' : `${count} machines`;
}

function capacityWords({ capacity }: BenchReport): Text | null {
  if (capacity === null) return null;
  const { holds, ended } = capacity;
  if (ended === 'found' && holds === 0)
    return { ko: '1대도 감당하지 못함', en: 'not even one machine holds' };
  if (ended === 'found') return { ko: `최대 ${holds}대`, en: `up to ${machines(holds)}` };
  if (holds === 0) return { ko: '감당 대수 확인 못 함', en: 'how many it bears was not found' };
  return { ko: `적어도 ${holds}대`, en: `at least ${machines(holds)}` };
}

/** The load: `설정된 10대`, `the 10 configured machines`. */
function loadWords({ load }: BenchReport): Text {
  const n = load.machines;
  if (load.source === 'standard')
    return { ko: `표준 부하 ${n}대`, en: `the standard load of ${n} machines` };
  return {
    ko: `설정된 ${n}대`,
    en: n === 1 ? 'the machine configured' : `the ${n} machines configured`,
  };
}

function figuresWords({ verdict }: BenchReport): Text | null {
  const { reactionMs, deadlineMs, margin, figure } = verdict;
  if (reactionMs === null || deadlineMs === null || margin === null) return null;
  const times = margin >= 10 ? margin.toFixed(0) : margin.toFixed(1);
  const name = figureWords[figure];
  return {
    ko: `${name.ko} ${ms(reactionMs)} ms / 한계 ${deadlineMs} ms, 여유 ${times}배`,
    en: `${name.en} ${ms(reactionMs)} ms of ${deadlineMs} ms, ${times} times the room`,
  };
}

/** The one sentence for this hardware. */
export function verdictText(report: BenchReport): Text {
  const { verdict, run } = report;
  const [load, figures, capacity] = [
    loadWords(report),
    figuresWords(report),
    capacityWords(report),
  ];
  const join = (lang: 'ko' | 'en'): string =>
    [figures?.[lang], capacity?.[lang]].filter((part) => part !== undefined).join(', ');
  if (verdict.holds)
    return {
      ko: `이 게이트웨이는 ${load.ko}를 감당합니다: ${join('ko')}`,
      en: `this gateway bears ${load.en}: ${join('en')}`,
    };
  const why = brokenWords(report);
  const less =
    capacity === null ? { ko: '', en: '' } : { ko: `. ${capacity.ko}`, en: `; ${capacity.en}` };
  if (verdict.broken === 'nothing-judged')
    return {
      ko: `판정된 샷이 없어 결론을 낼 수 없습니다 (${run.shots}샷)`,
      en: `no shot was judged, so nothing can be said (${run.shots} shots)`,
    };
  return {
    ko: `이 게이트웨이는 ${load.ko}를 감당하지 못합니다: ${why.ko}${less.ko}`,
    en: `this gateway does not bear ${load.en}: ${why.en}${less.en}`,
  };
}

function brokenWords({ verdict, run }: BenchReport): Text {
  if (verdict.broken === 'lost') {
    const [unseen, unkept] = [run.unseen, run.unkept];
    return {
      ko: `${run.shots}샷 중 놓친 샷 ${unseen}, 저장 안 된 샷 ${unkept}`,
      en: `of ${run.shots} shots ${unseen} not seen whole, ${unkept} not kept`,
    };
  }
  const late = run.bounds.reduce((sum, bound) => sum + bound.late, 0);
  const shots = run.bounds.reduce((sum, bound) => sum + bound.shots, 0);
  const share = shots === 0 ? '' : ` (${((100 * late) / shots).toFixed(2)} %)`;
  const bound = verdict.deadlineMs;
  return {
    ko: `판정할 ${shots}샷 중 ${late}샷${share}이 한계 ${bound} ms 안에 처리되지 못했습니다 (허용 0.1 %)`,
    en: `${late} of ${shots} shots to be judged${share} were not done within ${bound} ms (0.1 % is borne)`,
  };
}

/** What to do where it does not hold, most likely help first. */
export function adviceTexts(report: BenchReport): Text[] {
  const { verdict, capacity, disturbed, store, host } = report;
  if (verdict.holds) return [];
  const advice: Text[] = [];
  const isDisturbed = disturbed.some((one) => one !== 'not-first');
  if (isDisturbed)
    advice.push({
      ko: '다른 프로그램을 멈추고 장비가 조용할 때 다시 측정하십시오.',
      en: 'stop other programs, and measure again while the computer is quiet',
    });
  if (disturbed.includes('not-first'))
    advice.push({
      ko: '우선순위: 서비스로 설치하거나(ppuri install) sudo로 측정하십시오. 에이전트가 다른 프로그램보다 먼저 실행됩니다.',
      en: 'priority: install the service (ppuri install), or measure with sudo, so that the agent goes before other programs',
    });
  if (host.governor === 'powersave')
    advice.push({
      ko: 'CPU 클럭 정책을 performance로 바꾸십시오 (cpupower frequency-set -g performance).',
      en: 'set the CPU frequency policy to performance (cpupower frequency-set -g performance)',
    });
  if (verdict.broken === 'lost' && (store.syncMs.p99 ?? 0) > slowSyncMs)
    advice.push({
      ko: '저장 장치가 느립니다. 산업용 SD 카드나 SSD로 바꾸십시오.',
      en: 'the disk is slow: use an industrial SD card or an SSD',
    });
  // Nobody should move machines for what another program did.
  if (!isDisturbed && capacity !== null && capacity.holds > 0)
    advice.push({
      ko: `이 게이트웨이에는 설비를 ${capacity.holds}대까지만 두고 나머지는 다른 게이트웨이로 나누십시오.`,
      en: `leave ${machines(capacity.holds)} on this gateway and give the others one of their own`,
    });
  advice.push({
    ko: '반응 시간에 여유가 있는 설비라면 deadlineMs를 늘리십시오.',
    en: 'where the machine can wait longer, raise its deadlineMs',
  });
  return advice;
}

const slowSyncMs = 100;

const disturbanceWords: Readonly<Record<Disturbance, (report: BenchReport) => Text>> = {
  others: ({ run }) => {
    const percent = ((run.surroundings.othersCores ?? 0) * 100).toFixed(0);
    return {
      ko: `측정 중 다른 프로그램이 CPU를 ${percent} % (코어 1개 = 100 %) 썼습니다`,
      en: `other programs took ${percent} % of a core meanwhile`,
    };
  },
  steal: ({ run }) => {
    const percent = ((run.surroundings.stealCores ?? 0) * 100).toFixed(0);
    return {
      ko: `가상 머신 호스트가 CPU를 ${percent} % 가져갔습니다`,
      en: `the host of this virtual machine took ${percent} % of a core`,
    };
  },
  slowed: () => ({
    ko: '온도나 전압 때문에 CPU가 느려졌습니다. 냉각과 전원 어댑터를 확인하십시오',
    en: 'the processor was slowed down for heat or low voltage: see to cooling and power supply',
  }),
  agent: () => ({
    ko: '이 게이트웨이에서 에이전트가 함께 실행 중이었습니다',
    en: 'an agent was at work on this gateway meanwhile',
  }),
  'not-first': () => ({
    ko: '이 사용자는 우선순위를 높일 수 없어 서비스로 실행할 때보다 느리게 측정됩니다',
    en: 'this user may not go before others, as the service may: it is measured slower than that',
  }),
};

export function disturbanceTexts(report: BenchReport): Text[] {
  return report.disturbed.map((one) => disturbanceWords[one](report));
}
