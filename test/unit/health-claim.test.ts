import { expect, test } from 'vitest';
import { claimEndpoints } from '../../agent/health/claim.ts';
import { createLineSink } from '../../agent/health/line-sink.ts';

const endpoint = (): string =>
  `tcp://test-${process.pid}-${Math.trunc(performance.now() * 1000)}:502`;

test('an endpoint is claimed once, and free again when released', async () => {
  const [one, two] = [endpoint(), endpoint()];
  const first = await claimEndpoints([one]);
  await expect(claimEndpoints([two, one])).rejects.toMatchObject({
    code: 'bus-in-use',
    subject: one,
  });
  const other = await claimEndpoints([two]);
  await first.release();
  const again = await claimEndpoints([one]);
  await Promise.all([again.release(), other.release()]);
});

test('a log whose disk is full counts its lines and says so when there is room', () => {
  const written: string[] = [];
  let full = false;
  const sink = createLineSink(1, (text) => {
    if (full) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    written.push(text);
  });
  sink('first');
  full = true;
  sink('second');
  sink('third');
  full = false;
  sink('fourth');
  expect(written.map((text) => text.trim()).filter((text) => !text.startsWith('{'))).toEqual([
    'first',
    'fourth',
  ]);
  expect(written.join('')).toContain('"event":"log-lines-lost","lines":2');
});
