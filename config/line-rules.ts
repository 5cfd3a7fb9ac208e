/** What a profile of an instrument that speaks text must keep beyond its schema. */
import { type LineDialect, messageExpression, parseLineAt } from './line-dialect.ts';
import { suggest } from './nearest.ts';
import type { Problem } from './problem.ts';
import type { Profile, SignalSpec } from './profile.ts';
import type { Path, Source } from './source.ts';

/** What only registers have. */
const ofRegisters = ['length', 'order', 'decimalPoint', 'coding'] as const;
/** What only lines have. */
const ofLines = ['values', 'holds'] as const;
const ends = ['delimiter', 'length', 'pattern'] as const;

class LineRules {
  readonly problems: Problem[] = [];
  readonly #profile: Profile;
  readonly #line: LineDialect;
  readonly #source: Source;
  /** Named groups of the message; null when it is no expression. */
  readonly #groups: readonly string[] | null;

  constructor(profile: Profile, line: LineDialect, source: Source) {
    this.#profile = profile;
    this.#line = line;
    this.#source = source;
    this.#groups = this.#readGroups();
  }

  #value(path: Path, message: string, hint = ''): void {
    this.problems.push(this.#source.atValue(path, message, hint));
  }

  #key(path: Path, message: string, hint = ''): void {
    this.problems.push(this.#source.atKey(path, message, hint));
  }

  #readGroups(): string[] | null {
    try {
      messageExpression(this.#line, 1);
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown;
      this.#value(['line', 'message'], 'is not a regular expression', thrown.message);
      return null;
    }
    return [...this.#line.message.matchAll(/\(\?<([A-Za-z]\w*)>/g)].map((match) => match[1] ?? '');
  }

  #group(path: Path, name: string): void {
    const groups = this.#groups;
    if (groups === null || groups.includes(name)) return;
    const message = `the message has no group "${name}"`;
    this.#value(path, message, suggest(name, [...groups], 'its groups are'));
  }

  framing(): void {
    const line = this.#line;
    const given = ends.filter((end) => line[end] !== undefined);
    if (given.length !== 1)
      this.#key(
        ['line'],
        given.length === 0 ? 'does not say what ends a message' : `says ${given.join(' and ')}`,
        'exactly one of delimiter, length and pattern',
      );
    if (line.length !== undefined && line.mode === 'streaming')
      this.#key(
        ['line', 'length'],
        'does not show where a message of a stream begins',
        'use delimiter or pattern',
      );
    if (line.pattern !== undefined) this.#pattern(line.pattern);
    if (line.checksum === 'none' && line.checksumFrom > 0)
      this.#key(['line', 'checksumFrom'], 'has no meaning without a checksum', 'checksum: sum8');
  }

  #pattern(pattern: string): void {
    const path = ['line', 'pattern'];
    try {
      if (new RegExp(pattern, 's').test('')) this.#value(path, 'matches nothing at all');
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown;
      this.#value(path, 'is not a regular expression', thrown.message);
      return;
    }
    if (/(?<!\\)[+*?}]$/.test(pattern))
      this.#value(
        path,
        'may match before the message is over',
        'end it with what always ends a message, e.g. kg or \\x03',
      );
  }

  request(): void {
    const { mode, request } = this.#line;
    if (mode === 'polled' && request === undefined)
      this.#value(['line', 'mode'], 'polled needs a request', 'add request: "W\\r\\n"');
    if (mode === 'streaming' && request !== undefined)
      this.#key(['line', 'request'], 'has no meaning in mode: streaming', 'mode: polled');
    for (const key of ['request', 'message'] as const)
      for (const [odd] of this.#line[key]?.matchAll(
        /\{(?!unit(?::0\d)?\}|checksum\})[a-z][^}]*\}/g,
      ) ?? [])
        this.#value(['line', key], `there is no ${odd}`, '{unit}, {unit:02} and {checksum}');
  }

  groups(): void {
    const { unitGroup } = this.#line;
    if (unitGroup !== undefined) this.#group(['line', 'unitGroup'], unitGroup);
    for (const [name, signal] of Object.entries(this.#profile.signals)) this.#signal(name, signal);
  }

  #signal(name: string, signal: SignalSpec): void {
    const path = ['signals', name];
    const at = parseLineAt(signal.at);
    if (at === null)
      this.#value([...path, 'at'], 'this profile has messages, not registers', 'e.g. line weight');
    else this.#group([...path, 'at'], at.group);
    if (signal.type !== 'text' && this.#source.has([...path, 'type']))
      this.#value(
        [...path, 'type'],
        `a message has numbers and texts, not ${signal.type}`,
        'leave it out, or type: text; for hexadecimal: at: line pv hex',
      );
    for (const key of ofRegisters)
      if (this.#source.has([...path, key]))
        this.#key([...path, key], 'has no meaning for a message', 'leave it out');
    const { requires } = signal;
    if (requires !== undefined && 'group' in requires)
      this.#group([...path, 'requires', 'group'], requires.group);
    else if (requires !== undefined)
      this.#key(
        [...path, 'requires', 'signal'],
        'has no meaning for a message',
        'name a group of the message: requires: { group: state, equals: ST }',
      );
    if (signal.type === 'text' && Object.keys(signal.values).length > 0)
      this.#key([...path, 'values'], 'has no meaning for a text', 'leave it out');
    this.#polling(path, signal);
  }

  #polling(path: Path, { poll, holds }: SignalSpec): void {
    if (poll === 'trigger')
      this.#value(
        [...path, 'poll'],
        'an instrument on a line cannot be the trigger',
        'take a register of the machine; here poll: shot or slow',
      );
    if (holds === 'until-next' && this.#line.mode !== 'streaming')
      this.#value([...path, 'holds'], 'until-next needs mode: streaming', 'holds: for-a-time');
    if (holds === 'until-next' && poll === 'slow')
      this.#value([...path, 'poll'], 'what holds until the next is not polled', 'poll: shot');
  }

  whole(): void {
    if (this.#profile.cycle !== undefined)
      this.#key(
        ['cycle'],
        'an instrument on a line is read along with a machine, it is none',
        'leave it out, and name this profile under the devices of a machine',
      );
    if (this.#source.has(['modbus']))
      this.#key(['modbus'], 'has no meaning beside line', 'leave it out');
    for (const [index, vector] of this.#profile.testVectors.entries())
      if (!('line' in vector))
        this.#key(
          ['testVectors', index],
          'has registers',
          'e.g. { line: "ST,GS,+  1.5kg", expect: … }',
        );
  }
}

/** Every inner contradiction of messages and their signals; of a profile of registers, what it has of these. */
export function lineProblems(profile: Profile, source: Source): Problem[] {
  if (profile.line === undefined) return strayLineParts(profile, source);
  const rules = new LineRules(profile, profile.line, source);
  rules.framing();
  rules.request();
  rules.groups();
  rules.whole();
  return rules.problems;
}

function strayLineParts(profile: Profile, source: Source): Problem[] {
  const problems: Problem[] = [];
  for (const [name, signal] of Object.entries(profile.signals)) {
    const path = ['signals', name];
    if (parseLineAt(signal.at) !== null) {
      const hint = 'add line: { mode: …, delimiter: …, message: … }';
      problems.push(source.atValue([...path, 'at'], 'the profile has no section "line"', hint));
      continue;
    }
    for (const key of ofLines)
      if (source.has([...path, key]))
        problems.push(
          source.atKey([...path, key], 'has no meaning for a register', 'leave it out'),
        );
    if (signal.requires !== undefined && 'group' in signal.requires) {
      const hint = 'name a signal: requires: { signal: …, equals: 0 }';
      const at = [...path, 'requires', 'group'];
      problems.push(source.atKey(at, 'has no meaning for a register', hint));
    }
  }
  for (const [index, vector] of profile.testVectors.entries())
    if ('line' in vector)
      problems.push(source.atKey(['testVectors', index], 'has a message', 'give at and words'));
  return problems;
}
