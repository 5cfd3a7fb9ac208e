/** What `ppuri status` and the log say of outputs and of where the panel is. */
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { outputLines } from '../../agent/cli/status-outputs.ts';
import { addressText } from '../../agent/panel-pages.ts';

test('a dead light is told by its name and why; no outputs, no line', () => {
  const outputs = [
    { name: 'light', ok: false, detail: 'unit 9 does not answer' },
    { name: 'office', ok: true, detail: '' },
  ];
  const plain = (_: string, text: string): string => text;
  expect(outputLines(outputs, 'ko', plain)).toEqual([
    '출력 light 이상: unit 9 does not answer, office 정상',
  ]);
  expect(outputLines(outputs, 'en', plain)).toEqual([
    'outputs light fails: unit 9 does not answer, office ok',
  ]);
  expect(outputLines([], 'ko', plain)).toEqual([]);
});

test('where the panel is served is an address that a browser can open', () => {
  for (const every of ['0.0.0.0', '[::]']) {
    const text = addressText('http', every, 21788);
    expect(text).not.toContain(every);
    expect(text).toContain(`http://${hostname()}:21788`);
  }
  expect(addressText('https', '192.168.0.5', 8787)).toBe('https://192.168.0.5:8787');
});
