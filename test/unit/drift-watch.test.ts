import { describe, expect, test } from 'vitest';
import { ResumedWatch } from '../../agent/drift/resumed-watch.ts';
import { DriftWatch, type WatchedModel } from '../../agent/drift/watch.ts';
import type { Cycle, DriftFinding, Reading } from '../../agent/records.ts';
import { Random } from '../../agent/simulator/random.ts';
import { type Profile, profileSchema } from '../../config/profile.ts';

const signal = (ko: string, en: string) => ({
  title: { ko, en },
  at: 'holding 1',
  unit: '°C',
  decimals: 1,
});

const profile: Profile = profileSchema.parse({
  id: 'die',
  version: 1,
  title: { ko: '다이캐스팅기', en: 'die-casting machine' },
  facts: { source: 'test' },
  signals: {
    shotCount: { ...signal('타수', 'counter'), poll: 'trigger' },
    moldCode: signal('금형', 'mold'),
    melt: signal('용탕 온도', 'melt temperature'),
    speed: signal('고속 속도', 'fast speed'),
  },
  cycle: { trigger: { on: 'change', signal: 'shotCount' }, mold: 'moldCode' },
  features: { melt: { from: 'melt' }, speed: { from: 'speed' } },
  testVectors: [{ at: 'holding 0', words: [0], expect: {} }],
});

const model: WatchedModel = {
  features: new Set(['melt']),
  reference: null,
  population: 'several',
  tellsNovelty: false,
};

const at = { monoMs: 0, wallMs: 0 };
const reading = (value: number | null): Reading => ({
  value,
  quality: value === null ? 'missing' : 'good',
  at,
});

class Shop {
  readonly random: Random;
  shot = 0;
  mold = '8412';
  levels: Record<string, Record<string, number>> = {
    '8412': { melt: 660, speed: 300 },
    '8573': { melt: 690, speed: 250 },
  };

  constructor(seed = 1) {
    this.random = new Random(seed, 'drift');
  }

  cycle(change: (values: Record<string, number | null>) => Record<string, number | null>): Cycle {
    this.shot += 1;
    const plain = Object.fromEntries(
      Object.entries(this.levels[this.mold] ?? {}).map(([name, level]) => [
        name,
        Math.round(this.random.normal(level, 1.5) * 10) / 10,
      ]),
    );
    const features = Object.fromEntries(
      Object.entries(change(plain)).map(([name, value]) => [name, reading(value)]),
    );
    return {
      ...{ machine: 'm', profile: 'die', mold: this.mold, shot: this.shot, index: this.shot },
      ...{ observed: 'whole', at, readings: {}, features, suppressed: null },
      times: { trigger: 0, snapshot: 0 },
    };
  }
}

const ok = { outcome: 'ok', flags: [], probability: null } as const;
const same = (values: Record<string, number | null>) => values;

function run(
  watch: Pick<DriftWatch, 'observe'>,
  shop: Shop,
  shots: number,
  change: Parameters<Shop['cycle']>[0] = same,
): void {
  for (let i = 0; i < shots; i += 1) watch.observe(shop.cycle(change), ok);
}

const said = (findings: readonly DriftFinding[]) =>
  findings.map(({ kind, feature, sinceShot }) => ({ kind, feature, sinceShot }));

describe('a machine’s values', () => {
  test('a moved decimal point is found within five shots, tells from when and what, and goes when put right', () => {
    const [watch, shop] = [new DriftWatch(profile, model), new Shop()];
    run(watch, shop, 200);
    run(watch, shop, 4, ({ melt, ...rest }) => ({ ...rest, melt: (melt ?? 0) / 10 }));
    expect(watch.findings()).toEqual([]);
    run(watch, shop, 1, ({ melt, ...rest }) => ({ ...rest, melt: (melt ?? 0) / 10 }));
    const [found] = watch.findings();
    expect(found).toMatchObject({ kind: 'decimal-shift', feature: 'melt', sinceShot: 201 });
    expect(found).toMatchObject({ mold: '8412', modelInput: true });
    expect(found?.from).toBeCloseTo(660, 0);
    expect(found?.to).toBeCloseTo(66, 0);
    expect([...watch.doubts()]).toEqual([['melt', 'decimal-shift']]);
    run(watch, shop, 3);
    expect(watch.findings()).toEqual([]);
    expect(watch.doubts().size).toBe(0);
  });

  test('a sensor that stands still is found, also across a mold change', () => {
    const [watch, shop] = [new DriftWatch(profile, model), new Shop()];
    run(watch, shop, 260);
    run(watch, shop, 4, (values) => ({ ...values, speed: 301.2 }));
    shop.mold = '8573';
    run(watch, shop, 6, (values) => ({ ...values, speed: 301.2 }));
    expect(said(watch.findings())).toEqual([{ kind: 'frozen', feature: 'speed', sinceShot: 261 }]);
    expect(watch.findings()[0]).toMatchObject({ to: 301.2, modelInput: false });
    run(watch, shop, 1);
    expect(watch.findings()).toEqual([]);
  });

  test('a setting that each mold has its own of is not frozen while one mold runs alone', () => {
    const [watch, shop] = [new DriftWatch(profile, model), new Shop()];
    const setting = (values: Record<string, number | null>) => ({
      ...values,
      speed: shop.mold === '8412' ? 23 : 6,
    });
    for (let i = 0; i < 300; i += 1) {
      shop.mold = i % 2 === 0 ? '8412' : '8573';
      run(watch, shop, 1, setting);
    }
    shop.mold = '8412';
    run(watch, shop, 60, setting);
    expect(watch.findings()).toEqual([]);
  });

  test('a value that creeps is found and says how far it has come', () => {
    const [watch, shop] = [new DriftWatch(profile, model), new Shop()];
    run(watch, shop, 800);
    let off = 0;
    const creep = ({ melt, ...rest }: Record<string, number | null>) => {
      off += 0.15 * 1.5;
      return { ...rest, melt: (melt ?? 0) - off };
    };
    run(watch, shop, 30, creep);
    const [found] = watch.findings();
    expect(found).toMatchObject({ kind: 'slow-offset', feature: 'melt', modelInput: true });
    expect(found?.sinceShot).toBeGreaterThan(790);
    expect(found?.sinceShot).toBeLessThan(820);
    expect(found?.to).toBeLessThan(657);
    // It is doubted, but its number is not known to be wrong.
    expect(watch.doubts().size).toBe(0);
  });

  test('a jump is a setting or a repair: listed, not found, and the new level is taken as it is', () => {
    const [watch, shop] = [new DriftWatch(profile, model), new Shop()];
    run(watch, shop, 800);
    const set = ({ speed, ...rest }: Record<string, number | null>) => ({
      ...rest,
      speed: (speed ?? 0) + 12,
    });
    for (let i = 0; i < 100; i += 1) {
      run(watch, shop, 1, set);
      expect(watch.findings()).toEqual([]);
    }
    const [step] = watch.health().steps;
    expect(step).toMatchObject({ feature: 'speed', mold: '8412', shot: 801 });
    expect(Math.abs((step?.to ?? 0) - (step?.from ?? 0) - 12)).toBeLessThan(1.5);
  });

  test('molds that take turns each have their own normal, and a new one is collected first', () => {
    const [watch, shop] = [new DriftWatch(profile, model), new Shop()];
    for (let i = 0; i < 300; i += 1) {
      shop.mold = i % 2 === 0 ? '8412' : '8573';
      run(watch, shop, 1);
    }
    expect(watch.findings()).toEqual([]);
    shop.mold = '9001';
    shop.levels['9001'] = { melt: 610, speed: 410 };
    run(watch, shop, 12);
    expect(watch.findings()).toEqual([]);
    const [first] = watch.health().molds;
    expect(first).toEqual({ mold: '9001', shots: 12, needed: 30 });
    run(watch, shop, 400);
    expect(watch.findings()).toEqual([]);
  });

  test('a value that is missing more often than it used to be', () => {
    const [watch, shop] = [new DriftWatch(profile, model), new Shop()];
    run(watch, shop, 200);
    const loose = (values: Record<string, number | null>) =>
      shop.random.chance(0.45) ? { ...values, melt: null } : values;
    run(watch, shop, 60, loose);
    const [found] = watch.findings();
    expect(found).toMatchObject({ kind: 'missing-rise', feature: 'melt', from: 0 });
    expect(found?.to).toBeGreaterThanOrEqual(0.25);
    run(watch, shop, 60);
    expect(watch.findings()).toEqual([]);
  });

  test('shots that were kept before a start bring back what was known, with those seen meanwhile', async () => {
    const shop = new Shop();
    const past = Array.from({ length: 400 }, () => ({ cycle: shop.cycle(same), verdict: ok }));
    const watch = new ResumedWatch(profile, model);
    const shift = ({ melt, ...rest }: Record<string, number | null>) => ({
      ...rest,
      melt: (melt ?? 0) * 10,
    });
    run(watch, shop, 6, shift);
    expect(watch.now.findings()).toEqual([]);
    await watch.recall(past);
    expect(said(watch.now.findings())).toEqual([
      { kind: 'decimal-shift', feature: 'melt', sinceShot: 401 },
    ]);
  });
});

describe('how values are spread', () => {
  const shares = Array.from({ length: 10 }, () => 0.1);
  /** Deciles of a normal distribution around 660 with 1.5. */
  const deciles = [-1.2816, -0.8416, -0.5244, -0.2533, 0, 0.2533, 0.5244, 0.8416, 1.2816];
  const edges = deciles.map((z) => 660 + 1.5 * z);
  const trained: WatchedModel = {
    ...model,
    reference: { shots: 5000, features: { melt: { edges, shares, missing: 0 } } },
    population: 'one',
  };

  test('alike: PSI is what chance explains, and nothing is found', () => {
    const [watch, shop] = [new DriftWatch(profile, trained), new Shop()];
    run(watch, shop, 600);
    const [melt] = watch.health().spread?.features ?? [];
    expect(melt?.feature).toBe('melt');
    expect(melt?.psi).toBeLessThan(melt?.chance ?? 0);
    expect(watch.findings()).toEqual([]);
  });

  test('unlike the training from the first shot on: found, with PSI and what chance explains', () => {
    const [watch, shop] = [new DriftWatch(profile, trained), new Shop()];
    shop.levels['8412'] = { melt: 661.5, speed: 300 };
    run(watch, shop, 300);
    const [found] = watch.findings();
    expect(found).toMatchObject({ kind: 'distribution', feature: 'melt', sinceShot: null });
    expect(found?.to).toBeGreaterThan(0.25);
    expect(found?.to).toBeGreaterThan(found?.from ?? 1);
  });

  test('one of several molds differs from all of them together: shown, and no finding', () => {
    const [watch, shop] = [
      new DriftWatch(profile, { ...trained, population: 'several' }),
      new Shop(),
    ];
    shop.levels['8412'] = { melt: 661.5, speed: 300 };
    run(watch, shop, 300);
    expect(watch.findings()).toEqual([]);
    expect(watch.health().spread?.features[0]?.psi).toBeGreaterThan(0.25);
  });
});
