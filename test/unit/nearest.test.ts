import { describe, expect, test } from 'vitest';
import { listed, suggest } from '../../config/nearest.ts';
import { listProfiles, loadProfile } from '../../config/profile-load.ts';

describe('a hint that lists what there is', () => {
  test('names every shipped profile', () => {
    expect(() => loadProfile('no-such-profile')).toThrow(
      expect.objectContaining({
        hint: expect.stringMatching(
          new RegExp(`^shipped profiles: (?=.*${listProfiles().at(-1)})`),
        ),
      }),
    );
    const hint = suggest('no-such-profile', listProfiles(), 'shipped profiles:');
    for (const id of listProfiles()) expect(hint).toContain(id);
    expect(hint).not.toContain('more');
  });

  test('says how many it left out of a long list, and where all of them stand', () => {
    const names = Object.keys(loadProfile('die-casting-cold-chamber').features);
    const hint = suggest('zzzzzzzz', names, 'the features are', 'all under features');
    const shown = names.filter((name) => new RegExp(`\\b${name}\\b`).test(hint)).length;
    expect(shown).toBeLessThan(names.length);
    expect(hint).toMatch(/, … and \d+ more \(all under features\)$/);
    expect(Number(/and (\d+) more/.exec(hint)?.[1])).toBe(names.length - shown);
  });

  test('is whole where it is short', () => {
    expect(listed(['a', 'b', 'c'])).toBe('a, b, c');
    expect(listed([])).toBe('');
  });
});
