/** Refusals in the language of who asked, with what to do; and hints that fit what was tried. */
import { expect, test } from 'vitest';
import { noSuchAlert, shelfTimeWrong } from '../../agent/alerts/refusals.ts';
import { refusalInWords } from '../../agent/cli/agent-refusals.ts';
import { PanelRefusal } from '../../agent/panel/refusal.ts';
import { describeRead, describeWrite, modbusException } from '../../drivers/describe.ts';

test('what the agent refuses is told in Korean, by name, with what to do', () => {
  expect(refusalInWords(noSuchAlert('a-9'), 'a-9', 'ko')).toMatchObject({
    code: 'alert-unknown',
    message: expect.stringContaining('알림이 아닙니다: a-9'),
    hint: expect.stringContaining('ppuri alerts'),
  });
  expect(refusalInWords(shelfTimeWrong('a-9'), 'a-9', 'ko')).toMatchObject({
    message: '보류는 8시간까지이며 사유가 필요합니다',
  });
  expect(refusalInWords(shelfTimeWrong('a-9'), 'a-9', 'en')).toMatchObject({
    message: 'an alert is put off for up to 8 h, with a reason',
  });
  expect(refusalInWords(new PanelRefusal('last-admin'), '김반장', 'ko')).toMatchObject({
    message: '마지막 관리자는 삭제하거나 권한을 낮출 수 없습니다.',
    hint: expect.stringContaining('ppuri panel user list'),
  });
});

test('a name that is no user leads to the command that removes a kiosk', () => {
  for (const lang of ['ko', 'en'] as const)
    expect(refusalInWords(new PanelRefusal('no-such-user'), 'line-3', lang)).toMatchObject({
      message: expect.stringContaining('line-3'),
      hint: expect.stringContaining('`ppuri panel kiosk line-3 --remove`'),
    });
});

test('a refused write gets no advice for reads', () => {
  const write = describeWrite({ table: 'coil', address: 40, values: [1] });
  const read = describeRead({ table: 'holding', address: 40, count: 2 });
  for (const code of [1, 2, 3])
    expect(modbusException(code, write, 'x').hint).not.toMatch(/maxGapWords|maxReadWords|holding/);
  expect(modbusException(2, read, 'x').hint).toContain('maxGapWords');
});
