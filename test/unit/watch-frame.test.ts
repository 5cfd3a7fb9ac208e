/** What `ppuri watch` shows of a plant. */
import { expect, test } from 'vitest';
import { frameLines } from '../../agent/cli/watch-frame.ts';
import type { Overview } from '../../agent/panel/contract.ts';
import { alertOf, now, plantOf, untouched } from '../panel/plant.ts';

const look = (overview: Overview, lang: 'ko' | 'en' = 'ko'): string[] =>
  frameLines(overview, { lang, color: false, columns: 400, rows: 200, silentMs: 0 });

test('what people did with an alert stands before its sentence, where no terminal cuts it off', () => {
  const mark = { who: '김반장', wallMs: now };
  const shelved = { ...mark, reason: '금형 교체', leftMs: 12 * 60_000 };
  const of = (id: string, handling: Partial<typeof untouched>) => ({
    ...alertOf({ id, machine: 'dc-01', machineName: '1호기' }),
    handling: { ...untouched, ...handling },
  });
  const alerts = [
    of('a-1', { attention: 'shelved', shelved }),
    of('a-2', { acknowledged: mark }),
    of('a-3', { acknowledged: mark, falseAlarm: mark }),
    of('a-4', {}),
  ];
  const lines = look({ ...plantOf({ machines: 2 }), alerts });
  const line = (id: string) => lines.find((each) => each.startsWith(id)) ?? '';
  expect(line('a-1')).toMatch(/^a-1 {2}\(보류 김반장 12분\) \S/);
  expect(line('a-2')).toMatch(/^a-2 {2}\(확인 김반장\) \S/);
  expect(line('a-3')).toMatch(/^a-3 {2}\(오경보 김반장\) \S/);
  expect(line('a-4')).toMatch(/^a-4 {2}\[경고\]/);
});

test('a light that is dead is told at the top; those that work are in the last line', () => {
  const outputs = [
    { name: 'light', ok: false, detail: 'unit 9 does not answer' },
    { name: 'office', ok: true, detail: '' },
  ];
  const lines = look({ ...plantOf({ machines: 1 }), outputs });
  expect(lines[1]).toBe('!! 출력 이상: light (unit 9 does not answer)');
  expect(lines.at(-1)).toContain('office ✓');
  expect(look(plantOf({ machines: 1 })).join('\n')).not.toContain('!!');
});
