/** All alerts of one machine: cycles, links and models in, raised, updated and cleared alerts out. */
import type { Profile } from '../../config/profile.ts';
import type { Alert, Cycle, DriftFinding, Driver, Instant, Text, Verdict } from '../records.ts';
import type { TrainingNormal } from './baseline.ts';
import { AlertBook } from './book.ts';
import { DefectAlerts } from './defect-alerts.ts';
import { DriftAlerts, frozenKeyOf } from './drift-alerts.ts';
import { type MissingModel, ServiceAlerts } from './service-alerts.ts';
import type { WhyQuestion } from './why.ts';

export interface AlertEngineOptions {
  readonly machine: string;
  /** What operators call it, e.g. 3호기. */
  readonly machineName: string;
  readonly profile: Profile;
  /** Normal bands from the model's training, by profile feature. */
  readonly training: ReadonlyMap<string, TrainingNormal>;
  readonly newId?: () => string;
}

export class AlertEngine {
  readonly #book: AlertBook;
  readonly #defects: DefectAlerts;
  readonly #service: ServiceAlerts;
  readonly #drift: DriftAlerts;

  constructor(options: AlertEngineOptions) {
    const { machine, machineName, profile, training } = options;
    this.#book = new AlertBook(options.newId);
    this.#defects = new DefectAlerts({ machineName, profile }, this.#book, training);
    this.#service = new ServiceAlerts(machine, { machineName, profile }, this.#book);
    this.#drift = new DriftAlerts(machine, { machineName, profile }, this.#book);
  }

  observe(cycle: Cycle, verdict: Verdict): readonly Alert[] {
    return [...this.#defects.observe(cycle, verdict), ...this.#service.observe(cycle, verdict)];
  }

  /** What stands of the machine's values after this shot. */
  drift(cycle: Cycle, findings: readonly DriftFinding[]): readonly Alert[] {
    const told = this.#drift.observe(cycle, findings);
    const newlyFrozen = findings.flatMap(({ kind, feature }) => {
      const isNew = told.some(({ key }) => key === frozenKeyOf(feature ?? ''));
      return kind === 'frozen' && feature !== null && isNew ? [feature] : [];
    });
    const superseded = newlyFrozen.flatMap((name) => this.#service.supersede(name, cycle.at));
    return [...told, ...superseded];
  }

  /** What is to be asked of the model about the alert that this cycle was told with; null: nothing. */
  question(cycle: Cycle, verdict: Verdict): WhyQuestion | null {
    return this.#defects.question(cycle, verdict);
  }

  /** The alert told again with what drove the model's answer; null: it has ended, or nothing did. */
  explained(question: WhyQuestion, drivers: readonly Driver[], at: Instant): Alert | null {
    return this.#defects.explained(question, drivers, at);
  }

  link(state: 'lost' | 'back', at: Instant): readonly Alert[] {
    return this.#service.link(state, at);
  }

  interlock(state: 'stopped' | 'runs', at: Instant): readonly Alert[] {
    return this.#service.interlock(state, at);
  }

  /** See ServiceAlerts. */
  advice(cause: string, text: Text | null, at: Instant): readonly Alert[] {
    return this.#service.advice(cause, text, at);
  }

  model(state: 'set-aside' | 'back', name: string, at: Instant): readonly Alert[] {
    return this.#service.model(state, name, at);
  }

  /** A new model was taken back for `why`; null: another is tried, and that is over. */
  modelReturned(name: string, why: Text | null, at: Instant): readonly Alert[] {
    return this.#service.modelReturned(name, why, at);
  }

  /** See ServiceAlerts. */
  modelMissing(missing: MissingModel, at: Instant): readonly Alert[] {
    return this.#service.modelMissing(missing, at);
  }

  /** A cycle that was kept before this start, oldest first: baselines and trends go on from there. */
  recall(cycle: Cycle, outcome: Verdict['outcome']): void {
    this.#defects.recall(cycle, outcome);
  }

  /** Takes over an alert that stood when an earlier agent ended; false: it has to show itself again. */
  adopt(alert: Alert): boolean {
    return this.#drift.adopt(alert) || this.#defects.adopt(alert);
  }
}
