import { describe, expect, it } from 'vitest';
import { toReading } from '../../agent/signals/reading.ts';
import { Codec } from '../../agent/simulator/codec.ts';
import type { Profile } from '../../config/profile.ts';
import { listProfiles, loadProfile } from '../../config/profile-load.ts';
import { decodeRaw, parseAddress } from '../../drivers/decode.ts';

const at = { monoMs: 0, wallMs: 0 };

/** Value or quality of one signal when `words` stand at `start`. */
function readingOf(profile: Profile, name: string, start: string, words: readonly number[]) {
  const signal = new Codec(profile).signals.get(name);
  if (signal === undefined) throw new Error(`no signal ${name}`);
  const first = parseAddress(start);
  expect(signal.register.table).toBe(first.table);
  const raw = decodeRaw(words, signal.register, signal.register.address - first.address);
  const reading = toReading(raw, signal.spec, signal.scale, at);
  return reading.value ?? reading.quality;
}

describe.each(listProfiles().map((id) => loadProfile(id)))('profile $id', (profile) => {
  it('decodes its test vectors as it states', () => {
    expect(profile.testVectors.length).toBeGreaterThanOrEqual(6);
    for (const { at: start, words, expect: expected } of profile.testVectors) {
      for (const [name, value] of Object.entries(expected)) {
        const got = readingOf(profile, name, start, words);
        if (typeof value === 'number' && typeof got === 'number')
          expect(got, `${name} of ${words}`).toBeCloseTo(value, 9);
        else expect(got, `${name} of ${words}`).toBe(value);
      }
    }
  });

  it('shows a negative value, a multi-word value and a bad one in its vectors', () => {
    const expected = profile.testVectors.flatMap((vector) => Object.entries(vector.expect));
    const values = expected.map(([, value]) => value);
    expect(values.some((value) => typeof value === 'number' && value < 0)).toBe(true);
    expect(values.some((value) => typeof value === 'string')).toBe(true);
    const wide = new Set(['uint32', 'int32', 'float32']);
    expect(expected.some(([name]) => wide.has(profile.signals[name]?.type ?? ''))).toBe(true);
  });

  it('says where its facts come from and what a site must check', () => {
    expect(profile.facts.source).not.toBe('');
    expect(profile.facts.checkOnSite.length).toBeGreaterThan(0);
  });
});

const machines = listProfiles()
  .map((id) => loadProfile(id))
  .filter(({ cycle }) => cycle !== undefined);

describe.each(machines)('machine profile $id', (profile) => {
  it('can leave every shot signal without a value', () => {
    const never = Object.entries(profile.signals).filter(
      ([, { poll, missing }]) => poll === 'shot' && missing.length === 0,
    );
    expect(never.map(([name]) => name)).toEqual([]);
  });

  it('freezes no signal that a log replays: its resolution may be too coarse', () => {
    if (profile.id !== 'die-casting-cold-chamber') return;
    const coarse = Object.keys(profile.replay?.columns ?? {}).filter(
      (name) => profile.signals[name]?.frozenAfterCycles !== undefined,
    );
    expect(coarse).toEqual([]);
  });

  it('gives every defect a pattern, a Korean name and something to do', () => {
    expect(Object.keys(profile.defects).length).toBeGreaterThanOrEqual(6);
    for (const { title, pattern, action } of Object.values(profile.defects)) {
      expect(pattern.length).toBeGreaterThan(0);
      expect(title.ko).toMatch(/[가-힣]/);
      expect(action.ko).toMatch(/[가-힣].*\.$/);
      expect(action.en).toMatch(/\.$/);
    }
  });

  it('reads a whole shot in one request', () => {
    const block = new Codec(profile).ofPoll('shot').map(({ register }) => register.address);
    const span = Math.max(...block) - Math.min(...block) + 2;
    expect(span).toBeLessThanOrEqual(profile.modbus.maxReadWords);
  });
});
