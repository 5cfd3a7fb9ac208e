/** `--machine` of the commands that list records: the id of a machine, or what operators call it. */
import { PpuriError } from '../../config/errors.ts';
import { listed } from '../../config/nearest.ts';
import { normalizeName } from '../../models/cell.ts';
import type { Place, StoreAccess } from './store-access.ts';
import type { Language } from './words.ts';

/** Alerts of the gateway as a whole have it in place of a machine. */
const wholePlant = '*';

/** A machine that the configuration does not hold any more may have left records. */
async function isKept(store: StoreAccess, machine: string): Promise<boolean> {
  const { rows } = await store.ask('cycles', { machine, limit: 1 });
  if (rows.length > 0) return true;
  const alerts = await store.ask('alerts', { machine, scope: 'all', limit: 1 });
  if (alerts.length > 0) return true;
  return (await store.ask('labels', { machine, scope: 'all', limit: 1 })).rows.length > 0;
}

/** As `label` lists them: of the configuration, or without one those that have shots. */
async function machinesOf(store: StoreAccess, { machines }: Place): Promise<string[]> {
  if (machines.length > 0)
    return machines.map(({ id, name }) => (name === null ? id : `${id} (${name})`));
  const counts = await store.ask('counts', {});
  return [...new Set(counts.map(({ machine }) => machine))];
}

const words: Readonly<Record<Language, (asked: string) => string>> = {
  ko: (asked) => `설비가 없습니다: "${asked}"`,
  en: (asked) => `there is no machine "${asked}"`,
};

function hintOf(known: readonly string[], isConfigured: boolean, lang: Language): string {
  const ko = lang === 'ko';
  const names = known.length === 0 ? (ko ? '없음' : 'none') : listed(known);
  const list = `${ko ? '설비' : 'machines'}: ${names}`;
  if (isConfigured) return list;
  return `${list}; ${ko ? '설비 이름으로 찾으려면 -c FILE' : 'give -c FILE for their names'}`;
}

/** The id of the one that is called `asked`. Rejects with `usage` where neither the configuration nor the store knows such a machine. */
async function machineId(
  asked: string,
  store: StoreAccess,
  place: Place,
  operation: string,
): Promise<string> {
  const wanted = normalizeName(asked);
  const { machines, lang } = place;
  const found =
    machines.find(({ id }) => id === asked) ??
    machines.find(({ id, name }) =>
      [id, name ?? id].some((each) => normalizeName(each) === wanted),
    );
  if (found !== undefined) return found.id;
  if (asked === wholePlant || (await isKept(store, asked))) return asked;
  const known = await machinesOf(store, place);
  throw new PpuriError('usage', words[lang](asked), {
    operation,
    subject: '--machine',
    hint: hintOf(known, machines.length > 0, lang),
  });
}

/** `flags` with the id of their machine, if they have one. Rejects with `usage` for an unknown one. */
export async function withMachineId<F extends { readonly machine?: string }>(
  flags: F,
  store: StoreAccess,
  place: Place,
  operation: string,
): Promise<F> {
  if (flags.machine === undefined) return flags;
  return { ...flags, machine: await machineId(flags.machine, store, place, operation) };
}
