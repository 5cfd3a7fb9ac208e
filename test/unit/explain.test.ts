import { afterEach, expect, test } from 'vitest';
import type { Normal } from '../../agent/alerts/baseline.ts';
import { AlertEngine } from '../../agent/alerts/engine.ts';
import type { WhyQuestion } from '../../agent/alerts/why.ts';
import { CycleTracker } from '../../agent/cycles/tracker.ts';
import { Explainer } from '../../agent/explain.ts';
import type { Inference } from '../../agent/infer/inference.ts';
import { judgeModelOf } from '../../agent/judge-model.ts';
import { MachineLine } from '../../agent/line.ts';
import type { Alert, RecordBody } from '../../agent/records.ts';
import { ModelledSource } from '../../agent/simulator/modelled.ts';
import { scenarioOf } from '../../agent/simulator/scenario.ts';
import { Judge } from '../../agent/verdict/judge.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { readBundle } from '../../models/bundle.ts';
import { findBundle } from '../../models/find-bundle.ts';
import type { Bundle } from '../../models/manifest.ts';
import { fixtureBundle, row } from '../fixtures/models/bundles.ts';
import { type Bench, outputsOf, startInference } from '../fixtures/models/inference.ts';

let bench: Bench | null = null;
afterEach(async () => {
  await bench?.inference.close();
  bench = null;
});

async function withModels(...bundles: readonly Bundle[]): Promise<Bench> {
  bench = startInference();
  for (const bundle of bundles) await bench.inference.load(bundle);
  return bench;
}

/** Time stands still, and real answers took none: how busy this computer is decides nothing. */
function explainerOn(predict: Inference['predict'], times: 'real' | 'none' = 'none') {
  const said: string[] = [];
  const explainer = new Explainer({
    machine: 'dc-01',
    predict: async (request) => {
      const answer = await predict(request);
      return times === 'real' || answer.kind === 'unscored' ? answer : { ...answer, runMs: 0 };
    },
    hardLimitMs: 5_000,
    onTrouble: (text) => said.push(text),
    clock: () => 0,
  });
  return { explainer, said };
}

const around = (median: number): Normal => ({
  low: median - 0.1,
  median,
  high: median + 0.1,
  sigma: 0.06,
});

function question(values: Record<string, number | null>, medianOfA = 0): WhyQuestion {
  const normalOf = (feature: string): Normal => around(feature === 'a' ? medianOfA : 0);
  return { alert: 'x', mold: null, values, normalOf };
}

const linear = fixtureBundle('linear');
const hang = fixtureBundle('hang');
const later = fixtureBundle('undefined');
const ample = { machine: 'im-05', deadlineMs: 5_000, hardLimitMs: 5_000 };

test('a model in its child says which values its answer hung on', async () => {
  const { inference, events } = await withModels(linear);
  const { explainer, said } = explainerOn((request) => inference.predict(request));
  const drivers = await explainer.explain(question({ a: 4, b: 0, c: 3 }), judgeModelOf(linear), 1);
  expect(drivers?.map(({ feature }) => feature)).toEqual(['a', 'c']);
  expect(drivers?.[0]?.share).toBeCloseTo(3.2 / (3.2 + 1.5), 2);
  expect(said).toEqual([]);
  expect(events).toEqual([]);
});

test('a row that never ends costs one child, no blame, and is asked once', async () => {
  const { inference, of } = await withModels(linear, hang);
  const { explainer, said } = explainerOn((request) =>
    inference.predict({ ...request, deadlineMs: 10_000, hardLimitMs: 1_000 }),
  );
  // The real shot answers; at this mold's normal the model would run for ever.
  const asked = question({ a: 0, b: -3, c: 3 }, 1000);
  expect(await explainer.explain(asked, judgeModelOf(hang), 1)).toBeNull();
  expect(await explainer.explain(asked, judgeModelOf(hang), 1)).toBeNull();
  expect(said).toEqual([expect.stringContaining('hard-limit')]);
  expect(of('inference-lost')).toHaveLength(1);
  expect(inference.incidents()).toEqual([]);
  const after = await inference.predict({ ...ample, model: linear.hash, input: row(1, 2, 3) });
  expect(outputsOf(after)).toHaveLength(2);
  const other = await explainer.explain(question({ a: 4, b: 0, c: 0 }), judgeModelOf(linear), 1);
  expect(other?.map(({ feature }) => feature)).toEqual(['a']);
});

test('a slow model is let be, since a verdict would wait behind it', async () => {
  const { inference } = await withModels(hang);
  let rows = 0;
  const { explainer, said } = explainerOn((request) => {
    rows += 1;
    return inference.predict({ ...request, deadlineMs: 10_000, hardLimitMs: 10_000 });
  }, 'real');
  const asked = question({ a: 0.025, b: -3, c: 3 }, 0.02);
  expect(await explainer.explain(asked, judgeModelOf(hang), 1)).toBeNull();
  expect(await explainer.explain(asked, judgeModelOf(hang), 1)).toBeNull();
  expect(rows).toBe(3);
  expect(said).toEqual([expect.stringMatching(/one run takes \d+ ms/)]);
});

test('where the verdict itself had to wait, nobody asks for more', async () => {
  let rows = 0;
  const { explainer, said } = explainerOn(async () => {
    rows += 1;
    return { kind: 'unscored', reason: 'not-loaded', detail: '' };
  });
  const asked = question({ a: 4, b: 0, c: 0 });
  expect(await explainer.explain(asked, judgeModelOf(linear), 25)).toBeNull();
  expect(rows).toBe(0);
  expect(said).toEqual([expect.stringContaining('took 25 ms')]);
});

test('a model that is not there is said once, until reasons come again', async () => {
  const { inference } = await withModels(linear);
  const { explainer, said } = explainerOn((request) => inference.predict(request));
  const asked = question({ a: 4, b: 0, c: 0 });
  for (let i = 0; i < 3; i += 1)
    expect(await explainer.explain(asked, judgeModelOf(later), 1)).toBeNull();
  expect(said).toEqual([expect.stringContaining('not-loaded')]);
  await inference.load(later);
  expect(await explainer.explain(asked, judgeModelOf(later), 1)).not.toBeNull();
  inference.release(later.hash);
  await explainer.explain(asked, judgeModelOf(later), 1);
  expect(said).toHaveLength(2);
});

test('the newest question wins, and one that is stopped ends unanswered', async () => {
  const { inference } = await withModels(linear);
  const { explainer, said } = explainerOn((request) => inference.predict(request));
  const model = judgeModelOf(linear);
  const older = explainer.explain(question({ a: 4, b: -3, c: 3 }), model, 1);
  const newer = explainer.explain(question({ a: 0, b: -4, c: 0 }), model, 1);
  expect(await older).toBeNull();
  expect((await newer)?.map(({ feature }) => feature)).toEqual(['b']);
  const stopped = explainer.explain(question({ a: 4, b: -3, c: 3 }), model, 1);
  explainer.stop();
  await explainer.settle();
  expect(await stopped).toBeNull();
  expect(said).toEqual([]);
});

test('a prediction that a verdict waits for goes before every row that has not begun', async () => {
  const { inference } = await withModels(linear);
  const order: string[] = [];
  const ask = async (name: string, purpose: 'verdict' | 'explanation'): Promise<void> => {
    const request = { ...ample, model: linear.hash, input: row(1, 2, 3), purpose };
    outputsOf(await inference.predict(request));
    order.push(name);
  };
  const rows = Array.from({ length: 20 }, (_, i) => ask(`row ${i}`, 'explanation'));
  await Promise.all([...rows, ask('verdict', 'verdict')]);
  expect(order.indexOf('verdict')).toBe(1);
});

/** A die-casting machine with its shipped model in a real child, until its first alert is explained. */
async function firstAlert(seed: number) {
  const profile = loadProfile('die-casting-cold-chamber');
  const bundle = await readBundle((await findBundle('diecast-defect')).dir);
  const { inference } = await withModels(bundle);
  const model = judgeModelOf(bundle);
  const scenario = scenarioOf({ firstEpisodeShots: [60, 70], garbageRate: 0, freezeRate: 0 });
  const training = new Map(
    bundle.manifest.features.flatMap(({ from, normal }) =>
      normal ? [[from, normal] as const] : [],
    ),
  );
  const source = new ModelledSource(profile, seed, scenario);
  const engine = new AlertEngine({
    machine: 'dc-01',
    machineName: '3호기',
    profile,
    training,
  });
  const tracker = new CycleTracker({
    machine: 'dc-01',
    profile,
    samplesBetween: () => [],
    clock: () => 0,
  });
  const told: Alert[] = [];
  const kept: RecordBody[] = [];
  const explained = Promise.withResolvers<Alert>();
  const { explainer, said } = explainerOn((request) =>
    inference.predict({ ...request, deadlineMs: 10_000 }),
  );
  const line = new MachineLine({
    tracker,
    judge: new Judge({}, model, true),
    alerts: {
      observe: (cycle, verdict) => engine.observe(cycle, verdict),
      observeAfter: () => [],
      question: (cycle, verdict) => engine.question(cycle, verdict),
      explained: (...answered) => {
        const alert = engine.explained(...answered);
        if (alert !== null) explained.resolve(alert);
        return alert === null ? [] : [alert];
      },
    },
    reject: null,
    explainer,
    predict: (hash, input, deadlineMs) =>
      inference.predict({ machine: 'dc-01', model: hash, input, deadlineMs, hardLimitMs: 5_000 }),
    deadlineMs: 5_000,
    keep: (body) => kept.push(body),
    onVerdict: () => undefined,
    onAlert: (alert) => told.push(alert),
    onRejected: () => undefined,
    clock: () => 0,
  });
  for (
    let shot = 1;
    shot <= 90 && !told.some(({ severity }) => severity === 'warning');
    shot += 1
  ) {
    const made = source.next();
    const at = { monoMs: 0, wallMs: 1_000_000 };
    const readings = Object.fromEntries(
      Object.entries(made.values).map(([name, value]) => {
        const quality = value === null ? ('missing' as const) : ('good' as const);
        return [name, { value, quality, at }];
      }),
    );
    await line.onSnapshot({ shot, readings, at, triggerMonoMs: at.monoMs });
  }
  const none = new Error(`seed ${seed}: no alert was explained; ${said.join(', ')}`);
  const alert = await Promise.race([
    explained.promise,
    explainer.settle().then(() => Promise.reject(none)),
  ]);
  await line.settle();
  return { alert, told, kept, said, profile };
}

test('an alert is told again with its drivers, in plant units, and kept in that order', async () => {
  const seed = Date.now() % 100_000;
  const { alert, told, kept, said } = await firstAlert(seed);
  const message = `seed ${seed}: ${alert.text.ko} ${JSON.stringify(alert.drivers)}`;
  const alerts = kept.flatMap((body) => (body.kind === 'alert' ? [body.alert] : []));
  const states = alerts.filter(({ id }) => id === alert.id).map(({ state }) => state);
  expect(states, message).toEqual(['raised', 'updated']);
  expect(alerts.filter(({ id }) => id === alert.id).at(-1), message).toEqual(alert);
  expect(told.at(-1), message).toEqual(alert);
  const [first, ...rest] = alert.drivers ?? [];
  if (first === undefined) throw new Error(`no drivers, ${message}`);
  expect(first.value < first.normalLow || first.value > first.normalHigh, message).toBe(true);
  expect(alert.count, message).toBe(1);
  if (rest.length > 0) expect(alert.text.ko, message).toContain('함께 달랐던 값: ');
  expect(said, message).toEqual([]);
});
