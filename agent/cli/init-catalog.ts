/** What `ppuri init` can offer: shipped profiles by kind, and models that fit them. */
import { PpuriError } from '../../config/errors.ts';
import { modelFit } from '../../config/model-fit.ts';
import type { Profile } from '../../config/profile.ts';
import { listProfiles, loadProfile } from '../../config/profile-load.ts';
import { listBundles, readBundle } from '../../models/bundle.ts';
import type { Text } from '../records.ts';

/** `machine`: makes cycles. `device`: read beside one over Modbus. `instrument`: speaks text. */
export type ProfileKind = 'machine' | 'device' | 'instrument';

export interface ProfileOffer {
  readonly id: string;
  /** Maker and model, or what machine it is. */
  readonly title: Text;
  readonly kind: ProfileKind;
}

export const kindWords: Readonly<Record<ProfileKind, Text>> = {
  machine: { ko: '설비', en: 'machine' },
  device: { ko: '계측기·조절기(Modbus)', en: 'meter or controller (Modbus)' },
  instrument: { ko: '계측기(문자 통신)', en: 'instrument that speaks text' },
};

export function kindOf({ cycle, line }: Profile): ProfileKind {
  if (cycle !== undefined) return 'machine';
  return line === undefined ? 'device' : 'instrument';
}

/** The shipped ones, machines first. */
export function profileOffers(): ProfileOffer[] {
  const all = listProfiles().map((id) => {
    const profile = loadProfile(id);
    return { id, title: profile.title, kind: kindOf(profile) };
  });
  const order = Object.keys(kindWords);
  return all.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

/** Null: there is none, or it has errors, which the check of the whole tells. */
export function profileOrNull(reference: string, base: string): Profile | null {
  try {
    return loadProfile(reference, base);
  } catch (thrown) {
    if (thrown instanceof PpuriError) return null;
    throw thrown;
  }
}

export interface ModelOffer {
  readonly name: string;
  readonly version: string;
  /** Of its training, as its manifest tells; null: it does not. */
  readonly trainedOn: string | null;
}

/** Added and shipped models that were made for this profile and fit it, each name once. */
export async function modelOffers(profile: Profile, storePath: string): Promise<ModelOffer[]> {
  const offers: ModelOffer[] = [];
  for (const { dir, name } of await placesOf(storePath)) {
    if (offers.some((offer) => offer.name === name)) continue;
    try {
      const { manifest } = await readBundle(dir);
      const fits = modelFit(manifest, profile).errors.length === 0;
      if (!fits || manifest.profile !== profile.id) continue;
      const { source } = manifest.training;
      const trainedOn = typeof source === 'string' ? source : null;
      offers.push({ name, version: manifest.version, trainedOn });
    } catch (thrown) {
      // A damaged bundle is no offer; `ppuri model list` tells what is wrong with it.
      if (!(thrown instanceof PpuriError)) throw thrown;
    }
  }
  return offers;
}

/** Where the store may not be looked into, shipped models are offered all the same. */
async function placesOf(storePath: string): ReturnType<typeof listBundles> {
  try {
    return await listBundles({ storePath });
  } catch (thrown) {
    if (!(thrown instanceof PpuriError)) throw thrown;
    return listBundles();
  }
}
