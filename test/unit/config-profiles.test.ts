import { describe, expect, it } from 'vitest';
import { canBe, parseAddress, wordsOf } from '../../config/address.ts';
import { PpuriError } from '../../config/errors.ts';
import { listProfiles, loadProfile } from '../../config/profile-load.ts';

function refusal(idOrPath: string): PpuriError {
  try {
    loadProfile(idOrPath);
  } catch (thrown) {
    if (thrown instanceof PpuriError) return thrown;
    throw thrown;
  }
  throw new Error('the profile was accepted');
}

describe('shipped profiles', () => {
  it('are the ones the product promises', () => {
    const promised = [
      'accura-2300-2350',
      'autonics-tk',
      'die-casting-cold-chamber',
      'eastron-sdm630',
      'hanyoung-nx',
      'injection-molding',
      'ls-xgb',
      'mitsubishi-fx5',
      'omron-e5cc',
      'schneider-pm5100',
    ];
    expect(listProfiles()).toEqual(expect.arrayContaining(promised));
  });

  it.each(listProfiles())('%s loads without a problem, under its own name', (id) => {
    const profile = loadProfile(id);
    expect(profile.id).toBe(id);
    expect(profile.testVectors.length).toBeGreaterThan(0);
  });
});

describe('loadProfile', () => {
  it('suggests a shipped profile for one that does not exist', () => {
    const error = refusal('eastron-sdm360');
    expect(error.code).toBe('profile-invalid');
    expect(error.hint).toBe('did you mean "eastron-sdm630"?');
  });

  it('does not reach outside its folder by id', () => {
    expect(refusal('../example').message).toContain('there is no file');
    expect(refusal('constructor').message).toContain('there is no profile');
  });

  it('gives every problem of a broken profile at once', () => {
    const error = refusal('test/cases/profile-references/my-press.yaml');
    expect(error.code).toBe('profile-invalid');
    expect(error.message).toMatch(
      /^10 errors in test\/cases\/profile-references\/my-press\.yaml\n/,
    );
  });

  it('takes a path from the directory of the configuration', () => {
    expect(() => loadProfile('./my-press.yaml', 'test/cases/profile-registers')).toThrow(
      'test/cases/profile-registers/my-press.yaml:6:57 signals.shotCount.at',
    );
  });
});

describe('register addresses', () => {
  it('are read as the profile writes them', () => {
    expect(parseAddress('input 0x34')).toEqual({ table: 'input', address: 52, bit: null });
    expect(parseAddress('holding 12.15')).toEqual({ table: 'holding', address: 12, bit: 15 });
    expect(parseAddress('register 12')).toBeNull();
  });

  it('know the width and the values of each type', () => {
    expect([wordsOf('bit'), wordsOf('int32'), wordsOf('float64')]).toEqual([1, 2, 4]);
    expect([canBe('uint16', 65535), canBe('uint16', -1), canBe('int16', -1)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([canBe('int16', 65535), canBe('uint32', 0.5), canBe('float32', -0.5)]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
