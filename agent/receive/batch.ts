/** Records as they come over the wire: the contract of config/receive/README.md. */

export interface ReceivedRecord {
  readonly gateway: string;
  readonly site: string;
  readonly boot: string;
  readonly seq: number;
  readonly wallMs: number;
  readonly kind: string;
  readonly machine: string | null;
  /** Of a `gap` record: so many numbers of this range are told; null: it is none. */
  readonly gap: { readonly from: number; readonly to: number; readonly count: number } | null;
  /** As it came. */
  readonly text: string;
}

export interface Kept {
  /** New ones. */
  readonly kept: number;
  /** Such as were here already. */
  readonly repeats: number;
  /** Such as say something else than the one that is here under their key; they are kept apart. */
  readonly conflicts: number;
}

/** Keeps a batch as a whole, or throws and keeps nothing of it. */
export type Sink = (records: readonly ReceivedRecord[], lane: string) => Kept;

/** For whoever runs the receiver: what its summary counts, as it happens. */
export function conflictText(count: number, records: readonly ReceivedRecord[]): string {
  const [first, last] = [records[0], records.at(-1)];
  const key = `${first?.gateway}/${first?.boot}/${first?.seq}`;
  const range = first === last ? key : `${key}-${last?.seq}`;
  return `${count} of ${range}: other content under a key that is here already, kept apart`;
}

/** What a line has wrong, in words for whoever sent it. */
export class BadRecord extends Error {}

const asObject = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;

function textOf(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw new BadRecord(`${name} is no text`);
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadRecord('not JSON');
  }
}

function gapOf(body: Readonly<Record<string, unknown>>): ReceivedRecord['gap'] {
  const { fromSeq, toSeq, count } = asObject(body.gap) ?? {};
  const whole = (value: unknown): value is number =>
    Number.isSafeInteger(value) && Number(value) >= 0;
  if (!whole(fromSeq) || !whole(toSeq) || !whole(count) || toSeq < fromSeq)
    throw new BadRecord('gap has no fromSeq, toSeq and count');
  return { from: fromSeq, to: toSeq, count };
}

/** One record from its JSON. Throws `BadRecord`. Fields it does not know are left alone. */
export function readRecord(text: string): ReceivedRecord {
  const fields = asObject(parsed(text));
  if (fields === null) throw new BadRecord('not an object');
  const seq = fields.seq;
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1)
    throw new BadRecord('seq is no whole number from 1');
  const wallMs = asObject(fields.at)?.wallMs;
  if (typeof wallMs !== 'number') throw new BadRecord('at.wallMs is no number');
  if (typeof fields.clockSynced !== 'boolean') throw new BadRecord('clockSynced is not said');
  const body = asObject(fields.body);
  if (body === null) throw new BadRecord('body is no object');
  const kind = textOf(body, 'kind');
  const machine = asObject(body[kind])?.machine;
  return {
    gateway: textOf(fields, 'gateway'),
    site: textOf(fields, 'site'),
    boot: textOf(fields, 'boot'),
    ...{ seq, wallMs, kind, text },
    machine: typeof machine === 'string' ? machine : null,
    gap: kind === 'gap' ? gapOf(body) : null,
  };
}

/** Each line of an NDJSON body. Throws `BadRecord` with the number of the first bad line. */
export function readLines(body: string): ReceivedRecord[] {
  const lines = body.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => {
    try {
      return readRecord(line);
    } catch (thrown) {
      if (!(thrown instanceof BadRecord)) throw thrown;
      throw new BadRecord(`line ${index + 1}: ${thrown.message}`);
    }
  });
}
