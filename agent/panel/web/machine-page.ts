/** One machine: what is wrong and what to do, its last shots, the values that went astray. */
import type { VNode } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Text } from '../../records.ts';
import type {
  AlertView,
  DriverView,
  FeatureView,
  MachinePage,
  MachineView,
  ShotView,
} from '../contract.ts';
import { AlertCard } from './alert-card.ts';
import { h, html } from './element.ts';
import { isOld } from './freshness.ts';
import { SignIcon } from './icons.ts';
import { Labelling } from './labelling.ts';
import { ModelHealth } from './model-health.ts';
import { MoldChange } from './mold-change.ts';
import { type Page, usePage, useWords, type Words } from './page.ts';
import { ShiftFacts } from './shift-facts.ts';
import { ShotStrip, shotKey, shotsThatFit } from './shot-strip.ts';
import { CurrentStop, PastStops } from './stops.ts';
import { LinkChip, machineState, recentText, standingAlerts } from './tile.ts';
import { Trend } from './trend.ts';

const shotsAsked = 60;

interface Loaded {
  readonly page: MachinePage | null;
  readonly problem: Text | null;
  readonly load: () => void;
}

/** What a machine that stands tells beside its shots. */
const stopKey = ({ overview }: Page, machine: string): string => {
  const stop = overview.machines.find(({ id }) => id === machine)?.stop;
  return stop === undefined ? '' : `${stop.id} ${stop.kind} ${stop.reason?.code ?? ''}`;
};

/** Read again after each new shot, stop, connection and label; only the newest answer counts. */
function useMachine(id: string): Loaded {
  const shown = usePage();
  const { api, pushed } = shown;
  const [page, setPage] = useState<MachinePage | null>(null);
  const [problem, setProblem] = useState<Text | null>(null);
  const asked = useRef(0);
  const load = useCallback((): void => {
    asked.current += 1;
    const mine = asked.current;
    const path = `/api/machines/${encodeURIComponent(id)}?shots=${shotsAsked}`;
    void api.get<MachinePage>(path).then((answer) => {
      if (mine !== asked.current) return;
      if (answer.ok) setPage(answer.value);
      setProblem(answer.ok ? null : answer.message);
    });
  }, [api, id]);
  useEffect(load, [load, pushed.shots.get(id), pushed.opened, stopKey(shown, id)]);
  useEffect(
    () => () => {
      asked.current += 1;
    },
    [],
  );
  return { page, problem, load };
}

function useWidth(): number {
  const [width, setWidth] = useState(innerWidth);
  useEffect(() => {
    const resized = (): void => setWidth(innerWidth);
    addEventListener('resize', resized);
    return () => removeEventListener('resize', resized);
  }, []);
  return width;
}

/** All alerts of this machine that stand, shelved ones last. */
function ownAlerts({ overview }: Page, id: string): readonly AlertView[] {
  const own = overview.alerts.filter(({ machine }) => machine === id);
  return own.toSorted(
    (a, b) => Number(a.handling.shelved !== null) - Number(b.handling.shelved !== null),
  );
}

function trialLines({ trials = [] }: MachineView, words: Words): readonly string[] {
  return trials.map(({ stage, model, shots, of, differing, compared }) =>
    words(stage === 'shadow' ? 'shadowed' : 'onTrial', {
      ...{ model: `${model.name} ${model.version}`, shots, of, differing, compared },
    }),
  );
}

function Title({ id }: { id: string }): VNode {
  const page = usePage();
  const words = useWords();
  const machine = page.overview.machines.find((it) => it.id === id);
  if (machine === undefined) return html`<h1 class="machine-title">${id}</h1>`;
  const state = machineState(machine, standingAlerts(page, id), words);
  const old = isOld(page.fresh);
  const sign = old ? 'unknown' : state.sign;
  return html`<div class=${`machine-title sev-${sign}`}>
    <h1 title=${machine.name}>${machine.name}</h1>
    <p class="state">${h(SignIcon, { sign, size: 30 })}<span>${old ? words('unknown') : state.word}</span></p>
    ${!old && h(LinkChip, { link: state.link })}
    <p class="facts">${machine.mold === null ? '' : words('mold', { mold: machine.mold })}<br />${
      machine.model === null ? words('noModel') : `${machine.model.name} ${machine.model.version}`
    }${trialLines(machine, words).map((line) => html`<br />${line}`)}</p>
  </div>`;
}

/** Shots of the last one's mold and their values: bands of one mold say nothing of another. */
function ofLastMold({ shots, features }: MachinePage): Pick<MachinePage, 'shots' | 'features'> {
  const mold = shots.at(-1)?.mold ?? null;
  const isOwn = shots.map((shot) => shot.mold === mold);
  return {
    shots: shots.filter((_, i) => isOwn[i]),
    features: features.map((one) => ({ ...one, values: one.values.filter((_, i) => isOwn[i]) })),
  };
}

/** What differed in the shots of an alert that stands, of this mold; with its shares. */
function driversOf(alerts: readonly AlertView[], mold: string | null): readonly DriverView[] {
  return alerts
    .filter((alert) => alert.state !== 'cleared' && (alert.mold === null || alert.mold === mold))
    .flatMap((alert) => alert.drivers);
}

interface TrendsProps {
  readonly page: MachinePage;
  readonly alerts: readonly AlertView[];
  readonly done: () => void;
}

function Trends({ page, alerts, done }: TrendsProps): VNode {
  const words = useWords();
  const own = usePage().overview.machines.find(({ id }) => id === page.machine.id);
  const { shots, features } = useMemo(() => ofLastMold(page), [page]);
  const mold = shots.at(-1)?.mold ?? null;
  const drivers = driversOf(alerts, mold);
  const driverOf = (name: string): DriverView | undefined =>
    drivers.find(({ feature }) => feature === name);
  const driving = features.filter(({ feature }) => driverOf(feature) !== undefined);
  const others = features.filter(({ feature }) => driverOf(feature) === undefined);
  const trend = (feature: FeatureView): VNode =>
    h(Trend, {
      key: feature.feature,
      feature,
      shots,
      share: driverOf(feature.feature)?.share ?? null,
    });
  const ofMold = mold === null ? '' : ` · ${words('mold', { mold })}`;
  return html`<section class="trends" aria-label=${words('trends')} tabindex="0">
    ${h(ModelHealth, { health: page.health })}
    ${driving.length > 0 && html`<h2>${words('drivers')}${ofMold} <small>(${words('driversNote')})</small></h2>`}
    ${driving.map(trend)}
    ${own !== undefined && h(ShiftFacts, { machine: own })}
    ${h(PastStops, { page, done })}
    ${h(MoldChange, { change: page.moldChange })}
    ${others.length > 0 && html`<h2>${words('trends')}${ofMold}</h2>`}
    ${others.map(trend)}
  </section>`;
}

function chosenOf(shots: readonly ShotView[], key: string | null): ShotView | undefined {
  return shots.find((shot) => shotKey(shot) === key) ?? shots.at(-1);
}

export function MachineDetail({ id }: { id: string }): VNode {
  const words = useWords();
  const state = usePage();
  const { page, problem, load } = useMachine(id);
  // Null: whichever shot is the last one.
  const [picked, setPicked] = useState<string | null>(null);
  const fitting = shotsThatFit(useWidth() - 210);
  const alerts = ownAlerts(state, id);
  const shots = page?.shots.slice(-fitting) ?? [];
  const chosen = chosenOf(shots, picked);
  const follows = chosen !== undefined && shotKey(chosen) !== picked;
  const choose = (key: string): void => {
    const last = shots.at(-1);
    setPicked(last !== undefined && shotKey(last) === key ? null : key);
  };
  return html`<div class="machine">
    ${h(Title, { id })}
    ${problem !== null && html`<p class="failure wide" role="alert">${words.of(problem)}</p>`}
    ${page === null && problem === null && html`<p class="note">${words('loading')}</p>`}
    ${shots.length > 0 && h(ShotStrip, { shots, chosen: chosen === undefined ? null : shotKey(chosen), choose })}
    ${
      shots.length > 0 &&
      html`<p class="unseen">${recentText(
        shots.map(({ outcome }) => outcome),
        words,
      )}</p>`
    }
    <div class="halves">
      <div class="acting" role="group" aria-label=${words('alerts')} tabindex="0">
        ${alerts.length === 0 && html`<p class="calm-note">${words('noAlerts')}</p>`}
        ${alerts.map((alert) => h(AlertCard, { key: alert.id, alert, size: 'full' }))}
        ${page !== null && h(CurrentStop, { page, done: load })}
        ${
          page !== null &&
          chosen !== undefined &&
          h(Labelling, {
            key: shotKey(chosen),
            page,
            shot: chosen,
            follows,
            hold: () => setPicked(shotKey(chosen)),
            done: load,
          })
        }
      </div>
      ${page !== null && h(Trends, { page, alerts, done: load })}
    </div>
  </div>`;
}
