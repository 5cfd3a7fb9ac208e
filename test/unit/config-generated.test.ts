import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { errorTable } from '../../config/errors.ts';
import { stale } from '../../config/generate.ts';
import { configTable, errorsTable, fillMarkers } from '../../config/reference.ts';
import { configSchema } from '../../config/schema.ts';
import { syncSchema } from '../../config/sync-schema.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every source of the product itself, as one text a file. */
function sources(): string[] {
  return ['agent', 'drivers', 'models', 'config'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter(
        (file) => file.endsWith('.ts') && file !== 'errors.ts' && !file.includes('generated/'),
      )
      .map((file) => readFileSync(join(root, room, file), 'utf8')),
  );
}

describe('generated files', () => {
  it('are current', () => expect(stale(root)).toEqual([]));

  it('describe every option', () => {
    const bare = configTable()
      .split('\n')
      .filter((row) => row.endsWith('|  |'));
    expect(bare).toEqual([]);
  });

  it('tell the defaults that the schema gives', () => {
    expect(configTable()).toContain('| `buses.*.port` | 1–65535 | `502` | TCP port. |');
    expect(configTable()).toContain('| `machines[].id` | text | **required** |');
  });

  it('list the keys of every sync target', () => {
    const targets = z.toJSONSchema(syncSchema, { io: 'input' }).items;
    const kinds = typeof targets === 'object' && 'oneOf' in targets ? (targets.oneOf ?? []) : [];
    expect(kinds.length).toBeGreaterThan(1);
    for (const kind of kinds)
      for (const key of Object.keys((kind as z.core.JSONSchema.BaseSchema).properties ?? {}))
        expect(configTable()).toContain(`| \`sync[].${key}\` | `);
    expect(configTable()).toContain('| `sync[].maxKibPerSecond` | above 0 |');
  });

  it('keep the text around the markers', () => {
    const text = 'before <!-- a:begin -->old<!-- a:end --> after';
    expect(fillMarkers(text, 'a', 'new')).toBe(
      'before <!-- a:begin -->\nnew\n<!-- a:end --> after',
    );
    expect(() => fillMarkers('nothing', 'a', 'new')).toThrow('<!-- a:begin -->');
  });
});

describe('names of options', () => {
  it('carry their unit where they are a time', () => {
    const text = JSON.stringify(z.toJSONSchema(configSchema, { io: 'input' }));
    const times = [...text.matchAll(/"((?:timeout|deadline|hardLimit|poll|pulse)\w*)":\{/g)];
    expect(times.length).toBeGreaterThan(4);
    for (const [, name] of times) expect(name).toMatch(/(Ms|S)$/);
  });
});

describe('the documents', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');

  it('deny nothing that there is', () => {
    expect(readme).not.toContain('Not in this version');
    expect(readme).not.toMatch(/Nothing leaves the gateway:|opens no listening port/);
  });

  it('show a sync section in the example that passes once its marks are taken off', () => {
    const example = readFileSync(join(root, 'config', 'example.yaml'), 'utf8');
    const shown = example.slice(example.indexOf('# sync:')).replaceAll(/^# /gm, '').trimEnd();
    const { sync } = parse(shown);
    expect(syncSchema.parse(sync).map(({ type }) => type)).toEqual(['mqtt', 'https']);
  });
});

describe('the error table', () => {
  const codes = Object.keys(errorTable);
  const text = sources().join('\n');

  it('has every code that is thrown', () => {
    const thrown = [...text.matchAll(/new (?:PpuriError|ProblemsError)\(\s*'([a-z-]+)'/g)];
    expect(thrown.length).toBeGreaterThan(10);
    for (const [, code] of thrown) expect(codes).toContain(code);
  });

  it.each(codes)('%s is used somewhere', (code) => {
    expect(text.includes(`'${code}'`)).toBe(true);
  });

  it('stands in the README whole', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| `([a-z-]+)` \| \d+ \|/gm)].map(([, code]) => code);
    expect(rows).toEqual(codes);
    expect(readme).toContain(errorsTable());
  });
});
