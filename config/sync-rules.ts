/** Files that sync targets name: certificates, keys and secrets that are there and can be used. */
import type { Problem } from './problem.ts';
import type { Path, Source } from './source.ts';
import type { SecretConfig, SyncTargetConfig } from './sync-schema.ts';
import { fileTrouble, pairTrouble, readHint, readNamed, type Trouble } from './tls-files.ts';

/** Whether a problem of this path is about such a file: the agent runs all the same. */
export const concernsSyncFile = ({ path }: Problem): boolean =>
  /^sync\[\d+\]\.(?:ca|cert|key|password\.file|token\.file)$/.test(path);

function secretTrouble(key: string, secret: SecretConfig | undefined): Trouble | null {
  if (secret === undefined || !('file' in secret)) return null;
  const found = readNamed(secret.file);
  if (found === null) return null;
  const why = 'why' in found ? found.why : found.text.trim() === '' ? 'is empty' : null;
  if (why === null) return null;
  return { key: [key, 'file'], message: `${secret.file} ${why}`, hint: readHint };
}

/** What is wrong with the files of `targets`, as far as this user may look. */
export function syncFileProblems(
  source: Source,
  targets: readonly SyncTargetConfig[],
  nowMs: number,
): Problem[] {
  return targets.flatMap((target, index) => {
    const secret =
      target.type === 'mqtt'
        ? secretTrouble('password', target.password)
        : secretTrouble('token', target.token);
    const found = [
      ...(['ca', 'cert', 'key'] as const).map((key) => fileTrouble(key, target[key], nowMs)),
      pairTrouble(target),
      secret,
    ];
    return found.flatMap((trouble) => {
      if (trouble === null) return [];
      const path: Path = ['sync', index, ...trouble.key];
      return [source.atValue(path, trouble.message, trouble.hint)];
    });
  });
}
