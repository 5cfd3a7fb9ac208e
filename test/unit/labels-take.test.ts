/** Taking labels over a real store: which shot, which part, which defect, and what is a repeat. */
import { expect, test } from 'vitest';
import { refusalText } from '../../agent/labels/words.ts';
import { startDesk } from './label-support.ts';
import { at, cycleBody, startKeeper, temporaryDirectory } from './store-support.ts';

function started() {
  const { keeper } = startKeeper(temporaryDirectory());
  keeper.keep(cycleBody(1), at(1000));
  keeper.keep(cycleBody(2), at(2000));
  keeper.keep(cycleBody(3, { machine: 'dc-04' }), at(3000));
  keeper.keep(cycleBody(4, { machine: 'gone' }), at(4000));
  return { keeper, desk: startDesk(keeper) };
}

const place = { machine: '3호기', shot: 1001 };
const ask = (more: object = {}) => ({
  place,
  result: 'defect',
  who: '김검사',
  from: 'cli',
  ...more,
});

test('a label finds its shot by the operators’ name, and the defect by its Korean title', async () => {
  const { keeper, desk } = started();
  const taken = await desk.take(ask({ type: '수축공' }));
  expect(taken).toMatchObject({
    state: 'kept',
    label: { machine: 'dc-03', mold: 'A-12', shot: 1001, part: '', type: 'shrinkage' },
    shot: { wallMs: at(1000).wallMs, outcome: 'ok', ambiguous: false },
  });
  // It is on the disk when it is said to be kept.
  expect(keeper.stats().pending).toBe(0);
  const { rows } = await keeper.query('labels', {});
  expect(rows).toMatchObject([
    { cycle: { boot: keeper.keep(cycleBody(9), at(9)).boot, seq: 1 }, who: '김검사', from: 'cli' },
  ]);
});

test('said again it is a repeat; said otherwise it replaces', async () => {
  const { keeper, desk } = started();
  expect((await desk.take(ask())).state).toBe('kept');
  expect((await desk.take(ask())).state).toBe('repeated');
  expect((await desk.take(ask({ result: 'ok' }))).state).toBe('kept');
  expect((await desk.take(ask())).state).toBe('kept');
  expect((await keeper.query('labels', { scope: 'all' })).rows).toHaveLength(3);
});

test('a sheet that is imported again does not undo what people corrected since', async () => {
  const { keeper, desk } = started();
  const sheet = [
    ask({ from: 'import', ambiguous: 'refuse' }),
    ask({ from: 'import', result: 'ok', ambiguous: 'refuse' }),
    ask({ from: 'import', place: { machine: 'dc-03', shot: 1002 } }),
  ];
  const states = async (): Promise<string[]> =>
    (await desk.takeMany({ labels: sheet })).outcomes.map(({ state }) => state);
  expect(await states()).toEqual(['kept', 'kept', 'kept']);
  await desk.take(ask({ from: 'panel', place: { machine: 'dc-03', shot: 1002 }, result: 'ok' }));
  expect(await states()).toEqual(['repeated', 'repeated', 'repeated']);
  const { rows } = await keeper.query('labels', {});
  expect(rows.map(({ shot, result }) => [shot, result])).toEqual([
    [1002, 'ok'],
    [1001, 'ok'],
  ]);
});

test('a dry run keeps nothing and says the same', async () => {
  const { keeper, desk } = started();
  const labels = [ask(), ask(), ask({ place: { machine: 'dc-03', shot: 1 } })];
  const { outcomes } = await desk.takeMany({ labels, dryRun: true });
  expect(outcomes.map(({ state }) => state)).toEqual(['kept', 'repeated', 'refused']);
  expect((await keeper.query('labels', {})).rows).toEqual([]);
});

test('what names no shot, part or defect is refused with what is known, in Korean too', async () => {
  const { desk } = started();
  const two = { machine: 'dc-04', shot: 1003 };
  const day = new Date(2026, 10, 27).getTime();
  const cases: [object, RegExp, RegExp, RegExp][] = [
    [
      { place: { machine: '9호기', shot: 1 } },
      /no machine "9호기"/,
      /machines: dc-03, dc-04/,
      /설비/,
    ],
    [
      { place: { machine: 'dc-03', shot: 77 } },
      /no shot dc-03#77/,
      /ppuri cycles/,
      /샷이 없습니다/,
    ],
    // The day and the zone it was looked for in: a sheet of another zone is seen at once.
    [
      { place: { machine: 'dc-03', shot: 77, fromWallMs: day, toWallMs: day + 86_400_000 } },
      /no shot dc-03#77@2026-11-27 \(UTC[+-]\d\d:\d\d\)/,
      /ppuri cycles/,
      /샷이 없습니다: dc-03#77@2026-11-27 \(UTC/,
    ],
    [{ place: { boot: 'x', seq: 1 } }, /no shot x\/1/, /ppuri cycles/, /샷이 없습니다/],
    [{ place: { machine: 'gone', shot: 1004 } }, /no machine "gone"/, /machines/, /설비/],
    [{ type: '긁힘' }, /dc-03 has no defect "긁힘"/, /shrinkage \(수축공\)/, /불량유형/],
    [{ result: 'ok', type: 'shrinkage' }, /no kind of defect/, /leave/, /양품/],
    [{ part: '캐비티1' }, /makes one part/, /machines\[\]\.parts/, /한 샷에 1개/],
    [{ place: two }, /makes 2 parts a shot: say which/, /캐비티1/, /2개/],
    [{ place: two, part: '캐비티3' }, /no part "캐비티3"/, /캐비티/, /캐비티/],
  ];
  for (const [more, message, hint, korean] of cases) {
    const error = await desk.take(ask(more)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'label-refused',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
    expect(refusalText((error as Error).message).ko).toMatch(korean);
  }
  expect(await desk.take(ask({ place: two, part: '캐비티2' }))).toMatchObject({ state: 'kept' });
  const bad = [
    null,
    {},
    ask({ who: ' ' }),
    ask({ result: 'maybe' }),
    ask({ place: {} }),
    ask({ x: 1 }),
  ];
  for (const asked of [...bad, ask({ who: 'a\u001b[2J' })])
    await expect(desk.take(asked)).rejects.toMatchObject({ code: 'usage' });
  await expect(desk.takeMany({ labels: [] })).rejects.toMatchObject({ code: 'usage' });
});

test('what fits two shots: the newest is taken and said, or refused where it is asked to be', async () => {
  const { keeper, desk } = started();
  keeper.keep(cycleBody(1), at(50_000));
  await keeper.flush();
  await expect(desk.take(ask({ ambiguous: 'refuse' }))).rejects.toMatchObject({
    message: expect.stringContaining('more than one shot fits'),
  });
  expect(await desk.take(ask())).toMatchObject({
    label: { cycle: { seq: 5 } },
    shot: { ambiguous: true, wallMs: at(50_000).wallMs },
  });
});

test('a shot judged a moment ago is found before its own commit', async () => {
  const { keeper } = startKeeper(temporaryDirectory(), { commitMs: 600_000 });
  await keeper.opened();
  keeper.keep(cycleBody(1), at(1));
  expect(await startDesk(keeper).take(ask())).toMatchObject({ label: { cycle: { seq: 1 } } });
});

test('with the store down a label is refused, not lost in silence', async () => {
  const { keeper, desk } = started();
  await keeper.flush();
  await keeper.close();
  await expect(desk.take(ask())).rejects.toMatchObject({ code: 'store-unavailable' });
});
