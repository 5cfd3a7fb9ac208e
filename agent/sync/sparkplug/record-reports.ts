/** Which metrics a record is: shots belong to their machine's device, the rest to the node. */
import type {
  AgentEvent,
  Alert,
  Cycle,
  FuelRecord,
  HeatRecord,
  Reading,
  RecordBody,
  Stop,
  StoredRecord,
  Verdict,
} from '../../records.ts';
import { periodRows, shotEnergyRows } from './energy-reports.ts';
import type { Owner, Report } from './metric-book.ts';
import type { DataType, MetricValue, Quality } from './payload.ts';

export interface RecordReports {
  readonly owner: Owner;
  readonly reports: readonly Report[];
}

type Row = readonly [name: string, type: DataType, value: MetricValue];

const report = ([name, type, value]: Row): Report => ({ name, type, value });

const keyRows = (record: StoredRecord | null): Row[] => [
  ['ppuri/boot', 'String', record?.boot ?? null],
  ['ppuri/seq', 'Int64', record?.seq ?? null],
  ['ppuri/kind', 'String', record?.body.kind ?? null],
  ['ppuri/clock synced', 'Boolean', record?.clockSynced ?? null],
];

function shotRows(cycle: Cycle | null, verdict: Verdict | null): Row[] {
  return [
    ['Shot/Number', 'Int64', cycle?.shot ?? null],
    ['Shot/Index', 'Int64', cycle?.index ?? null],
    ['Shot/Mold', 'String', cycle?.mold ?? null],
    ['Shot/Observed', 'String', cycle?.observed ?? null],
    ['Shot/Suppressed', 'String', cycle?.suppressed ?? null],
    ['Verdict/Outcome', 'String', verdict?.outcome ?? null],
    ['Verdict/Reason', 'String', verdict?.reason ?? null],
    ['Verdict/Detail', 'String', verdict?.detail ?? null],
    ['Verdict/Judge', 'String', verdict?.judge ?? null],
    ['Verdict/Probability', 'Double', verdict?.probability ?? null],
    ['Verdict/Threshold', 'Double', verdict?.threshold ?? null],
    ['Verdict/Estimate', 'Double', verdict?.estimate?.value ?? null],
    ['Verdict/Estimate Low', 'Double', verdict?.estimate?.low ?? null],
    ['Verdict/Estimate High', 'Double', verdict?.estimate?.high ?? null],
    ['Verdict/Estimate Unit', 'String', verdict?.estimate?.unit ?? null],
    ['Verdict/Model', 'String', verdict?.model?.name ?? null],
    ['Verdict/Model Version', 'String', verdict?.model?.version ?? null],
    ['Verdict/Model Hash', 'String', verdict?.model?.hash ?? null],
    ['Verdict/Flags', 'String', verdict === null ? null : verdict.flags.join(' ')],
    ['Verdict/Breaches', 'String', verdict === null ? null : JSON.stringify(verdict.breaches)],
  ];
}

function alertRows(alert: Alert | null): Row[] {
  return [
    ['Alert/Id', 'String', alert?.id ?? null],
    ['Alert/State', 'String', alert?.state ?? null],
    ['Alert/Machine', 'String', alert?.machine ?? null],
    ['Alert/Mold', 'String', alert?.mold ?? null],
    ['Alert/Severity', 'String', alert?.severity ?? null],
    ['Alert/Cause', 'String', alert?.cause ?? null],
    ['Alert/Text ko', 'String', alert?.text.ko ?? null],
    ['Alert/Text en', 'String', alert?.text.en ?? null],
    ['Alert/Shots From', 'Int64', alert?.shots?.from ?? null],
    ['Alert/Shots To', 'Int64', alert?.shots?.to ?? null],
    ['Alert/Count', 'Int64', alert?.count ?? null],
  ];
}

const eventRows = (event: Record<string, unknown> | null): Row[] =>
  (['Kind', 'Level', 'Subject', 'Text'] as const).map((field) => {
    const value = event?.[field.toLowerCase()];
    return [`Event/${field}`, 'String', value === undefined ? null : String(value)];
  });

const gapRows = (
  gap: { fromSeq: number; toSeq: number; count: number; reason: string } | null,
): Row[] => [
  ['Gap/From Seq', 'Int64', gap?.fromSeq ?? null],
  ['Gap/To Seq', 'Int64', gap?.toSeq ?? null],
  ['Gap/Count', 'Int64', gap?.count ?? null],
  ['Gap/Reason', 'String', gap?.reason ?? null],
];

const qualities: Readonly<Record<Reading['quality'], Quality>> = {
  good: 'good',
  stale: 'stale',
  invalid: 'bad',
  missing: 'bad',
};

function featureReport(name: string, reading: Reading | null): Report {
  const base = { name: `Features/${name}`, type: 'Double' } as const;
  if (reading === null) return { ...base, value: null };
  const quality = qualities[reading.quality];
  return { ...base, value: reading.value, ...(quality === 'good' ? {} : { quality }) };
}

/** What a machine's device reports from its first birth on. `features`: those of its profile. */
export function deviceReports(features: readonly string[]): Report[] {
  const energy = [...shotEnergyRows(null), ...periodRows(null)];
  const rows = [...keyRows(null), ...shotRows(null, null), ...energy];
  return [...rows.map(report), ...features.map((name) => featureReport(name, null))];
}

/** What the node itself reports, beside what Sparkplug asks for. */
export function nodeReports(): Report[] {
  const rows = [...keyRows(null), ...alertRows(null), ...eventRows(null), ...gapRows(null)];
  return rows.map(report);
}

export function reportsOf(record: StoredRecord): RecordReports {
  const { body } = record;
  const key = keyRows(record);
  if (body.kind === 'cycle') {
    const features = Object.entries(body.cycle.features);
    const rows = [...key, ...shotRows(body.cycle, body.verdict)].map(report);
    const more = features.map(([name, reading]) => featureReport(name, reading));
    return { owner: body.cycle.machine, reports: [...rows, ...more] };
  }
  if (body.kind === 'shot-energy') {
    const reports = [...key, ...shotEnergyRows(body.energy)].map(report);
    return { owner: body.energy.machine, reports };
  }
  if (body.kind === 'energy')
    return {
      owner: body.period.machine,
      reports: [...key, ...periodRows(body.period)].map(report),
    };
  return { owner: null, reports: [...key, ...rowsOf(body)].map(report) };
}

type NodeBody = Exclude<RecordBody, { kind: 'cycle' | 'shot-energy' | 'energy' }>;

/** What people did is reported as events are: Sparkplug hosts need no other metrics for it. */
function rowsOf(body: NodeBody): Row[] {
  if (body.kind === 'alert') return alertRows(body.alert);
  if (body.kind === 'gap') return gapRows(body.gap);
  return eventRows({ ...(body.kind === 'event' ? body.event : eventOf(body)) });
}

type Told = Extract<
  RecordBody,
  { kind: 'label' | 'deed' | 'heat' | 'fuel' | 'stop' | 'stop-reason' }
>;

/** Their figures, as JSON: a host that computes with them takes the records themselves. */
function figuresOf(kind: string, { at, ...figures }: HeatRecord | FuelRecord): AgentEvent {
  return { kind, level: 'info', subject: figures.machine, text: JSON.stringify(figures), at };
}

function eventOf(body: Told): AgentEvent {
  if (body.kind === 'heat') return figuresOf('heat', body.heat);
  if (body.kind === 'fuel') return figuresOf('fuel', body.fuel);
  if (body.kind === 'stop') return stopEvent(body.stop);
  if (body.kind === 'stop-reason') {
    const { stop, code, note, who, at } = body.reason;
    const text = `${stop}: ${code}${note === null ? '' : ` (${note})`} by ${who}`;
    return { kind: 'stop-reason', level: 'info', subject: body.reason.machine, text, at };
  }
  const { at } = body.kind === 'label' ? body.label : body.deed;
  if (body.kind === 'deed') {
    const { what, subject, who, detail } = body.deed;
    const text = `${who}${detail === null ? '' : `: ${detail}`}`;
    return { kind: what, level: 'info', subject, text, at };
  }
  const { machine, shot, part, result, type, who } = body.label;
  const text = [`shot ${shot ?? '-'}`, part, result, type ?? '', `by ${who}`]
    .filter((word) => word !== '')
    .join(' ');
  return { kind: 'label', level: 'info', subject: machine, text, at };
}

function stopEvent({ id, machine, kind, state, begin, end, at }: Stop): AgentEvent {
  const seconds = Math.round(((end ?? at).monoMs - begin.monoMs) / 1000);
  const text = `${id}: ${kind} ${state}, ${seconds} s`;
  return { kind: 'stop', level: 'info', subject: machine, text, at };
}
