/** What a configuration gives the doctor to look at: itself, its models, files, ports and targets. */

import { dirname } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { parseConfig } from '../../config/load.ts';
import { formatProblem } from '../../config/problem.ts';
import { type Config, modelsSchema, storeSchema } from '../../config/schema.ts';
import type { SyncTargetConfig } from '../../config/sync-schema.ts';
import { modelsNamed } from '../../config/trial-schema.ts';
import type { Bundle } from '../../models/manifest.ts';
import { readAnchors } from '../../models/trust.ts';
import { findModel } from '../find-model.ts';
import { certificateFinding, type NamedCertificate, trustFinding } from '../health/doctor-files.ts';
import type { Target } from '../health/doctor-network.ts';
import type { Listen } from '../health/doctor-ports.ts';
import type { SerialUse } from '../health/doctor-serial.ts';
import { type Finding, fail, ok, same, warn } from '../health/finding.ts';
import { forkRole } from '../role.ts';
import { checkFile } from './check.ts';
import { proveModel } from './prove-model.ts';

export interface Looked {
  readonly findings: readonly Finding[];
  /** As far as it can be read. */
  readonly storePath: string;
  /** Null: it has errors. */
  readonly config: Config | null;
}

const defaultStore = (): string => storeSchema.parse({}).path;
const shownProblems = 3;

function unreadable(file: string, error: PpuriError): Finding {
  const text = { ko: `설정 파일을 읽을 수 없음: ${error.message}`, en: error.message };
  return fail('config', text, same(error.hint), { file, code: error.code });
}

/** `ppuri check` as findings. Models and certificates have findings of their own as well. */
export async function lookAtConfig(file: string): Promise<Looked> {
  try {
    const { config, parts } = parseConfig(file);
    const storePath = parts.storePath === '' ? defaultStore() : parts.storePath;
    const { problems, warnings } = await checkFile(file);
    const see = `ppuri check -c ${file}`;
    const hint = { ko: `${see} 로 모두 확인하세요`, en: `${see} shows them all` };
    const listed = (of: typeof problems): string =>
      of.slice(0, shownProblems).map(formatProblem).join('\n      ');
    const findings: Finding[] = [];
    if (problems.length > 0) {
      const count = problems.length;
      const ko = `${file}에 오류 ${count}개\n      ${listed(problems)}`;
      const en = `${count} errors in ${file}\n      ${listed(problems)}`;
      findings.push(fail('config', { ko, en }, hint, { file, problems }));
    } else {
      const text = { ko: `${file} 정상`, en: `${file} is right` };
      findings.push(ok('config', text, { file }));
    }
    if (warnings.length > 0) {
      const ko = `${file}에 확인할 것 ${warnings.length}개\n      ${listed(warnings)}`;
      const en = `${warnings.length} things to look at in ${file}\n      ${listed(warnings)}`;
      findings.push(warn('config-warnings', { ko, en }, hint, { file, warnings }));
    }
    return { findings, storePath, config };
  } catch (error) {
    if (!(error instanceof PpuriError)) throw error;
    return { findings: [unreadable(file, error)], storePath: defaultStore(), config: null };
  }
}

const limitsAlone = {
  ko: '그동안 이 설비는 기준값(리밋)으로만 판정합니다.',
  en: 'until then rule limits alone judge there',
};

/** Loaded where the agent loads it, with its golden vectors; one after the other. */
async function modelFinding(name: string, file: string, config: Config): Promise<Finding> {
  const id = `model-${name}`;
  try {
    const place = { configDir: dirname(file), storePath: config.store.path, models: config.models };
    const bundle: Bundle = await findModel(name, place);
    const { runMs } = await proveModel(bundle, forkRole);
    const { version } = bundle.manifest;
    const vectors = bundle.golden.vectors.length;
    const took = `${runMs.toFixed(2)} ms`;
    const ko = `모델 ${name} ${version}: 시험 입력 ${vectors}개 재현 (${took})`;
    const en = `model ${name} ${version} reproduces ${vectors} golden vectors (${took})`;
    return ok(id, { ko, en }, { version, vectors, runMs, hash: bundle.hash });
  } catch (error) {
    if (!(error instanceof PpuriError)) throw error;
    const ko = `모델 ${name}을(를) 쓸 수 없음: ${error.message}`;
    const en = `model ${name} cannot be used: ${error.message}`;
    const hint = {
      ko: `${error.hint === '' ? '' : `${error.hint}. `}${limitsAlone.ko}`,
      en: `${error.hint === '' ? '' : `${error.hint}; `}${limitsAlone.en}`,
    };
    return fail(id, { ko, en }, hint, { code: error.code });
  }
}

async function trust(dir: string): Promise<Finding> {
  try {
    return trustFinding(dir, await readAnchors(dir));
  } catch (error) {
    if (!(error instanceof PpuriError)) throw error;
    return trustFinding(dir, null);
  }
}

function certificatesOf({ panel, sync }: Config): NamedCertificate[] {
  const named = (of: string, file: string | undefined) =>
    file === undefined ? [] : [{ of, path: file }];
  return [
    ...named('panel', panel?.tls?.cert),
    ...sync.flatMap((target) => [
      ...named(`sync-${target.name}`, target.cert),
      ...named(`sync-${target.name}-ca`, target.ca),
    ]),
  ];
}

/** Models, trusted keys and certificates. `config` null: the trust directory as it is by default. */
export async function configFindings(
  file: string | null,
  config: Config | null,
): Promise<Finding[]> {
  const findings = [await trust(config?.models.trust ?? modelsSchema.parse({}).trust)];
  if (config === null || file === null) return findings;
  const names = new Set(
    config.machines.flatMap(({ model }) => modelsNamed(model).map((m) => m.name)),
  );
  for (const name of names) findings.push(await modelFinding(name, file, config));
  for (const one of certificatesOf(config)) findings.push(certificateFinding(one, Date.now()));
  return findings;
}

export function serialUses(config: Config | null): SerialUse[] {
  return Object.entries(config?.buses ?? {}).flatMap(([bus, settings]) =>
    'host' in settings || settings.path === undefined ? [] : [{ bus, path: settings.path }],
  );
}

const syncTarget = (target: SyncTargetConfig): Target => {
  const { url, name, ca, cert, key } = target;
  return { id: `sync-${name}`, url, ca, cert, key };
};

export function targetsOf(config: Config | null): Target[] {
  const webhooks = Object.entries(config?.outputs ?? {}).flatMap(([name, output]) =>
    output.type === 'webhook' ? [{ id: `webhook-${name}`, url: output.url, ca: output.ca }] : [],
  );
  return [...(config?.sync ?? []).map(syncTarget), ...webhooks];
}

/** Where the panel is served; `looked` null: where it is by default. */
export function panelListen(looked: Looked | null): Listen | null {
  const { config } = looked ?? {};
  if (config === undefined || config === null) return { host: '127.0.0.1', port: 8787 };
  if (config.panel === undefined) return null;
  const { listen } = config.panel;
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(listen.slice(colon + 1)) };
}
