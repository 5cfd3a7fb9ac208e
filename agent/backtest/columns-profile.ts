/** A model that was trained on the columns of a log alone belongs to no machine's profile. */
import { featureSchema, type Profile, profileSchema, signalSchema } from '../../config/profile.ts';
import type { Manifest } from '../../models/manifest.ts';

/** What its manifest says instead of a profile's id. */
export const noProfile = 'none';

/** The model's own columns, as if a profile had them: no rules, and no words of a shop. */
export function columnsProfile({ features }: Manifest): Profile {
  const bare = profileSchema.parse({
    ...{ id: noProfile, version: 1, facts: { source: 'columns of a log' } },
    title: { ko: '기록', en: 'log' },
    signals: {},
    testVectors: [{ at: 'holding 0', words: [0], expect: {} }],
  });
  const signal = (name: string, unit: string) =>
    signalSchema.parse({ title: { ko: name, en: name }, at: 'holding 0', unit, decimals: 2 });
  return {
    ...bare,
    signals: Object.fromEntries(features.map(({ from, unit }) => [from, signal(from, unit)])),
    features: Object.fromEntries(features.map(({ from }) => [from, featureSchema.parse({ from })])),
  };
}
