/** An inspection result and the shot it is about, made into a label, or refused with what is known. */
import { PpuriError } from '../../config/errors.ts';
import { listed, suggest } from '../../config/nearest.ts';
import { normalizeName } from '../../models/cell.ts';
import type { Instant, Label, Text, Verdict } from '../records.ts';
import type { LabelPlace, LabelRequest } from './request.ts';

export interface KnownMachine {
  readonly id: string;
  /** Of one shot; empty: it makes one. */
  readonly parts: readonly string[];
  readonly defects: Readonly<Record<string, { readonly title: Text }>>;
}

/** A kept shot, as far as a label needs it. */
export interface LabelledCycle {
  readonly boot: string;
  readonly seq: number;
  readonly machine: string;
  readonly mold: string | null;
  readonly shot: number | null;
  readonly wallMs: number;
  readonly outcome: Verdict['outcome'];
  /** Another shot fits as well, or nearly. */
  readonly ambiguous: boolean;
  /** All labels it has, the last said last. */
  readonly labels: readonly Pick<Label, 'part' | 'result' | 'type' | 'from'>[];
}

/** A day has 25 hours where clocks are put back. */
const longDayMs = 25 * 3_600_000;

export function refused(message: string, subject: string, hint: string): PpuriError {
  return new PpuriError('label-refused', message, {
    operation: 'take an inspection result',
    subject,
    hint,
  });
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `UTC+09:00`, of this computer at that time. */
function zoneText(wallMs: number): string {
  const ahead = -new Date(wallMs).getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(ahead) / 60), Math.abs(ahead) % 60];
  return `UTC${ahead < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`;
}

/** To the second, by the clock of this computer. */
function clockText(wallMs: number): string {
  const at = new Date(wallMs);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function windowText(from: number, to: number): string {
  const [first, end] = [clockText(from), clockText(to)];
  const isDay = first.endsWith(' 00:00:00') && end.endsWith(' 00:00:00') && to - from <= longDayMs;
  return isDay ? first.slice(0, 10) : `${first} ~ ${end}`;
}

/** As a person would write it, and where it was looked for: a wrong zone is seen at once. */
export function placeText(place: LabelPlace): string {
  if ('seq' in place) return `${place.boot}/${place.seq}`;
  if ('wallMs' in place)
    return `${place.machine}@${clockText(place.wallMs)} (${zoneText(place.wallMs)})`;
  const shot = `${place.machine}#${place.shot}`;
  const { fromWallMs: from, toWallMs: to } = place;
  if (from === undefined || to === undefined) return shot;
  return `${shot}@${windowText(from, to)} (${zoneText(from)})`;
}

/** The id of the defect that is called this. Throws `label-refused`. */
function defectOf(asked: string, { id: machine, defects }: KnownMachine): string {
  const wanted = normalizeName(asked);
  const found = Object.entries(defects).find(([id, { title }]) =>
    [id, title.ko, title.en].some((name) => normalizeName(name) === wanted),
  );
  if (found !== undefined) return found[0];
  const known = Object.entries(defects).map(([id, { title }]) => `${id} (${title.ko})`);
  const hint =
    known.length === 0
      ? 'its profile names no defects: say only that it is one'
      : `defects of this machine: ${listed(known)}; add yours to the profile, or say only that it is one`;
  throw refused(`${machine} has no defect "${asked}"`, machine, hint);
}

function partOf(asked: string, { id, parts }: KnownMachine): string {
  if (parts.length === 0 && asked === '') return '';
  const found = parts.find((part) => normalizeName(part) === normalizeName(asked));
  if (found !== undefined) return found;
  if (parts.length === 0)
    throw refused(
      `${id} makes one part a shot, "${asked}" is none of it`,
      id,
      'name its parts in the configuration: machines[].parts',
    );
  const message =
    asked === ''
      ? `${id} makes ${parts.length} parts a shot: say which`
      : `${id} has no part "${asked}"`;
  throw refused(message, id, suggest(asked, parts, 'its parts are:', 'all under machines[].parts'));
}

/** Throws `label-refused` for a part or defect that the machine has not. */
export function labelFrom(
  { part, result, type, who, from }: LabelRequest,
  cycle: LabelledCycle,
  machine: KnownMachine,
  at: Instant,
): Label {
  if (result === 'ok' && type !== null)
    throw refused('a good part has no kind of defect', machine.id, 'leave the defect away');
  return {
    machine: cycle.machine,
    mold: cycle.mold,
    shot: cycle.shot,
    cycle: { boot: cycle.boot, seq: cycle.seq },
    part: partOf(part, machine),
    result,
    type: type === null ? null : defectOf(type, machine),
    who,
    from,
    at,
  };
}

/**
 * Whether it says nothing new. A sheet is imported again and again, with what people corrected
 * meanwhile still wrong in it: what an import has said once, it does not say again.
 */
export function isRepeat(label: Label, before: LabelledCycle['labels']): boolean {
  const same = (other: LabelledCycle['labels'][number]): boolean =>
    other.part === label.part && other.result === label.result && other.type === label.type;
  const inForce = before.findLast(({ part }) => part === label.part);
  if (inForce !== undefined && same(inForce)) return true;
  return label.from === 'import' && before.some((other) => other.from === 'import' && same(other));
}
