import { rm } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import type { Activation } from '../../models/activation.ts';
import type { TrialModel } from '../fixtures/models/trial-bundles.ts';
import { TrialAgent, type TrialOptions } from '../fixtures/trial-agent.ts';

const trial = { shadowShots: 12, trialShots: 12, leastShots: 6 };
let it: TrialAgent | null = null;

afterEach(async () => {
  await it?.close();
  it = null;
});

/** An agent at work, whose machines run `model`. */
async function begin(options: TrialOptions = {}, model: TrialModel = 'good'): Promise<TrialAgent> {
  const agent = new TrialAgent();
  it = agent;
  const { dir } = await agent.bundle(model);
  await agent.simulate({ model: dir, trial, ...options });
  await agent.start();
  // Shots before the first one with a model are another matter.
  const first = (): number => agent.judged.findIndex(({ verdict }) => verdict.judge === 'model');
  await agent.when(() => first() >= 0);
  agent.judged.splice(0, first());
  return agent;
}

async function use(
  agent: TrialAgent,
  name: TrialModel,
  more: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const { dir } = await agent.bundle(name);
  return agent.command('model-use', { machine: 'dc-01', path: dir, who: 'kim', ...more });
}

const activationOf = (agent: TrialAgent): Activation | null =>
  agent.agent?.status().models[0]?.activation ?? null;

const returns = (agent: TrialAgent) =>
  agent.alerts.filter(({ cause }) => cause === 'model-returned');

/** Shots that had a model and no answer from it, in the order of their coming. */
const unanswered = (agent: TrialAgent) =>
  agent.judged
    .filter(({ cycle, verdict }) => {
      const judgeable = cycle.observed === 'whole' && cycle.suppressed === null;
      return judgeable && verdict.judge !== 'model';
    })
    .map(({ verdict }) => `${verdict.reason}: ${verdict.detail}`);

test('an agreeing model is watched, tried and stays; no shot goes unscored and each has one model', async () => {
  const agent = await begin({ machines: 2, speed: 600 });
  expect(await use(agent, 'good-too')).toMatchObject({ stage: 'shadow', shots: 12 });
  await agent.event('model-trial-begun');
  await agent.event('model-committed');
  await agent.shots(6);
  const mine = agent.judged.filter(({ cycle }) => cycle.machine === 'dc-01');
  const names = mine.map(({ verdict }) => verdict.model?.name);
  expect(names.filter((name, index) => name !== names[index - 1])).toEqual(['good', 'good-too']);
  expect(unanswered(agent)).toEqual([]);
  expect(
    agent.judged.every(({ verdict }) => /^[0-9a-f]{64}$/.test(verdict.model?.hash ?? '')),
  ).toBe(true);
  const table = await agent.ask((client) => client.ask('models', {}));
  expect(table.activations).toEqual([]);
  expect(table.pointers).toMatchObject([
    { machine: 'dc-01', mold: null, name: 'good-too', previous: { name: 'good' } },
  ]);
  expect(table.changes.map(({ what, who }) => `${what} by ${who}`)).toEqual([
    'committed by ppuri',
    'trial-begun by ppuri',
    'shadow-begun by kim',
  ]);
  const mirrored = await agent.ask((client) => client.ask('mirrored', { machine: 'dc-01' }));
  expect(new Set(mirrored.map(({ role, model }) => `${role} ${model.name}`))).toEqual(
    new Set(['candidate good-too', 'current good']),
  );
  const deeds = await agent.ask((client) => client.ask('deeds', {}));
  expect(deeds).toMatchObject([{ what: 'model-use', who: 'kim', subject: 'dc-01' }]);
  expect(returns(agent)).toEqual([]);
});

test('a model that disagrees is never shown and is taken back; people are told in their words', async () => {
  const agent = await begin();
  await use(agent, 'contrary');
  await agent.event('model-returned');
  await agent.when(() => returns(agent).length > 0);
  expect(agent.judged.every(({ verdict }) => verdict.outcome !== 'defect')).toBe(true);
  expect(agent.models()).toEqual(['good']);
  expect(returns(agent)).toMatchObject([
    {
      ...{ cause: 'model-returned', severity: 'caution', machine: 'dc-01' },
      text: {
        ko: expect.stringMatching(
          /^\[주의\] dc-01 새 모델 contrary 1\.0\.0 적용 취소, 기존 판정으로 복귀\. 사유: 기존 모델과 판정 불일치 \d+샷 중 \d+샷/,
        ),
        en: expect.stringMatching(/its verdicts differ from the old model’s on \d+ of \d+ shots/),
      },
    },
  ]);
  // Another try ends what is said of the last one.
  await use(agent, 'good-too');
  await agent.when(() => returns(agent).some(({ state }) => state === 'cleared'));
});

test('put on trial at once, a model that disagrees decides few shots and the old one goes on', async () => {
  const agent = await begin();
  await use(agent, 'contrary', { shadowShots: 0 });
  await agent.event('model-returned');
  await agent.shots(4);
  expect(agent.models()).toEqual(['good', 'contrary', 'good']);
  expect(unanswered(agent)).toEqual([]);
});

test('a model that gives no number is taken back after one shot', async () => {
  const agent = await begin();
  await use(agent, 'undefined');
  await agent.event('model-returned');
  expect(agent.events.find(({ kind }) => kind === 'model-returned')?.text).toContain(
    'it gave no usable number',
  );
  expect(agent.models()).toEqual(['good']);
});

test('a model that is late is taken back; the old one, beside it, is hardly ever', async () => {
  const agent = await begin({ deadlineMs: 30, speed: 120 });
  await use(agent, 'heavy');
  await agent.event('model-returned');
  const text = agent.events.find(({ kind }) => kind === 'model-returned')?.text;
  const [, late, before] = /it was late (\d+) times \(the old model (\d+)\)/.exec(text ?? '') ?? [];
  // A busy computer may hold up a shot of either.
  expect(Number(late), text).toBeGreaterThanOrEqual(Number(before) + 3);
  expect(agent.models()).toEqual(['good']);
});

test('a model whose run does not end is taken back with its child; no verdict is lost', async () => {
  const agent = await begin({ deadlineMs: 40, hardLimitMs: 40, speed: 120 });
  const from = agent.judged.length;
  await use(agent, 'heavy');
  await agent.event('model-returned');
  expect(agent.events.find(({ kind }) => kind === 'model-returned')?.text).toMatch(
    /it took its process down \(hang: no answer within 40 ms\)/,
  );
  const lost = agent.judged.slice(from).filter(({ verdict }) => verdict.judge !== 'model');
  expect(lost.map(({ verdict }) => verdict.reason)).toEqual([]);
});

test('a crash of the candidate’s process under its run takes it back', async () => {
  const agent = await begin();
  await use(agent, 'heavy', { shadowShots: 1000 });
  await agent.when(() => (activationOf(agent)?.counts.shots ?? 0) > 0);
  const own = agent.agent?.status().inference.children.find(({ kind }) => kind === 'own');
  const returned = agent.event('model-returned');
  // Not every moment is within a run: a crash between two is nobody's.
  await agent.shots(1);
  process.kill(own?.pid ?? 0, 'SIGSEGV');
  await returned;
  expect(agent.models()).toEqual(['good']);
});

test('watched only, a model decides nothing, whatever it said', async () => {
  const agent = await begin();
  await use(agent, 'good-too', { mode: 'shadow', shadowShots: 5 });
  await agent.event('model-shadow-ended');
  await agent.shots(4);
  expect(agent.models()).toEqual(['good']);
  const table = await agent.ask((client) => client.ask('models', {}));
  expect(table).toMatchObject({ activations: [], pointers: [] });
  expect(table.changes[0]).toMatchObject({ what: 'shadow-ended', counts: { shots: 5 } });
});

test('a rollback ends what is under way, then goes back and forth between the last two', async () => {
  const agent = await begin();
  const rollback = () => agent.command('model-rollback', { machine: 'dc-01', who: 'lee' });
  await expect(rollback()).rejects.toMatchObject({ code: 'usage' });
  await use(agent, 'contrary', { shadowShots: 0, trialShots: 1000 });
  await expect(use(agent, 'good-too')).rejects.toMatchObject({ code: 'usage' });
  expect(await rollback()).toMatchObject({ name: 'good' });
  await use(agent, 'good-too', { mode: 'now' });
  expect(await rollback()).toMatchObject({ name: 'good' });
  expect(await rollback()).toMatchObject({ name: 'good-too' });
  await agent.when(() => agent.models().at(-1) === 'good-too');
});

test('how far a trial was outlives the agent, and the model that decided still does', async () => {
  const agent = await begin();
  await use(agent, 'good-too', { shadowShots: 0, trialShots: 60 });
  await agent.when(() => (activationOf(agent)?.counts.shots ?? 0) >= 8);
  await agent.stopAgent();
  agent.judged.length = 0;
  await agent.start();
  expect(activationOf(agent)).toMatchObject({ stage: 'trial', trialShots: 60 });
  expect(activationOf(agent)?.counts.shots).toBeGreaterThanOrEqual(8);
  await agent.event('model-committed');
  expect(agent.models()).toEqual(['good-too']);
});

test('where the model that decided is gone at a start, the configured one judges and people are told', async () => {
  const agent = await begin();
  await use(agent, 'good-too', { mode: 'now' });
  await agent.when(() => agent.models().at(-1) === 'good-too');
  await agent.stopAgent();
  agent.judged.length = 0;
  await rm((await agent.bundle('good-too')).dir, { recursive: true });
  await agent.start();
  await agent.when(() => agent.models().at(-1) === 'good');
  const [told] = agent.alerts.filter(({ cause }) => cause === 'model-missing');
  expect(told).toMatchObject({ severity: 'caution', machine: 'dc-01' });
  expect(told?.text.ko).toMatch(
    /적용했던 모델 good-too \S+ 파일이 없거나 바뀜. 지금은 good \S+ 모델이 판정/,
  );
  const back = agent.command('model-rollback', { machine: 'dc-01', who: 'lee' });
  await expect(back).resolves.toMatchObject({ name: 'good' });
});

test('each mold has its model from its very first shot; others have the default', async () => {
  const agent = new TrialAgent();
  it = agent;
  const [good, other] = [await agent.bundle('good'), await agent.bundle('good-too')];
  await agent.simulate({ model: { default: good.dir, molds: { 2102: other.dir } } });
  await agent.start();
  // A shot that was missed has no mold.
  const molds = () => new Set(agent.judged.flatMap(({ cycle }) => cycle.mold ?? []));
  // Two molds take turns, shot by shot.
  await agent.when(() => agent.models().length > 10);
  expect(molds().size).toBe(2);
  for (const { cycle, verdict } of agent.judged) {
    if (verdict.judge !== 'model') continue;
    expect(verdict.model?.name).toBe(cycle.mold === '2102' ? 'good-too' : 'good');
  }
  expect(new Set(agent.models())).toEqual(new Set(['good', 'good-too']));
});

test('a model on trial whose defects inspection does not confirm is taken back', async () => {
  const agent = await begin({ speed: 600 }, 'contrary');
  const label = async (model: string, result: 'ok' | 'defect'): Promise<void> => {
    const shots = () =>
      agent.judged.filter(
        ({ verdict }) => verdict.judge === 'model' && verdict.model?.name === model,
      );
    await agent.when(() => shots().length >= 8);
    for (const { cycle } of shots().slice(0, 8)) {
      const place = { machine: 'dc-01', shot: cycle.shot };
      const given = { place, part: '', result, type: null, ambiguous: 'newest' };
      await agent.command('label', { ...given, who: 'park', from: 'cli' });
    }
  };
  await label('contrary', 'defect');
  await use(agent, 'contrary-too', { shadowShots: 0, trialShots: 10_000 });
  await label('contrary-too', 'ok');
  await agent.event('model-returned');
  const text = agent.events.find(({ kind }) => kind === 'model-returned')?.text;
  expect(text).toContain('inspection confirmed 0/8 of its defects (the old model: 8/8)');
});

test('while the store is away nothing changes and it is said; once it is back the step is taken', async () => {
  const agent = await begin();
  await use(agent, 'good-too', { shadowShots: 0 });
  const pid = agent.agent?.status().store.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  await agent.when(() => (activationOf(agent)?.counts.shots ?? 0) >= trial.trialShots);
  await agent.shots(6);
  expect(activationOf(agent)?.stage).toBe('trial');
  expect(agent.models()).toEqual(['good', 'good-too']);
  process.kill(pid, 'SIGKILL');
  await agent.event('model-step-not-kept');
  await agent.event('model-committed');
  expect(agent.models()).toEqual(['good', 'good-too']);
  const table = await agent.ask((client) => client.ask('models', {}));
  expect(table).toMatchObject({ activations: [], pointers: [{ name: 'good-too' }] });
});
