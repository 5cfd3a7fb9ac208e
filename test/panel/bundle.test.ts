/** The committed pages: small, whole, and in need of nothing from elsewhere. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bundled } from '../../agent/panel/build-pages.ts';
import { panelPages } from '../../agent/panel/pages.ts';

const body = (path: string): string => panelPages().get(path)?.body.toString('utf8') ?? '';

test('the script is below 150 kB before compression', () => {
  expect(panelPages().get('/app.js')?.body.length).toBeLessThan(150_000);
});

test('what is committed is what the sources give', async () => {
  const made = await bundled();
  const committed = new Map(
    [...made.keys()].map((name) => [
      name,
      readFileSync(new URL(`../../agent/panel/web/dist/${name}`, import.meta.url), 'utf8'),
    ]),
  );
  expect(
    [...made].filter(([name, text]) => committed.get(name) !== text).map(([name]) => name),
  ).toEqual([]);
});

test('no script or style stands in the page itself, so that the policy needs no exception', () => {
  expect(body('/')).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*src=)/);
});

test('nothing names an address elsewhere', () => {
  for (const path of ['/', '/app.js', '/app.css']) {
    const addresses = body(path).match(/(?:https?:)?\/\/[a-z][\w-]*\.[\w.-]+/g) ?? [];
    // Names of XML's kinds of elements, which nobody asks for.
    expect(addresses.filter((it) => !it.endsWith('//www.w3.org'))).toEqual([]);
  }
});

test('an alert has one Korean name, that of the terminal and the manual', () => {
  expect(body('/app.js')).toContain('조치할 알림이 없습니다');
  expect(body('/app.js').match(/.{0,9}(?<!오)경보/g)).toBeNull();
});
