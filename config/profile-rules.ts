/** What a profile must keep beyond its schema: its parts must fit each other. */
import { parseAddress, wordsOf } from './address.ts';
import { lineProblems } from './line-rules.ts';
import { suggest } from './nearest.ts';
import type { Problem } from './problem.ts';
import type { FeatureSpec, Profile, SignalSpec } from './profile.ts';
import { signalProblems, textHint } from './signal-rules.ts';
import type { Path, Source } from './source.ts';

/** `meter.activePower`: a signal of another device of the machine, known only to the machine. */
const elsewhere = /^[a-z][a-z0-9-]*\.[a-z][A-Za-z0-9]*$/;

class Rules {
  readonly problems: Problem[] = [];
  readonly #profile: Profile;
  readonly #source: Source;

  constructor(profile: Profile, source: Source) {
    this.#profile = profile;
    this.#source = source;
  }

  #value(path: Path, message: string, hint = ''): void {
    this.problems.push(this.#source.atValue(path, message, hint));
  }

  #key(path: Path, message: string, hint = ''): void {
    this.problems.push(this.#source.atKey(path, message, hint));
  }

  #signal(path: Path, name: string): boolean {
    const known = Object.keys(this.#profile.signals);
    if (known.includes(name)) return true;
    this.#value(
      path,
      `there is no signal "${name}"`,
      suggest(name, known, 'the signals are', 'all under signals in the profile'),
    );
    return false;
  }

  #signalKeys(path: Path, names: Iterable<string>): void {
    const known = Object.keys(this.#profile.signals);
    for (const name of names)
      if (!known.includes(name))
        this.#key(
          [...path, name],
          `there is no signal "${name}"`,
          suggest(name, known, 'the signals are', 'all under signals in the profile'),
        );
  }

  signals(): void {
    this.problems.push(...signalProblems(this.#profile, this.#source));
  }

  /** A signal that is a number; `what` needs one. */
  #number(path: Path, name: string, what: string): void {
    if (!this.#signal(path, name)) return;
    if (this.#profile.signals[name]?.type === 'text')
      this.#value(path, `"${name}" is a text, and ${what} needs a number`, textHint);
  }

  cycle(): void {
    const { cycle } = this.#profile;
    if (cycle === undefined) return;
    const { trigger, mold } = cycle;
    if (mold !== undefined) this.#signal(['cycle', 'mold'], mold);
    if (trigger.on === 'interval') return;
    const path = ['cycle', 'trigger', 'signal'];
    this.#number(path, trigger.signal, 'a trigger');
    const signal = this.#profile.signals[trigger.signal];
    if (signal !== undefined && signal.poll !== 'trigger')
      this.#value(
        path,
        `"${trigger.signal}" is not polled as a trigger`,
        'give the signal poll: trigger',
      );
  }

  features(): void {
    for (const [name, feature] of Object.entries(this.#profile.features)) {
      // All points of a curve are one entry of the file.
      if ((feature.point ?? 0) > 0) continue;
      const path = ['features', feature.point === undefined ? name : name.replace(/\.0$/, '')];
      if (!elsewhere.test(feature.from)) this.#number([...path, 'from'], feature.from, 'a feature');
      if (feature.take === 'timeAbove' && feature.above === undefined)
        this.#value([...path, 'take'], 'timeAbove needs a level', 'add above: …');
      if (feature.take !== 'timeAbove' && feature.above !== undefined)
        this.#key(
          [...path, 'above'],
          `has no meaning for take: ${feature.take}`,
          'take: timeAbove',
        );
      this.#curve(path, feature);
    }
  }

  #curve(path: Path, { take, points, over, from }: FeatureSpec): void {
    if (take !== 'curve') {
      if (points !== undefined)
        this.#key([...path, 'points'], `has no meaning for take: ${take}`, 'take: curve');
      return;
    }
    if (points === undefined)
      this.#value([...path, 'take'], 'a curve needs its number of points', 'add points: 32');
    if (typeof over === 'object' && 'cycles' in over)
      this.#key([...path, 'over'], 'a curve is of one cycle', 'leave it out, or give seconds');
    if (this.#profile.signals[from]?.poll === 'shot')
      this.#value(
        [...path, 'from'],
        `"${from}" is read once a cycle, which is no curve`,
        'give the signal poll: slow and its everyMs',
      );
  }

  suppressions(): void {
    for (const [index, rule] of this.#profile.suppress.entries()) {
      if (!('when' in rule)) continue;
      const path = ['suppress', index, 'when'];
      const { signal, ...tests } = rule.when;
      if (!elsewhere.test(signal)) this.#number([...path, 'signal'], signal, 'a condition');
      if (Object.values(tests).every((test) => test === undefined))
        this.#key(path, 'has no condition', 'add equals, notEquals, above or below');
    }
  }

  interlock(): void {
    const { interlock } = this.#profile;
    if (interlock === undefined) return;
    const path = ['interlock', 'when'];
    const { signal, ...tests } = interlock.when;
    if (!elsewhere.test(signal)) this.#number([...path, 'signal'], signal, 'a condition');
    const poll = this.#profile.signals[signal]?.poll;
    if (poll !== undefined && poll !== 'slow')
      this.#value([...path, 'signal'], `"${signal}" is not polled between shots`, 'poll: slow');
    if (Object.values(tests).every((test) => test === undefined))
      this.#key(path, 'has no condition', 'add equals, notEquals, above or below');
  }

  limits(): void {
    this.problems.push(
      ...limitProblems(this.#profile.limits, ['limits'], this.#profile, this.#source),
    );
  }

  defects(): void {
    const known = Object.keys(this.#profile.features);
    for (const [id, defect] of Object.entries(this.#profile.defects))
      for (const [index, { feature }] of defect.pattern.entries()) {
        const path = ['defects', id, 'pattern', index, 'feature'];
        if (!known.includes(feature)) this.#value(path, ...noFeature(feature, known));
      }
  }

  replay(): void {
    const { replay } = this.#profile;
    if (replay === undefined) return;
    for (const part of ['columns', 'values', 'strip'] as const) {
      this.#signalKeys(['replay', part], Object.keys(replay[part]));
      for (const name of Object.keys(replay[part]))
        if (this.#profile.signals[name]?.type === 'text')
          this.#key(['replay', part, name], `"${name}" is a text, and a replay has numbers`);
        else if (this.#profile.signals[name]?.decimalPoint !== undefined)
          this.#key(['replay', part, name], `a log has not the decimal point of "${name}"`);
    }
  }

  testVectors(): void {
    for (const [index, vector] of this.#profile.testVectors.entries()) {
      const path = ['testVectors', index, 'expect'];
      this.#signalKeys(path, Object.keys(vector.expect));
      if ('words' in vector)
        this.#signalKeys(['testVectors', index, 'given'], Object.keys(vector.given));
      for (const [name, expected] of Object.entries(vector.expect)) {
        const signal = this.#profile.signals[name];
        if (signal === undefined) continue;
        const isText = typeof expected === 'object';
        if (typeof expected !== 'string' && isText !== (signal.type === 'text'))
          this.#key([...path, name], `"${name}" is of type ${signal.type}`, 'a text: { text: … }');
        if ('line' in vector || covers(vector.at, vector.words.length, signal)) continue;
        const message = `"${signal.at}" is not among the words given`;
        this.#key([...path, name], message, `these are ${vector.words.length} from ${vector.at}`);
      }
    }
  }
}

function covers(at: string, count: number, signal: SignalSpec): boolean {
  const first = parseAddress(at);
  const own = parseAddress(signal.at);
  if (first === null || own === null) return true;
  const start = own.address - first.address;
  return (
    own.table === first.table && start >= 0 && start + wordsOf(signal.type, signal.length) <= count
  );
}

function noFeature(name: string, known: readonly string[]): [message: string, hint: string] {
  return [
    `there is no feature "${name}"`,
    suggest(name, known, 'the features are', 'all under features in the profile'),
  ];
}

/** Limits, a profile's or a machine's own, against the features and defects of the profile. */
export function limitProblems(
  limits: Profile['limits'],
  path: Path,
  profile: Profile,
  source: Source,
): Problem[] {
  const features = Object.keys(profile.features);
  const defects = Object.keys(profile.defects);
  return Object.entries(limits).flatMap(([name, { low, high, defect }]) => {
    const here = [...path, name];
    const found: Problem[] = [];
    if (!features.includes(name)) found.push(source.atKey(here, ...noFeature(name, features)));
    if (low === undefined && high === undefined)
      found.push(source.atKey(here, 'sets no limit', 'add low, high or both'));
    if (low !== undefined && high !== undefined && low > high)
      found.push(source.atValue([...here, 'low'], `low ${low} is above high ${high}`));
    if (defect !== undefined && !defects.includes(defect)) {
      const hint = suggest(defect, defects, 'the defects are');
      found.push(source.atValue([...here, 'defect'], `there is no defect "${defect}"`, hint));
    }
    return found;
  });
}

/** Every inner contradiction of a profile that its schema lets through. */
export function profileProblems(profile: Profile, source: Source): Problem[] {
  const rules = new Rules(profile, source);
  rules.signals();
  rules.cycle();
  rules.features();
  rules.suppressions();
  rules.interlock();
  rules.limits();
  rules.defects();
  rules.replay();
  rules.testVectors();
  return [...rules.problems, ...lineProblems(profile, source)];
}
