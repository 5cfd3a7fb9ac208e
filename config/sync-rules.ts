/** Files that sync targets and webhooks name: certificates, keys and secrets that are there and can be used. */
import type { OutputConfig } from './outputs-schema.ts';
import type { Problem } from './problem.ts';
import type { Config } from './schema.ts';
import { secretFlaw } from './secret.ts';
import type { Path, Source } from './source.ts';
import type { SecretConfig, SyncTargetConfig } from './sync-schema.ts';
import { fileTrouble, pairTrouble, readHint, readNamed, type Trouble } from './tls-files.ts';

const plainHint = 'one line of plain ASCII, without a byte order mark: printf %s SECRET > FILE';

/** Whether a problem of this path is about such a file: the agent runs all the same. */
export const concernsSyncFile = ({ path }: Problem): boolean =>
  /^sync\[\d+\]\.(?:ca|cert|key|password\.file|token\.file)$/.test(path) ||
  /^outputs\.[\w-]+\.(?:ca|headers\.[\w-]+\.file)$/.test(path);

/** A secret, where its entry has it, and where it goes to. */
interface NamedSecret {
  readonly key: readonly string[];
  readonly secret: SecretConfig;
  readonly use: 'header' | 'text';
}

function targetSecrets(target: SyncTargetConfig): NamedSecret[] {
  const [key, secret] =
    target.type === 'mqtt'
      ? (['password', target.password] as const)
      : (['token', target.token] as const);
  const use = target.type === 'mqtt' ? 'text' : 'header';
  return secret === undefined ? [] : [{ key: [key], secret, use }];
}

function outputSecrets(output: OutputConfig): NamedSecret[] {
  if (output.type !== 'webhook') return [];
  return Object.entries(output.headers).map(([name, secret]) => ({
    ...{ key: ['headers', name], secret, use: 'header' },
  }));
}

function secretTrouble({ key, secret, use }: NamedSecret): Trouble | null {
  if (!('file' in secret)) return null;
  const found = readNamed(secret.file);
  if (found === null) return null;
  const told = { key: [...key, 'file'], hint: readHint };
  if ('why' in found) return { ...told, message: `${secret.file} ${found.why}` };
  const flaw = secretFlaw(found.text.replace(/\r?\n$/, ''), use);
  if (flaw === null) return null;
  const hint = flaw === 'is empty' ? readHint : plainHint;
  return { ...told, message: `${secret.file} ${flaw}`, hint };
}

/** What of an environment variable is not as it must be, where the check runs. */
function envTrouble({ key, secret, use }: NamedSecret): Trouble | null {
  if (!('env' in secret)) return null;
  const value = process.env[secret.env];
  const flaw = value === undefined ? 'is not set here' : secretFlaw(value, use);
  if (flaw === null) return null;
  const hint = 'set it for the service that runs ppuri; until then nothing is sent';
  return { key: [...key, 'env'], message: `environment variable ${secret.env} ${flaw}`, hint };
}

function targetTroubles(target: SyncTargetConfig, nowMs: number): (Trouble | null)[] {
  return [
    ...(['ca', 'cert', 'key'] as const).map((key) => fileTrouble(key, target[key], nowMs)),
    pairTrouble(target),
    ...targetSecrets(target).map(secretTrouble),
  ];
}

function outputTroubles(output: OutputConfig, nowMs: number): (Trouble | null)[] {
  if (output.type !== 'webhook') return [];
  return [fileTrouble('ca', output.ca, nowMs), ...outputSecrets(output).map(secretTrouble)];
}

type Named = Pick<Config, 'sync' | 'outputs'>;

/** What `ofTarget` and `ofOutput` find, where each entry stands. */
function problemsOf(
  source: Source,
  { sync, outputs }: Named,
  ofTarget: (target: SyncTargetConfig) => readonly (Trouble | null)[],
  ofOutput: (output: OutputConfig) => readonly (Trouble | null)[],
): Problem[] {
  const at = (path: Path, troubles: readonly (Trouble | null)[]): Problem[] =>
    troubles.flatMap((trouble) =>
      trouble === null
        ? []
        : [source.atValue([...path, ...trouble.key], trouble.message, trouble.hint)],
    );
  return [
    ...sync.flatMap((target, index) => at(['sync', index], ofTarget(target))),
    ...Object.entries(outputs).flatMap(([name, output]) => at(['outputs', name], ofOutput(output))),
  ];
}

/** What is wrong with the files of targets and webhooks, as far as this user may look. */
export function syncFileProblems(source: Source, config: Named, nowMs: number): Problem[] {
  return problemsOf(
    source,
    config,
    (target) => targetTroubles(target, nowMs),
    (output) => outputTroubles(output, nowMs),
  );
}

/** Environment variables that this process does not have; the service that runs ppuri may. */
export function syncWarnings(source: Source, config: Named): Problem[] {
  return problemsOf(
    source,
    config,
    (target) => targetSecrets(target).map(envTrouble),
    (output) => outputSecrets(output).map(envTrouble),
  );
}
