/**
 * Which blocks to read: the fewest legal requests that cover every span. A span is one value (or
 * one consistent group) and is never split across two replies.
 */
import { PpuriError } from '../config/errors.ts';
import { isBitTable } from './decode.ts';
import type { BlockReading, RegisterTable } from './driver.ts';

export interface ReadSpan<Tag> {
  readonly unit: number;
  readonly table: RegisterTable;
  /** 0-based PDU address. */
  readonly address: number;
  /** Registers, or bits of a coil or discrete table. */
  readonly words: number;
  /** Comes back with the block, e.g. the signal's name. */
  readonly tag: Tag;
}

/** What one device allows, as in a profile's `modbus`. */
export interface ReadLimits {
  readonly maxReadWords: number;
  readonly maxReadBits: number;
  /** Unused registers worth reading over; bits count sixteen to one. */
  readonly maxGapWords: number;
}

export interface ReadBlock<Tag> {
  readonly unit: number;
  readonly table: RegisterTable;
  readonly address: number;
  readonly count: number;
  readonly spans: readonly ReadSpan<Tag>[];
}

/** What Modbus allows in one read. */
export const protocolLimits = { words: 125, bits: 2000, lastAddress: 0xffff } as const;

/**
 * Blocks ordered by unit, table and address. Throws `profile-invalid` for a span that no legal
 * request can carry.
 */
export function planReads<Tag>(
  spans: readonly ReadSpan<Tag>[],
  limits: ReadLimits,
): ReadBlock<Tag>[] {
  for (const span of spans) checkSpan(span, limits);
  // In order of address, filling each block as far as it goes gives the fewest: a span that no
  // longer fits reaches beyond the block, so every later one is at least as well off in the next.
  const sorted = [...spans].sort(
    (a, b) =>
      a.unit - b.unit ||
      a.table.localeCompare(b.table) ||
      a.address - b.address ||
      a.words - b.words,
  );
  const blocks: ReadBlock<Tag>[] = [];
  let open: ReadSpan<Tag>[] = [];
  let end = 0;
  for (const span of sorted) {
    const first = open[0];
    if (first !== undefined && !joins(first, end, span, limits)) {
      blocks.push(blockOf(open, first, end));
      open = [];
    }
    end = open.length === 0 ? endOf(span) : Math.max(end, endOf(span));
    open.push(span);
  }
  const first = open[0];
  if (first !== undefined) blocks.push(blockOf(open, first, end));
  return blocks;
}

/** The words of one span out of the block that read it. Throws `internal` if it was not read. */
export function sliceBlock(
  reading: BlockReading,
  span: Pick<ReadSpan<unknown>, 'unit' | 'table' | 'address' | 'words'>,
): readonly number[] {
  const { request, words } = reading;
  const start = span.address - request.address;
  const same = request.unit === span.unit && request.table === span.table;
  if (!same || start < 0 || start + span.words > words.length) {
    throw new PpuriError('internal', 'a block was sliced for words it does not hold', {
      operation: `slice ${span.table} ${span.address}..${endOf(span) - 1} of unit ${span.unit}`,
      subject: `${request.table} ${request.address}+${request.count} of unit ${request.unit}`,
    });
  }
  return start === 0 && span.words === words.length
    ? words
    : words.slice(start, start + span.words);
}

function joins<Tag>(
  first: ReadSpan<Tag>,
  end: number,
  span: ReadSpan<Tag>,
  limits: ReadLimits,
): boolean {
  if (span.unit !== first.unit || span.table !== first.table) return false;
  if (span.address - end > largestGap(span.table, limits)) return false;
  return Math.max(end, endOf(span)) - first.address <= largestRead(span.table, limits);
}

function blockOf<Tag>(
  spans: readonly ReadSpan<Tag>[],
  first: ReadSpan<Tag>,
  end: number,
): ReadBlock<Tag> {
  const { unit, table, address } = first;
  return { unit, table, address, count: end - address, spans };
}

function endOf(span: Pick<ReadSpan<unknown>, 'address' | 'words'>): number {
  return span.address + span.words;
}

function largestRead(table: RegisterTable, limits: ReadLimits): number {
  return isBitTable(table)
    ? Math.min(limits.maxReadBits, protocolLimits.bits)
    : Math.min(limits.maxReadWords, protocolLimits.words);
}

function largestGap(table: RegisterTable, limits: ReadLimits): number {
  return isBitTable(table) ? limits.maxGapWords * 16 : limits.maxGapWords;
}

function checkSpan(span: ReadSpan<unknown>, limits: ReadLimits): void {
  const largest = largestRead(span.table, limits);
  const subject = `unit ${span.unit} ${span.table} ${span.address}`;
  if (!(span.words >= 1) || span.words > largest) {
    throw new PpuriError('profile-invalid', `${span.words} in one piece cannot be read at once`, {
      operation: 'plan reads',
      subject,
      hint: `one request carries 1 to ${largest}; raise maxReadWords or maxReadBits if the device allows`,
    });
  }
  if (!(span.address >= 0) || endOf(span) - 1 > protocolLimits.lastAddress) {
    throw new PpuriError('profile-invalid', 'the value reaches beyond address 65535', {
      operation: 'plan reads',
      subject,
      hint: 'addresses are 0-based PDU addresses, 0 to 65535',
    });
  }
}
