import { describe, expect, it } from 'vitest';
import { compareHeats } from '../../agent/furnace/compare.ts';
import { HeatAccount, stretchOf } from '../../agent/furnace/heat.ts';
import type { FurnaceSample } from '../../agent/furnace/sample.ts';
import { type Advice, FurnaceWatch } from '../../agent/furnace/watch.ts';
import type { HeatRecord } from '../../agent/records.ts';
import { FurnaceModel, neededHoldS } from '../../agent/simulator/furnace.ts';
import { enthalpyOf } from '../../agent/simulator/furnace-heat.ts';
import { type Scenario, scenarioOf } from '../../agent/simulator/scenario.ts';

const settings = { targetC: 720, bandC: 10, neededHoldMinutes: neededHoldS / 60 };
const shiftMs = 12 * 3_600_000;
const stepS = 10;

interface Run {
  readonly heats: readonly HeatRecord[];
  readonly truths: readonly { readonly kWh: number; readonly chargedKg: number }[];
  readonly advice: readonly (Advice & { readonly shift: number })[];
  /** Share of moments whose state was told right, those after a change of it apart. */
  readonly right: number;
  readonly lidExtraKW: number | null;
}

function sampleAt(model: FurnaceModel, atS: number, change: Partial<FurnaceSample>): FurnaceSample {
  const slow = model.slow(atS);
  return {
    ...{ atMs: atS * 1000, wallMs: atS * 1000 },
    bathC: Math.round((slow.bathTemperature ?? 0) * 10) / 10,
    bathKg: Math.round(slow.bathWeight ?? 0),
    lid: slow.lidOpen === 1 ? 'open' : 'closed',
    kW: slow.heaterPower ?? null,
    energyKWh: Math.round((slow.energyTotal ?? 0) * 10) / 10,
    chargedKg: slow.chargeTotal ?? null,
    pouredKg: slow.pourTotal ?? null,
    chargeC: slow.chargeTemperature ?? null,
    ...change,
  };
}

/** Looks at a simulated furnace each 10 s, rounded as its registers are. */
function watch(
  seed: number,
  count: number,
  scenario: Partial<Scenario>,
  change: Partial<FurnaceSample> = {},
  toldBefore: readonly { readonly cause: string; readonly wallMs: number }[] = [],
): Run {
  const model = new FurnaceModel(seed, scenarioOf({ ...scenario }));
  const room = new FurnaceWatch(settings, (wallMs) => Math.floor(wallMs / shiftMs) * shiftMs);
  room.recall([], toldBefore);
  const heats: HeatRecord[] = [];
  const truths: Run['truths'][number][] = [];
  const advice: Run['advice'][number][] = [];
  let [atS, endS, right, told] = [0, 0, 0, 0];
  for (let heat = 1; heat <= count; heat++) {
    const before = model.momentAt(endS);
    const { afterS, values } = model.next();
    endS += afterS;
    truths.push({ kWh: values.heatEnergy ?? 0, chargedKg: values.chargedWeight ?? 0 });
    for (; atS <= endS; atS += stepS) {
      const shift = Math.floor((atS * 1000) / shiftMs);
      const said = room.look(sampleAt(model, atS, change));
      advice.push(...said.map((one) => ({ ...one, shift })));
      const [now, past] = [model.momentAt(atS), model.momentAt(Math.max(0, atS - 180))];
      if (now.phase !== past.phase || before.atS > atS - 180) continue;
      told += 1;
      if (now.phase === room.state) right += 1;
    }
    const block = {
      ...{ machine: 'mf-1', heat, alloy: '12', heats: 1 },
      ...{ chargedKg: values.chargedWeight ?? null, returnKg: null, pouredKg: null },
    };
    const at = { monoMs: endS * 1000, wallMs: endS * 1000 };
    const ended = room.heatEnded(block, at);
    if (ended.heat !== null) heats.push(ended.heat);
    const shift = Math.floor((endS * 1000) / shiftMs);
    advice.push(...ended.advice.map((one) => ({ ...one, shift })));
  }
  return { heats, truths, advice, right: right / told, lidExtraKW: room.lidExtraKW };
}

const steady = { firstEpisodeShots: null } as const;
const troubled = { firstEpisodeShots: [2, 3], episodeGapShots: [1, 3] } as const;

describe('the simulated furnace', () => {
  it('takes the heat that aluminium takes, and its losses', () => {
    expect(enthalpyOf(743) / 3600).toBeCloseTo(0.32, 2);
    for (const { kWh, chargedKg } of watch(1, 8, steady).truths) {
      expect((kWh * 1000) / chargedKg).toBeGreaterThan(300);
      expect((kWh * 1000) / chargedKg).toBeLessThan(450);
    }
  });

  it('makes the same heats from the same seed', () => {
    const heats = (seed: number) => watch(seed, 4, troubled).truths;
    expect(heats(7)).toEqual(heats(7));
    expect(heats(8)).not.toEqual(heats(7));
  });
});

describe.each([1, 2, 3])('a furnace watched, seed %i', (seed) => {
  const run = watch(seed, 24, troubled);

  it('is told to be in the state it is in', () => {
    expect(run.right).toBeGreaterThan(0.98);
  });

  it('has each heat’s energy within 1 % of the truth', () => {
    run.heats.forEach(({ kWh, kWhPerT }, i) => {
      const truth = run.truths[i];
      expect(Math.abs((kWh ?? 0) / (truth?.kWh ?? 1) - 1)).toBeLessThan(0.01);
      expect(kWhPerT).toBeCloseTo(((kWh ?? 0) * 1000) / (truth?.chargedKg ?? 1), 6);
    });
  });

  it('says nothing twice in a shift, and nothing without its own measured figure', () => {
    const told = run.advice.filter(({ text }) => text !== null);
    const keys = told.map(({ cause, shift }) => `${shift} ${cause}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(told.length).toBeGreaterThan(0);
    for (const { text } of told) {
      expect(text?.ko).toMatch(/\d+(\.\d)? kWh/);
      expect(text?.en).toMatch(/\d+(\.\d)? kWh/);
    }
  });

  it('ends whatever it told', () => {
    const open = new Map<string, boolean>();
    for (const { cause, text } of run.advice) {
      expect(open.get(cause) ?? false, cause).toBe(text === null);
      open.set(cause, text !== null);
    }
  });
});

it('goes on after a restart: what was told in this shift is not told again', () => {
  const first = watch(5, 30, { firstEpisodeShots: [2, 2], episodeGapShots: [2, 4] });
  const told = first.advice.find(({ cause, text }) => cause === 'furnace-hold-long' && text);
  if (told === undefined) throw new Error('nothing was told of holding');
  const again = watch(5, 30, { firstEpisodeShots: [2, 2], episodeGapShots: [2, 4] }, {}, [
    { cause: told.cause, wallMs: told.shift * shiftMs + 1 },
    { cause: 'no-longer-known', wallMs: 0 },
  ]);
  const shifts = (run: Run) =>
    run.advice.filter(({ cause, text }) => cause === told.cause && text).map(({ shift }) => shift);
  expect(shifts(again)).toEqual(shifts(first).filter((shift) => shift !== told.shift));
});

it('compares with heats of before a restart', () => {
  const room = new FurnaceWatch(settings, () => 0);
  const heat = (kWhPerT: number, charges: number) =>
    ({ kWhPerT, charges, gapMinutes: 0, heats: 1, chargeC: null }) as HeatRecord;
  const past = [
    ...[500, 504, 498, 502, 506].map((one) => heat(one, 2)),
    ...[560, 566, 571, 558].map((one) => heat(one, 5)),
  ];
  room.recall(past, []);
  const sample = sampleAt(new FurnaceModel(1, scenarioOf(steady)), 0, {});
  const block = { ...{ machine: 'mf-1', heat: 10, heats: 1, alloy: null }, chargedKg: 1000 };
  // A piece of 200 kg each 800 s, and 0.57 kWh for each kg.
  for (let second = 0; second < 4000; second += 40) {
    const chargedKg = 200 * Math.ceil((second + 1) / 800) - (second % 800 === 0 ? 200 : 0);
    const time = { atMs: second * 1000, wallMs: second * 1000 };
    room.look({ ...sample, ...time, chargedKg, bathC: 660, energyKWh: chargedKg * 0.57 });
  }
  const { advice } = room.heatEnded(
    { ...block, returnKg: null, pouredKg: null },
    { monoMs: 0, wallMs: 0 },
  );
  expect(advice.map(({ cause }) => cause)).toEqual(['furnace-split-charge']);
  expect(advice[0]?.text?.ko).toMatch(/5히트 중앙값 5\d\d kWh\/t.*5히트 중앙값 502 kWh\/t/);
});

it('finds holding beyond what is needed, with its energy, and no other', () => {
  const late = watch(5, 30, { firstEpisodeShots: [2, 2], episodeGapShots: [2, 4] });
  const long = late.heats.filter(({ excessHold }) => (excessHold?.minutes ?? 0) > 20);
  expect(long.length).toBeGreaterThan(3);
  for (const { excessHold, states } of long) {
    const kW = (60 * states.hold.kWh) / states.hold.minutes;
    // Holding takes about the same all through; an open lid more.
    expect(((excessHold?.kWh ?? 0) * 60) / (excessHold?.minutes ?? 1)).toBeGreaterThan(0.6 * kW);
    expect(excessHold?.minutes).toBeLessThan(states.hold.minutes - 10);
  }
  const calm = watch(5, 10, steady);
  for (const { excessHold } of calm.heats) expect(excessHold?.minutes).toBeLessThan(7);
});

it('measures what an open lid costs, within a tenth', () => {
  // Of the simulator: area × emissivity × (T⁴ − T₀⁴).
  const truth = 0.32 * 5.67e-8 * ((720 + 273.15) ** 4 - (20 + 273.15) ** 4) * 1e-3;
  const measured = [1, 3, 4, 5, 6].flatMap((seed) => watch(seed, 24, troubled).lidExtraKW ?? []);
  expect(measured.length).toBeGreaterThanOrEqual(2);
  for (const kW of measured) expect(Math.abs(kW / truth - 1)).toBeLessThan(0.1);
});

describe('what is not measured is not said', () => {
  it('no lid switch: no lid figure', () => {
    const { heats, lidExtraKW, advice } = watch(2, 10, troubled, { lid: null });
    expect(lidExtraKW).toBeNull();
    expect(heats.every(({ lidOpenMinutes }) => lidOpenMinutes === null)).toBe(true);
    expect(advice.filter(({ cause }) => cause === 'furnace-lid-open')).toEqual([]);
  });

  it('no energy at all: no kWh, no kWh/t, and a gap', () => {
    const { heats } = watch(2, 4, steady, { kW: null, energyKWh: null });
    for (const { kWh, kWhPerT, gapMinutes } of heats) {
      expect(kWh).toBeNull();
      expect(kWhPerT).toBeNull();
      expect(gapMinutes).toBeGreaterThan(60);
    }
  });

  it('power alone: energy by integration, within 1 %', () => {
    const { heats, truths } = watch(2, 4, steady, { energyKWh: null });
    heats.forEach(({ kWh }, i) => {
      expect(Math.abs((kWh ?? 0) / (truths[i]?.kWh ?? 1) - 1)).toBeLessThan(0.01);
    });
  });
});

describe('a heat that nobody saw end', () => {
  const look = (atMs: number, chargedKg: number): FurnaceSample => ({
    ...{ atMs, wallMs: atMs, bathC: 720, bathKg: 900, lid: 'closed', kW: 15, energyKWh: null },
    ...{ chargedKg, pouredKg: null, chargeC: null },
  });

  it('goes with the next one: all that both took over all that both were charged with', () => {
    const account = new HeatAccount(15);
    for (const [minute, kg] of [0, 500, 500, 900].entries()) {
      if (minute === 0) continue;
      const [before, now] = [
        look((minute - 1) * 60_000, minute < 2 ? 0 : 500),
        look(minute * 60_000, kg),
      ];
      account.add('melt', before, now, { minutes: 1, kWh: 100, isGap: false });
    }
    const block = {
      machine: 'mf-1',
      heat: 9,
      alloy: null,
      chargedKg: 400,
      returnKg: 90,
      pouredKg: 380,
    };
    const at = { monoMs: 0, wallMs: 0 };
    const both = account.close({ ...block, heats: 2 }, null, at);
    expect(both).toMatchObject({ heats: 2, chargedKg: 900, returnKg: null, kWh: 300 });
    expect(both.kWhPerT).toBeCloseTo(333.33, 2);
    expect(account.close({ ...block, heats: 1 }, null, at)).toMatchObject({
      chargedKg: 400,
      returnKg: 90,
    });
  });
});

describe('between two looks', () => {
  const look = (atMs: number, energyKWh: number | null, kW: number | null): FurnaceSample => ({
    ...{ atMs, wallMs: atMs, bathC: 720, bathKg: 900, lid: 'closed', kW, energyKWh },
    ...{ chargedKg: null, pouredKg: null, chargeC: null },
  });

  it('a counter bridges a gap, a power does not', () => {
    const hour = 3_600_000;
    expect(stretchOf(look(0, 10, 15), look(hour, 25, 15))).toEqual({
      ...{ minutes: 60, kWh: 15, isGap: true },
    });
    expect(stretchOf(look(0, null, 15), look(hour, null, 15)).kWh).toBeNull();
    expect(stretchOf(look(0, null, 12), look(60_000, null, 18)).kWh).toBeCloseTo(0.25, 9);
  });

  it('a counter that fell was swapped: its energy is not known', () => {
    expect(stretchOf(look(0, 9000, null), look(10_000, 3, null)).kWh).toBeNull();
  });
});

describe('two ways of charging', () => {
  const heats = (values: readonly number[]): HeatRecord[] =>
    values.map((kWhPerT) => ({ ...watch(1, 1, steady).heats[0], kWhPerT }) as HeatRecord);

  it('differ only where there are enough heats and chance does not explain it', () => {
    const good = heats([500, 505, 510, 498, 503, 507]);
    const bad = heats([560, 548, 571, 552, 566]);
    expect(compareHeats(good, bad)).toEqual({
      better: { heats: 6, median: 504 },
      worse: { heats: 5, median: 560 },
    });
    expect(compareHeats(good, bad.slice(1))).toBeNull();
    expect(compareHeats(bad, good)).toBeNull();
    expect(compareHeats(good, heats([499, 506, 511, 497, 504]))).toBeNull();
  });
});
