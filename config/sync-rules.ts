/** Files that sync targets and webhooks name: certificates, keys and secrets that are there and can be used. */
import type { OutputConfig } from './outputs-schema.ts';
import type { Problem } from './problem.ts';
import type { Config } from './schema.ts';
import type { Path, Source } from './source.ts';
import type { SecretConfig, SyncTargetConfig } from './sync-schema.ts';
import { fileTrouble, pairTrouble, readHint, readNamed, type Trouble } from './tls-files.ts';

/** Whether a problem of this path is about such a file: the agent runs all the same. */
export const concernsSyncFile = ({ path }: Problem): boolean =>
  /^sync\[\d+\]\.(?:ca|cert|key|password\.file|token\.file)$/.test(path) ||
  /^outputs\.[\w-]+\.(?:ca|headers\.[\w-]+\.file)$/.test(path);

function secretTrouble(key: readonly string[], secret: SecretConfig | undefined): Trouble | null {
  if (secret === undefined || !('file' in secret)) return null;
  const found = readNamed(secret.file);
  if (found === null) return null;
  const why = 'why' in found ? found.why : found.text.trim() === '' ? 'is empty' : null;
  if (why === null) return null;
  return { key: [...key, 'file'], message: `${secret.file} ${why}`, hint: readHint };
}

function targetTroubles(target: SyncTargetConfig, nowMs: number): (Trouble | null)[] {
  const secret =
    target.type === 'mqtt'
      ? secretTrouble(['password'], target.password)
      : secretTrouble(['token'], target.token);
  return [
    ...(['ca', 'cert', 'key'] as const).map((key) => fileTrouble(key, target[key], nowMs)),
    pairTrouble(target),
    secret,
  ];
}

function outputTroubles(output: OutputConfig, nowMs: number): (Trouble | null)[] {
  if (output.type !== 'webhook') return [];
  return [
    fileTrouble('ca', output.ca, nowMs),
    ...Object.entries(output.headers).map(([name, secret]) =>
      secretTrouble(['headers', name], secret),
    ),
  ];
}

/** What is wrong with the files of targets and webhooks, as far as this user may look. */
export function syncFileProblems(
  source: Source,
  { sync, outputs }: Pick<Config, 'sync' | 'outputs'>,
  nowMs: number,
): Problem[] {
  const at = (path: Path, troubles: readonly (Trouble | null)[]): Problem[] =>
    troubles.flatMap((trouble) =>
      trouble === null
        ? []
        : [source.atValue([...path, ...trouble.key], trouble.message, trouble.hint)],
    );
  return [
    ...sync.flatMap((target, index) => at(['sync', index], targetTroubles(target, nowMs))),
    ...Object.entries(outputs).flatMap(([name, output]) =>
      at(['outputs', name], outputTroubles(output, nowMs)),
    ),
  ];
}
