/**
 * What of the environment items of K-ESG a machine-side agent can show, and what it cannot. Names of
 * items follow the guideline; their numbers differ between its editions and are left out.
 */
import type { HeatRecord, Text } from '../records.ts';
import { type Carrier, fuelBasis } from './factors.ts';
import type { CarbonMonth, CarbonRow } from './month.ts';

export interface KesgItem {
  readonly id: string;
  readonly title: Text;
  /** Null: not measured in this month. */
  readonly value: number | null;
  readonly unit: string;
  /** How it was come by, and what it leaves out. */
  readonly basis: Text;
  /** Least share of the month in which a meter behind it was read; null: not by time. */
  readonly coverage: number | null;
  /** Of emissions: factor, year and source of each part. */
  readonly factors: readonly string[];
}

/** Parts of one machine and mold, as the reports count them. */
export interface Parts {
  readonly machine: string;
  readonly mold: string | null;
  readonly shots: number;
  readonly labelled: number;
  readonly labelledDefects: number;
  /** Of one shot; null: not known. */
  readonly kgPerShot: number | null;
}

/** Electricity of one machine in the times that it was measured, and what it made in just those. */
export interface MeasuredUse {
  readonly machine: string;
  readonly kWh: number;
  readonly shots: number;
  /** Null: of some of them it is not known. */
  readonly kg: number | null;
}

export interface KesgFacts {
  readonly month: CarbonMonth;
  readonly uses: readonly MeasuredUse[];
  readonly parts: readonly Parts[];
  readonly heats: readonly HeatRecord[];
}

const sum = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((all, one) => all + one, 0);

const ratio = (part: number | null, whole: number | null): number | null =>
  part === null || whole === null || whole <= 0 ? null : part / whole;

/** Net heat of a unit, MJ; electricity counts as what it is, 3.6 MJ/kWh. */
export const netMJOf = (carrier: Carrier): number =>
  carrier === 'electricity' ? 3.6 : fuelBasis[carrier].netMJ;

const factorText = ({ factor }: CarbonRow): string[] =>
  factor === null
    ? []
    : [`${factor.kgPerUnit.toPrecision(5)} kg/${factor.unit} (${factor.year}), ${factor.source}`];

function coverageOf({ coverage }: CarbonMonth, carriers: (carrier: Carrier) => boolean) {
  const own = coverage.filter(({ carrier }) => carriers(carrier));
  return own.length === 0 ? null : Math.min(...own.map(({ covered }) => covered));
}

const metered: Text = {
  ko: '계측기가 달린 설비만. 사업장 전체가 아님',
  en: 'metered machines alone, not the whole site',
};

const isElectricity = (carrier: Carrier): boolean => carrier === 'electricity';
const isFuel = (carrier: Carrier): boolean => carrier !== 'electricity';

function energyItems({ month }: KesgFacts): KesgItem[] {
  const carriers = [...new Set(month.rows.map(({ carrier }) => carrier))];
  const byCarrier = carriers.map((carrier): KesgItem => {
    const rows = month.rows.filter((row) => row.carrier === carrier);
    return {
      id: `energy-${carrier}`,
      title: {
        ko: `에너지 사용량: ${carrierWords[carrier].ko}`,
        en: `Energy used: ${carrierWords[carrier].en}`,
      },
      value: sum(rows.map(({ amount }) => amount)),
      unit: rows[0]?.unit ?? '',
      basis: metered,
      coverage: coverageOf(month, (one) => one === carrier),
      factors: [],
    };
  });
  const heat = sum(month.rows.map(({ carrier, amount }) => (amount * netMJOf(carrier)) / 1000));
  return [
    ...byCarrier,
    {
      ...{ id: 'energy-total', title: { ko: '에너지 사용량 합계', en: 'Energy used, in all' } },
      ...{ value: heat, unit: 'GJ', coverage: coverageOf(month, () => true), factors: [] },
      basis: {
        ko: `${metered.ko}. 전기 3.6 MJ/kWh(최종 소비), 연료 순발열량`,
        en: `${metered.en}; electricity 3.6 MJ/kWh as delivered, fuels by net calorific value`,
      },
    },
  ];
}

export const carrierWords: Readonly<Record<Carrier, Text>> = {
  electricity: { ko: '전기', en: 'electricity' },
  lng: { ko: '도시가스(LNG)', en: 'city gas (LNG)' },
  lpg: { ko: 'LPG(프로판)', en: 'LPG (propane)' },
  diesel: { ko: '경유', en: 'diesel' },
};

function emissionItems({ month }: KesgFacts): KesgItem[] {
  const tonnes = (kg: number | null): number | null => (kg === null ? null : kg / 1000);
  const item = (scope: 1 | 2, title: Text, basis: Text): KesgItem => ({
    ...{ id: `scope${scope}`, title, basis, unit: 'tCO₂eq' },
    value: tonnes(scope === 1 ? month.scope1Kg : month.scope2Kg),
    coverage: coverageOf(month, scope === 1 ? isFuel : isElectricity),
    factors: month.rows.filter((row) => row.scope === scope).flatMap(factorText),
  });
  return [
    item(
      1,
      { ko: '온실가스 배출량 Scope 1(연료 연소)', en: 'GHG scope 1 (fuel burnt)' },
      {
        ko: `${metered.ko}. 차량·냉매·공정 배출과 미계측 연료 제외`,
        en: `${metered.en}; without vehicles, refrigerants, process emissions, fuel not metered`,
      },
    ),
    item(
      2,
      { ko: '온실가스 배출량 Scope 2(구매 전력)', en: 'GHG scope 2 (electricity bought)' },
      {
        ko: `${metered.ko}. 지역기반(국가 전력 소비단), 구매 열·스팀 제외`,
        en: `${metered.en}; location-based (national grid, consumption side), no bought heat or steam`,
      },
    ),
  ];
}

function intensityItems({ month, uses }: KesgFacts): KesgItem[] {
  return uses.flatMap(({ machine, kWh, shots, kg }) => {
    const coverage = coverageOf(
      { ...month, coverage: month.coverage.filter((meter) => meter.machine === machine) },
      isElectricity,
    );
    const basis: Text = {
      ko: `전력을 계측한 시간의 전체 전력(가동·대기·보온) ÷ 같은 시간의 전체 샷 ${shots}(예열타 포함)`,
      en: `all electricity of the times measured, idling and holding too, over all ${shots} shots of those times, warm-up too`,
    };
    const item = (per: 'shot' | 'kg', title: Text, whole: number | null): KesgItem => ({
      ...{ id: `intensity-${per}:${machine}`, title, value: ratio(kWh, whole) },
      ...{ unit: `kWh/${per}`, basis, coverage, factors: [] },
    });
    return [
      item(
        'shot',
        { ko: `${machine} 에너지 원단위(샷당)`, en: `${machine}: energy intensity by shot` },
        shots,
      ),
      item(
        'kg',
        { ko: `${machine} 에너지 원단위(kg당)`, en: `${machine}: energy intensity by kg` },
        kg,
      ),
    ];
  });
}

function meltItems({ heats }: KesgFacts): KesgItem[] {
  if (heats.length === 0) return [];
  const both = heats.filter(({ kWh, chargedKg }) => kWh !== null && chargedKg !== null);
  const kWh = sum(both.map((heat) => heat.kWh ?? 0));
  const charged = sum(both.map((heat) => heat.chargedKg ?? 0));
  const known = heats.filter(({ chargedKg, returnKg }) => chargedKg !== null && returnKg !== null);
  const metal = sum(known.map((heat) => heat.chargedKg ?? 0));
  const returns = sum(known.map((heat) => heat.returnKg ?? 0));
  const of = (count: number): Text => ({
    ko: `${heats.length}히트 중 값이 모두 있는 ${count}히트`,
    en: `${count} of ${heats.length} heats, those with both figures`,
  });
  const share = ratio(returns, metal);
  return [
    {
      ...{ id: 'melt-intensity', title: { ko: '용해 원단위', en: 'Melting energy' } },
      value: kWh === null || charged === null || charged <= 0 ? null : (kWh * 1000) / charged,
      ...{ unit: 'kWh/t', basis: of(both.length), coverage: null, factors: [] },
    },
    {
      ...{
        id: 'new-metal',
        title: { ko: '원부자재 사용량(신재 장입)', en: 'Raw material (new metal charged)' },
      },
      value: metal === null || returns === null ? null : metal - returns,
      ...{ unit: 'kg', basis: of(known.length), coverage: null, factors: [] },
    },
    {
      ...{ id: 'return-ratio', title: { ko: '회수재 비율', en: 'Return ratio' } },
      ...{ value: share === null ? null : share * 100, unit: '%', coverage: null, factors: [] },
      basis: {
        ko: `${of(known.length).ko}. 사내 회수재(런너·비스킷·불량) ÷ 장입량이며, 구매한 재생 원부자재 비율이 아님`,
        en: `${of(known.length).en}; returns of one’s own over what was charged, not recycled material bought`,
      },
    },
  ];
}

function scrapItem({ parts }: KesgFacts): KesgItem {
  const bad = parts.filter(({ labelledDefects }) => labelledDefects > 0);
  const known = bad.filter(({ kgPerShot }) => kgPerShot !== null);
  const [shots, labelled] = [
    sum(parts.map((part) => part.shots)) ?? 0,
    sum(parts.map((part) => part.labelled)) ?? 0,
  ];
  const value = sum(known.map((part) => part.labelledDefects * (part.kgPerShot ?? 0)));
  return {
    ...{
      id: 'scrap',
      title: { ko: '불량품 중량', en: 'Weight of scrap' },
      unit: 'kg',
      factors: [],
    },
    // Without an inspection nothing is known; with weights of some molds alone, not all of it.
    value: labelled === 0 || known.length < bad.length ? null : (value ?? 0),
    coverage: ratio(labelled, shots),
    basis: {
      ko: `검사 결과가 있는 ${labelled}샷(전체 ${shots}샷) 중 불량 × 샷당 중량. 재용해되는 불량이며 폐기물 배출량이 아님`,
      en: `defects among ${labelled} inspected of ${shots} shots, times the weight of a shot; it is melted again and is not waste`,
    },
  };
}

export const kesgItems = (facts: KesgFacts): KesgItem[] => [
  ...energyItems(facts),
  ...emissionItems(facts),
  ...intensityItems(facts),
  ...meltItems(facts),
  scrapItem(facts),
];

/** What no reading of a machine shows, with where it is to be had. */
export const kesgCannot: readonly { readonly title: Text; readonly why: Text }[] = [
  {
    title: { ko: '사업장 전체 에너지·배출량', en: 'energy and emissions of the whole site' },
    why: {
      ko: '계측기가 없는 설비·건물·차량은 고지서로',
      en: 'unmetered machines, buildings, vehicles: by bills',
    },
  },
  {
    title: { ko: '온실가스 Scope 3', en: 'GHG scope 3' },
    why: { ko: '원료·운송·사용 단계 자료 필요', en: 'needs data of suppliers, transport and use' },
  },
  {
    title: { ko: '온실가스 배출량 검증', en: 'verification of emissions' },
    why: { ko: '제3자 검증기관이 함', en: 'done by a third party' },
  },
  {
    title: { ko: '재생에너지 사용 비율', en: 'share of renewable energy' },
    why: { ko: '녹색프리미엄·REC·PPA 계약으로 증빙', en: 'shown by contracts and certificates' },
  },
  {
    title: { ko: '재생 원부자재 비율', en: 'share of recycled material' },
    why: {
      ko: '구매 성적서로 증빙(회수재 비율과 다름)',
      en: 'by certificates of what was bought; returns are not it',
    },
  },
  {
    title: { ko: '용수 사용량·재사용 비율', en: 'water used and reused' },
    why: { ko: '수도·지하수 계량기', en: 'water meters' },
  },
  {
    title: { ko: '폐기물 배출량·재활용 비율', en: 'waste and its recycling' },
    why: {
      ko: '올바로 시스템의 인계서(불량 중량은 폐기물이 아님)',
      en: 'transfer notes; scrap is not waste',
    },
  },
  {
    title: { ko: '대기·수질 오염물질 배출량', en: 'pollutants to air and water' },
    why: { ko: '배출구 측정', en: 'measured at the outlets' },
  },
  {
    title: {
      ko: '환경 법규 위반, 친환경 인증, 환경경영 체계',
      en: 'violations, eco-labels, management system',
    },
    why: { ko: '회사 문서', en: 'documents of the company' },
  },
  {
    title: {
      ko: '사회: 산업재해율, 노동·인권·다양성, 협력사, 지역사회, 정보보호',
      en: 'social: injury rate, labour, rights, diversity, suppliers, community, data protection',
    },
    why: { ko: '설비 데이터로 알 수 없음', en: 'machines do not tell' },
  },
  {
    title: {
      ko: '지배구조: 이사회, 주주, 윤리경영, 감사 / 정보공시',
      en: 'governance: board, shareholders, ethics, audit; disclosure',
    },
    why: { ko: '설비 데이터로 알 수 없음', en: 'machines do not tell' },
  },
];
