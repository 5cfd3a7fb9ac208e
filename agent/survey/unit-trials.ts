/** Why a device does not answer at all: it is asked again, patiently, and so are its neighbours. */
import type { Text } from '../records.ts';
import type { Answer, AskOptions } from './asker.ts';
import type { CauseId } from './causes.ts';
import type { DeviceEvidence, ProbedSignal } from './evidence.ts';
import type { Question } from './frames.ts';
import { hex, judgeUnasked } from './unasked.ts';

export type Ask = (question: Question, options: AskOptions) => Promise<Answer>;

export interface UnitTrial {
  readonly cause: CauseId;
  readonly evidence: Text;
  readonly remedy: string | null;
}

export interface UnitTrialOptions {
  readonly ask: Ask;
  /** Of the bus, ms. */
  readonly timeoutMs: number;
  /** Other units of the configuration answer on this bus. */
  readonly neighboursAnswer: boolean;
  /** Units to look for the device at, likely ones first; none that is configured. */
  readonly strangers: readonly number[];
  /** One RS-485 line, and not an endpoint of its own. */
  readonly line: boolean;
}

const patience = 4;
const tries = 2;
const lingerMs = 40;

/** `line-silent` is the last word on a line where nothing else answers either. */
export async function trySilentUnit(
  device: DeviceEvidence,
  options: UnitTrialOptions,
): Promise<UnitTrial> {
  const asked = firstQuestion(device);
  for (let i = 0; i < tries; i++) {
    const told = await tryQuestion(asked, options);
    if (told !== null) return told;
  }
  return (await tryStrangers(device, options)) ?? silence(device, options);
}

/** Asks once, patiently; null: the answer tells nothing. */
export async function tryQuestion(
  asked: Question,
  { ask, timeoutMs, line }: Pick<UnitTrialOptions, 'ask' | 'timeoutMs' | 'line'>,
): Promise<UnitTrial | null> {
  const answer = await ask(asked, { timeoutMs: patience * timeoutMs, lingerMs });
  if (answer.kind === 'foreign' && answer.overheard.length === 0) {
    const { unit } = answer;
    const there = await ask({ ...asked, unit }, { timeoutMs });
    const remedy = there.kind === 'words' && unit > 0 ? `unit: ${unit}` : null;
    const en = `the reply to unit ${asked.unit} names unit ${unit}`;
    return trial('wrong-unit', `국번 ${asked.unit}에 물었는데 국번 ${unit}(으)로 답함`, en, remedy);
  }
  return toldBy(answer, timeoutMs, line);
}

/** One signal's read, small as devices like it. */
export function firstQuestion({ unit, signals }: DeviceEvidence): Question {
  const first = signals.find(({ signal }) => signal.required)?.signal ?? signals[0]?.signal;
  if (first === undefined) return { unit, table: 'holding', address: 0, count: 1 };
  const { table, address, count } = first;
  return { unit, table, address, count };
}

function toldBy(answer: Answer, timeoutMs: number, line: boolean): UnitTrial | null {
  if (answer.overheard.length > 0) {
    const units = answer.overheard.join(', ');
    const en = `a request of another master to unit ${units} was heard`;
    return trial('other-master', `국번 ${units}에 묻는 다른 마스터의 요청이 들림`, en);
  }
  if (answer.replies > 1) {
    const en = `${answer.replies} replies to one question`;
    return trial('duplicate-unit', `한 번 물었는데 응답 ${answer.replies}개`, en);
  }
  switch (answer.kind) {
    case 'words':
      return toldByReply(answer.roundTripMs, timeoutMs);
    case 'exception':
      return answer.exception === 10 || answer.exception === 11
        ? trial('gateway-target', `예외 ${answer.exception}`, `exception ${answer.exception}`)
        : toldByReply(answer.roundTripMs, timeoutMs);
    case 'lost':
      return toldByLoss(answer.bytes);
    case 'noise':
      return toldByNoise(answer.bytes, line);
    case 'silent':
      return answer.echoed
        ? trial('echo', '보낸 것만 되돌아옴', 'nothing but the echo came', 'echo: cancel')
        : null;
    case 'misfit': {
      const { kind, text } = answer.why;
      const cause = kind === 'framing' ? 'wrong-framing' : 'misfit-reply';
      return { cause, evidence: text, remedy: null };
    }
    case 'cut':
    case 'damaged':
      return toldByDamage(answer);
    default:
      return null;
  }
}

function toldByDamage(answer: Extract<Answer, { kind: 'cut' | 'damaged' }>): UnitTrial {
  const bytes = hex(answer.bytes);
  if (answer.kind === 'cut') {
    const { missing } = answer;
    const en = `the reply begins well and lacks its last ${missing} bytes: ${bytes}`;
    return trial('termination', `응답의 끝 ${missing}바이트가 오지 않음: ${bytes}`, en);
  }
  if (answer.sevenBits) {
    const en = `bit 7 of every byte is lost, as with 7 data bits: ${bytes}`;
    return trial('parity', `모든 바이트의 최상위 비트가 없음(7 데이터 비트): ${bytes}`, en);
  }
  return trial(
    'termination',
    `체크섬이 틀린 응답: ${bytes}`,
    `a reply with a wrong checksum: ${bytes}`,
  );
}

/** In time now: it was late or lost before, which other evidence tells. */
function toldByReply(roundTripMs: number, timeoutMs: number): UnitTrial | null {
  if (roundTripMs <= timeoutMs) return null;
  const ms = Math.round(roundTripMs);
  const enough = Math.ceil((2 * roundTripMs) / 100) * 100;
  const en = `it answered after ${ms} ms, the bus waits ${timeoutMs} ms`;
  return trial(
    'slow-device',
    `${ms} ms 뒤에 응답, 제한 ${timeoutMs} ms`,
    en,
    `timeoutMs: ${enough}`,
  );
}

function toldByLoss(bytes: Uint8Array): UnitTrial {
  const text = toldByText(bytes);
  return text ?? trial('connection-limit', '요청 뒤 연결 끊김', 'closed after the request');
}

function toldByText(bytes: Uint8Array): UnitTrial | null {
  const said = judgeUnasked(bytes);
  if (said.kind !== 'text') return null;
  return trial('not-modbus', `받은 글자 ${said.sample}`, `it said ${said.sample}`);
}

/** A connection over TCP has no baud rate. */
function toldByNoise(bytes: Uint8Array, line: boolean): UnitTrial {
  return (
    toldByText(bytes) ??
    trial(
      line ? 'baud-rate' : 'misfit-reply',
      `프레임이 아닌 ${bytes.length}바이트: ${hex(bytes)}`,
      `${bytes.length} bytes that are no frame: ${hex(bytes)}`,
    )
  );
}

async function tryStrangers(
  device: DeviceEvidence,
  { ask, timeoutMs, strangers }: UnitTrialOptions,
): Promise<UnitTrial | null> {
  const known = device.signals.map(({ signal }) => signal).filter(({ required }) => required);
  for (const unit of strangers) {
    const answer = await ask({ ...firstQuestion(device), unit }, { timeoutMs });
    if (answer.kind !== 'words') continue;
    if (!(await looksLike(unit, known, ask, timeoutMs))) continue;
    const en = `unit ${unit}, which is not in the configuration, answers as this device would`;
    return trial('wrong-unit', `설정에 없는 국번 ${unit}이 이 장비처럼 응답`, en, `unit: ${unit}`);
  }
  return null;
}

const enoughSignals = 3;

/** Its first signals read well there. */
async function looksLike(
  unit: number,
  signals: readonly ProbedSignal[],
  ask: Ask,
  timeoutMs: number,
): Promise<boolean> {
  const some = signals.slice(0, enoughSignals);
  for (const signal of some) {
    const { table, address, count } = signal;
    const answer = await ask({ unit, table, address, count }, { timeoutMs });
    if (answer.kind !== 'words' || signal.judge(answer.words).quality !== 'good') return false;
  }
  return some.length > 0;
}

function silence(device: DeviceEvidence, options: UnitTrialOptions): UnitTrial {
  const ms = patience * options.timeoutMs;
  const ko = `국번 ${device.unit}: ${tries}번, ${ms} ms씩 기다려도 응답 없음`;
  const en = `unit ${device.unit} did not answer ${tries} times within ${ms} ms`;
  const lonely = options.line && !options.neighboursAnswer;
  return trial(lonely ? 'line-silent' : 'dead-unit', ko, en);
}

function trial(cause: CauseId, ko: string, en: string, remedy: string | null = null): UnitTrial {
  return { cause, evidence: { ko, en }, remedy };
}
