import { describe, expect, it } from 'vitest';
import { LineMessages } from '../../agent/signals/line-message.ts';
import type { Profile } from '../../config/profile.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { checksumOf, takeChecksum } from '../../drivers/serial-line/checksum.ts';

const at = { monoMs: 1, wallMs: 2 };

function messagesOf(profile: Profile, unit = 1): LineMessages {
  if (profile.line === undefined) throw new Error(`${profile.id} has no line`);
  return new LineMessages(profile, profile.line, unit, 'scale.');
}

const cas = messagesOf(loadProfile('cas-scale'));
const weightOf = (text: string) => cas.read(text, at)?.['scale.weight'];

describe('weights', () => {
  it('carry the time of their message and the machine’s name for the device', () => {
    expect(cas.read('ST,GS,+  1.500kg', at)).toMatchObject({
      'scale.weight': { value: 1.5, quality: 'good', at },
      'scale.stable': { value: 1 },
    });
  });

  it('in g, kg and t are the same weight, to the last digit', () => {
    expect(weightOf('ST,GS,+    700 g')?.value).toBe(0.7);
    expect(weightOf('ST,GS,+  0.700kg')?.value).toBe(0.7);
    expect(weightOf('ST,GS,+ 0.0007 t')?.value).toBe(0.7);
    expect(Object.is(weightOf('ST,GS,-  0.000kg')?.value, 0)).toBe(true);
  });

  it('of a scale that was switched to another unit are none, and it is said why', () => {
    expect(weightOf('ST,GS,+  3.307lb')).toMatchObject({
      value: null,
      quality: 'invalid',
      note: 'in lb, not kg',
    });
    expect(weightOf('ST,GS,+  3.307  ')?.note).toBe('in no unit, not kg');
  });

  it('that have not come to rest are none', () => {
    expect(weightOf('US,GS,+  1.497kg')).toMatchObject({
      value: null,
      quality: 'invalid',
      note: 'state is US, not ST',
    });
  });

  it.each(['ST,GS,+  1.500kg', 'ST,NT,1\xc4,   12.34 kg', 'ST,GS,2\xe4,-  0.500 kg'])(
    'with a character lost or doubled are none: %j',
    (message) => {
      expect(weightOf(message)?.quality).toBe('good');
      for (let i = 0; i < message.length; i++) {
        const lost = message.slice(0, i) + message.slice(i + 1);
        const doubled = message.slice(0, i) + message[i] + message.slice(i);
        expect(weightOf(lost)?.value ?? null, `without ${i}`).toBeNull();
        expect(weightOf(doubled)?.value ?? null, `twice ${i}`).toBeNull();
      }
    },
  );

  it('of two messages run into one are none', () => {
    expect(cas.read('ST,GS,+  1.5ST,GS,+  1.500kg', at)).toBeNull();
  });
});

describe('requests and replies of a controller', () => {
  const profile = loadProfile('hanyoung-nx-pclink-sum');

  it('carry unit and checksum', () => {
    const sum = checksumOf('sum8', '07DRS,01,0000');
    expect(messagesOf(profile, 7).request).toBe(`\x0207DRS,01,0000${sum}\r\n`);
  });

  it('are one unit’s own', () => {
    const reply = '\x0207DRS,OK,FFCE';
    const value = messagesOf(profile, 7).read(reply, at)?.['scale.processValue'];
    expect(value).toMatchObject({ value: -5, quality: 'good' });
    expect(messagesOf(profile, 1).read(reply, at)).toBeNull();
    expect(messagesOf(profile, 70).read(reply, at)).toBeNull();
  });

  it('with any one character changed never give another value', () => {
    const messages = messagesOf(profile);
    const whole = `\x0201DRS,OK,00FA${checksumOf('sum8', '01DRS,OK,00FA')}`;
    for (let i = 0; i < whole.length; i++) {
      for (let code = 0; code < 256; code++) {
        const changed = whole.slice(0, i) + String.fromCharCode(code) + whole.slice(i + 1);
        const { text, right } = takeChecksum('sum8', 1, changed);
        const value = right ? messages.read(text, at)?.['scale.processValue']?.value : null;
        expect(value ?? 25).toBe(25);
      }
    }
  });
});

describe('lot numbers', () => {
  const scanner = messagesOf(loadProfile('barcode-scanner'));

  it('are texts, never numbers', () => {
    expect(scanner.read('8801234567893', at)?.['scale.lot']).toEqual({
      value: null,
      text: '8801234567893',
      quality: 'good',
      at,
    });
  });

  it('are not what a scanner says when it reads nothing', () => {
    for (const text of ['NOREAD', 'ERROR', 'BR', '', '\n'])
      expect(scanner.read(text, at)).toBeNull();
    expect(scanner.read('ERROR-7', at)).not.toBeNull();
  });
});
