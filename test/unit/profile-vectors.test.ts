import { describe, expect, it } from 'vitest';
import { failedVectors } from '../../agent/signals/vectors.ts';
import { Codec } from '../../agent/simulator/codec.ts';
import { listProfiles, loadProfile } from '../../config/profile-load.ts';

const wideTypes = new Set(['uint32', 'int32', 'float32', 'uint64', 'int64', 'float64', 'bcd32']);

const profiles = listProfiles().map((id) => loadProfile(id));

describe.each(profiles)('profile $id', (profile) => {
  it('decodes its test vectors as it states', () => {
    expect(profile.testVectors.length).toBeGreaterThanOrEqual(6);
    expect(failedVectors(profile)).toEqual([]);
  });

  it('says where its facts come from and what a site must check', () => {
    expect(profile.facts.source).not.toBe('');
    expect(profile.facts.checkOnSite.length).toBeGreaterThan(0);
  });

  it('has Korean and English titles', () => {
    for (const title of [profile.title, ...Object.values(profile.signals).map((s) => s.title)])
      expect(title.en).toMatch(/^[\x20-\x7e]+$/);
    for (const { title } of Object.values(profile.signals)) expect(title.ko).toMatch(/[가-힣]/);
  });
});

describe.each(profiles.filter(({ line }) => line === undefined))('profile $id', (profile) => {
  it('shows a negative value, a bad one and its kinds of registers in its vectors', () => {
    const expected = profile.testVectors.flatMap((vector) => Object.entries(vector.expect));
    const values = expected.map(([, value]) => value);
    const types = Object.values(profile.signals).map(({ type }) => type);
    const onlyTexts = types.every((type) => type === 'text');
    expect(onlyTexts || values.some((value) => typeof value === 'number' && value < 0)).toBe(true);
    expect(values.some((value) => typeof value === 'string')).toBe(true);
    const shown = new Set(expected.map(([name]) => profile.signals[name]?.type));
    for (const type of types)
      if (wideTypes.has(type) || type === 'text') expect(shown).toContain(type);
    const pointed = Object.entries(profile.signals).filter(([, { decimalPoint }]) => decimalPoint);
    for (const [name] of pointed.slice(0, 1)) {
      const values = expected.flatMap(([signal, value]) => (signal === name ? [value] : []));
      expect(values).toEqual(expect.arrayContaining(['missing', 'invalid']));
    }
    const vouched = Object.keys(profile.signals).filter((name) => profile.signals[name]?.requires);
    const ofVouched = expected.flatMap(([name, value]) => (vouched.includes(name) ? [value] : []));
    if (vouched.length > 0)
      expect(ofVouched).toEqual(expect.arrayContaining(['missing', 'invalid']));
  });
});

const machines = profiles.filter(({ cycle }) => cycle !== undefined);

describe.each(machines)('machine profile $id', (profile) => {
  it('can leave every shot signal without a value', () => {
    const never = Object.entries(profile.signals).filter(
      ([, { poll, type, missing }]) => poll === 'shot' && type !== 'text' && missing.length === 0,
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
    if (['ls-xgb', 'mitsubishi-fx5'].includes(profile.id)) return;
    expect(Object.keys(profile.defects).length).toBeGreaterThanOrEqual(6);
    for (const { title, pattern, action } of Object.values(profile.defects)) {
      expect(pattern.length).toBeGreaterThan(0);
      expect(title.ko).toMatch(/[가-힣]/);
      expect(action.ko).toMatch(/[가-힣].*\.$/);
      expect(action.en).toMatch(/\.$/);
    }
  });

  it('reads a whole shot in one request', () => {
    const block = new Codec(profile).ofPoll('shot');
    const ends = block.map(({ register, words }) => register.address + words);
    const span = Math.max(...ends) - Math.min(...block.map(({ register }) => register.address));
    expect(span).toBeLessThanOrEqual(profile.modbus.maxReadWords);
  });
});
