/** What came instead of the reply to a question, as far as its bytes tell. */
import { crc16 } from '../../drivers/modbus/crc16.ts';
import { replyShape } from '../../drivers/modbus/reply-shape.ts';
import { cameDamaged } from '../../drivers/modbus/rtu-frame.ts';
import type { Text } from '../records.ts';
import { findFrames, type Question, readRequest } from './frames.ts';

/** In which way a whole frame is no reply to the question. */
export interface Misfit {
  readonly kind: 'length' | 'function' | 'transaction' | 'protocol' | 'framing';
  readonly text: Text;
}

export type Unfit =
  | { readonly kind: 'damaged'; readonly sevenBits: boolean }
  | { readonly kind: 'cut'; readonly missing: number }
  | { readonly kind: 'foreign'; readonly unit: number }
  | { readonly kind: 'misfit'; readonly why: Misfit }
  | { readonly kind: 'noise' };

const crcBytes = 2;
const mbapBytes = 7;
const longestMbap = 254;

/** Units that requests other than our own were for. */
export function othersRequests(bytes: Buffer, own: Buffer): number[] {
  const others = findFrames(bytes).filter(
    ({ kind, start, end }) => kind === 'request' && !own.equals(bytes.subarray(start, end)),
  );
  return [...new Set(others.map(({ unit }) => unit))];
}

/** `bytes`: of a line, without our own echo; no reply to `question` is among them. */
export function notFitting(question: Question, bytes: Buffer): Unfit {
  const shape = replyShape(readRequest(question));
  const frames = findFrames(bytes).filter(({ kind }) => kind !== 'request');
  const own = frames.find(({ unit }) => unit === question.unit);
  if (own !== undefined) {
    if (own.functionCode !== shape.functionCode)
      return misfit('function', `${own.functionCode}`, `${shape.functionCode}`);
    return misfit('length', `${own.data.length - 1}`, `${shape.length - 3}`);
  }
  const [other] = frames;
  if (other !== undefined) return { kind: 'foreign', unit: other.unit };
  const tcp = mbapOf(question, bytes);
  if (tcp) return misfit('framing', 'Modbus TCP', 'RTU');
  const whole = shape.length + crcBytes;
  if (lostBit7(bytes, whole)) return { kind: 'damaged', sevenBits: true };
  if (cameDamaged(bytes, bytes.length, shape)) return { kind: 'damaged', sevenBits: false };
  const head = Buffer.of(shape.unit, shape.functionCode, shape.length - 3);
  const begins = bytes.indexOf(head);
  if (begins !== -1) return { kind: 'cut', missing: whole - (bytes.length - begins) };
  return { kind: 'noise' };
}

/** Every byte is below 128, and the checksum is right but for bit 7: seven data bits. */
function lostBit7(bytes: Buffer, whole: number): boolean {
  if (bytes.length !== whole || bytes.some((byte) => byte > 0x7f)) return false;
  const crc = crc16(bytes, whole - crcBytes);
  return (crc & 0x7f7f) === bytes.readUInt16LE(whole - crcBytes);
}

/** `bytes`: of an endpoint of Modbus TCP; none is the reply to `question` of transaction `own`. */
export function notFittingTcp(question: Question, own: number, bytes: Buffer): Unfit {
  if (findFrames(bytes).length > 0) return misfit('framing', 'RTU', 'Modbus TCP');
  if (bytes.length < mbapBytes + 1) return { kind: 'noise' };
  const { functionCode, length } = replyShape(readRequest(question));
  const [transaction, protocol, given] = [0, 2, 4].map((at) => bytes.readUInt16BE(at));
  const unit = bytes.readUInt8(6);
  const code = bytes.readUInt8(7) & 0x7f;
  const size = bytes.length - mbapBytes + 1;
  const resembles = code === functionCode && (given ?? 0) <= longestMbap;
  if (!resembles) return { kind: 'noise' };
  if (protocol !== 0) return misfit('protocol', `${protocol}`, '0');
  if (transaction !== own) return misfit('transaction', `${transaction}`, `${own}`);
  if (unit !== question.unit) return { kind: 'foreign', unit };
  if (given !== size || given !== length) return misfit('length', `${given}`, `${length}`);
  return { kind: 'noise' };
}

/** A Modbus TCP frame around the reply, on a line. */
function mbapOf({ unit, table }: Question, bytes: Buffer): boolean {
  const code = { coil: 1, discrete: 2, holding: 3, input: 4 }[table];
  if (bytes.length < mbapBytes + 2 || bytes.readUInt16BE(2) !== 0) return false;
  return (
    bytes.readUInt16BE(4) === bytes.length - mbapBytes + 1 &&
    bytes[6] === unit &&
    ((bytes[7] ?? 0) & 0x7f) === code
  );
}

const misfitWords: Readonly<Record<Misfit['kind'], Text>> = {
  length: { ko: '데이터 길이(바이트)', en: 'length in bytes' },
  function: { ko: '기능 코드', en: 'function code' },
  transaction: { ko: '트랜잭션 번호', en: 'transaction id' },
  protocol: { ko: '프로토콜 번호', en: 'protocol id' },
  framing: { ko: '프레임 형식', en: 'framing' },
};

function misfit(kind: Misfit['kind'], came: string, asked: string): Unfit {
  const { ko, en } = misfitWords[kind];
  const text = {
    ko: `응답은 왔지만 다름. ${ko}: ${came}, 맞는 값: ${asked}`,
    en: `a reply came, but its ${en} is ${came} instead of ${asked}`,
  };
  return { kind: 'misfit', why: { kind, text } };
}
