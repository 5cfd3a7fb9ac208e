/** What one operator is told of what the machines' engines say, on a clock of the test's own. */
import { describe, expect, test } from 'vitest';
import { fault, hour, kim, minute, Room, second } from './desk-room.ts';

describe('one alert a cause', () => {
  test('a connection that is back within three seconds is told to nobody', () => {
    const room = new Room();
    room.say(fault('dc-03', 'bus-lost', { key: 'bus-lost', severity: 'caution' }));
    room.pass(2 * second);
    room.say(fault('dc-03', 'bus-lost', { key: 'bus-lost', state: 'cleared' }));
    room.pass(minute);
    expect(room.told).toEqual([]);
  });

  test('one that comes back while its alert clears keeps it, and is counted', () => {
    const room = new Room();
    const lost = { key: 'bus-lost', severity: 'caution' } as const;
    room.say(fault('dc-03', 'bus-lost', lost));
    room.pass(4 * second);
    const [first] = room.calls();
    room.say(fault('dc-03', 'bus-lost', { ...lost, state: 'cleared' }));
    room.pass(5 * second);
    room.say(fault('dc-03', 'bus-lost', lost));
    expect(room.calls()).toHaveLength(1);
    expect(room.told.at(-1)).toMatchObject({ id: first?.id, handling: { returns: 1 } });
  });

  test('a cause that chatters calls three times and then stands until ten minutes of quiet', () => {
    const room = new Room();
    for (let round = 0; round < 10; round += 1) {
      room.say(fault('dc-03', 'short-shot'));
      room.pass(20 * second);
      room.say(fault('dc-03', 'short-shot', { state: 'cleared' }));
      room.pass(40 * second);
    }
    expect(room.calls()).toHaveLength(3);
    expect(room.desk.standing()).toHaveLength(1);
    room.pass(10 * minute);
    expect(room.desk.standing()).toEqual([]);
    expect(room.told.at(-1)).toMatchObject({ state: 'cleared' });
  });
});

test('one cause that shows on two molds of a machine calls once and is listed twice', () => {
  const room = new Room();
  room.say(fault('dc-03', 'misrun', { key: '2101:misrun' }));
  room.say(fault('dc-03', 'misrun', { key: '2102:misrun' }));
  expect(room.calls()).toHaveLength(1);
  expect(room.desk.standing()).toHaveLength(2);
});

describe('the operator’s budget', () => {
  test('cautions beyond five in an hour are told together, warnings still call', () => {
    const room = new Room();
    for (let i = 0; i < 8; i += 1) {
      room.say(fault(`dc-0${i}`, 'cushion-drift', { severity: 'caution' }));
      room.pass((11 * minute) / 2);
    }
    expect(room.calls()).toHaveLength(5);
    room.say(fault('dc-09', 'shrinkage'));
    expect(room.told.at(-1)).toMatchObject({ cause: 'shrinkage', handling: { attention: 'call' } });
    expect(room.desk.standing()).toHaveLength(9);
  });

  test('a machine that somebody starts again is shown and calls nobody', () => {
    const room = new Room();
    room.say(fault('dc-03', 'warm-up', { key: 'warm-up', severity: 'caution' }));
    expect(room.desk.state()).toEqual({ worst: 'caution', calling: null, buzzer: 'off' });
    expect(room.calls()).toEqual([]);
  });

  test('information is listed and never calls', () => {
    const room = new Room();
    room.say(fault('dc-03', 'sensor-invalid', { severity: 'info' }));
    expect(room.told.at(-1)?.handling?.attention).toBe('quiet');
    expect(room.desk.state()).toEqual({ worst: 'info', calling: null, buzzer: 'off' });
  });

  test('a flood is one call for all of it, which ends with it, and loses none from the list', () => {
    const room = new Room();
    for (let i = 0; i < 20; i += 1) {
      room.say(fault(`dc-${10 + i}`, 'shrinkage'));
      room.pass(10 * second);
    }
    const flood = room.calls().filter(({ cause }) => cause === 'alert-flood');
    expect(flood).toHaveLength(1);
    expect(flood[0]?.text.ko).toContain('공통 원인');
    expect(room.calls().length).toBeLessThanOrEqual(10);
    expect(room.desk.standing()).toHaveLength(21);
    room.pass(10 * minute);
    expect(
      room.told.find(({ cause, state }) => cause === 'alert-flood' && state === 'cleared'),
    ).toBeDefined();
    expect(room.desk.counts()).toMatchObject({ flood: false, floods: 1 });
  });

  test('the machine’s own stop calls in a flood too', () => {
    const room = new Room();
    for (let i = 0; i < 15; i += 1) room.say(fault(`dc-${10 + i}`, 'shrinkage'));
    room.say(fault('dc-03', 'interlock', { severity: 'stop' }));
    expect(room.told.at(-1)).toMatchObject({ cause: 'interlock', handling: { attention: 'call' } });
  });

  test('machines behind one switch make one call when it goes', () => {
    const room = new Room();
    const lost = { key: 'bus-lost', severity: 'caution' } as const;
    for (const machine of ['dc-03', 'dc-04', 'dc-05']) room.say(fault(machine, 'bus-lost', lost));
    room.pass(4 * second);
    expect(room.calls()).toHaveLength(1);
    expect(room.desk.standing()).toHaveLength(3);
  });
});

describe('while it waits to clear', () => {
  test('an alert keeps its place and what people did with it', () => {
    const room = new Room();
    for (let round = 0; round < 2; round += 1) {
      room.say(fault('dc-03', 'short-shot'));
      room.pass(10 * second);
      room.say(fault('dc-03', 'short-shot', { state: 'cleared' }));
      room.pass(10 * second);
    }
    const [alert] = room.say(fault('dc-03', 'short-shot'));
    room.desk.acknowledge(alert?.id ?? '', kim);
    room.say(fault('dc-03', 'short-shot', { state: 'cleared' }));
    expect(room.desk.standing()).toMatchObject([
      { id: alert?.id, handling: { attention: 'call', acknowledged: { who: '김반장' } } },
    ]);
  });

  /** Acknowledged, gone, and waiting for its ten minutes of quiet. */
  function chattering(): Room {
    const room = new Room();
    for (let round = 0; round < 3; round += 1) {
      const [alert] = room.say(fault('dc-03', 'short-shot'));
      room.pass(10 * second);
      if (round === 2) room.desk.acknowledge(alert?.id ?? '', kim);
      room.say(fault('dc-03', 'short-shot', { state: 'cleared' }));
      room.pass(10 * second);
    }
    return room;
  }

  test('what comes back after it was acknowledged calls again, not more often than each ten minutes', () => {
    const room = chattering();
    room.say(fault('dc-03', 'short-shot'));
    expect(room.desk.state().calling).toBeNull();
    room.pass(9 * minute);
    room.say(fault('dc-03', 'short-shot', { state: 'cleared' }));
    room.pass(2 * minute);
    room.say(fault('dc-03', 'short-shot'));
    expect(room.desk.state().calling).toBe('warning');
  });

  test('another value leading it is another episode, which calls at once', () => {
    const room = chattering();
    const other = { feature: 'accumulator', value: 1, normalLow: 2, normalHigh: 3, z: -9 };
    room.say({ ...fault('dc-03', 'short-shot'), deviations: [other] });
    expect(room.desk.state().calling).toBe('warning');
  });
});

describe('what people do', () => {
  test('acknowledged is not cleared: it stands, calls no more, and says who', () => {
    const room = new Room();
    const [alert] = room.say(fault('dc-03', 'shrinkage'));
    expect(room.desk.state()).toEqual({ worst: 'warning', calling: 'warning', buzzer: 'sounding' });
    room.desk.acknowledge(alert?.id ?? '', kim);
    expect(room.desk.state()).toEqual({ worst: 'warning', calling: null, buzzer: 'off' });
    expect(room.desk.standing()[0]?.handling?.acknowledged).toMatchObject({ who: '김반장' });
    room.say(fault('dc-03', 'shrinkage', { state: 'updated' }));
    expect(room.desk.standing()[0]?.handling?.acknowledged).toMatchObject({ who: '김반장' });
    expect(room.deeds).toMatchObject([
      { what: 'alert-acknowledged', subject: alert?.id, who: '김반장' },
    ]);
  });

  test('an acknowledged alert that becomes worse calls again', () => {
    const room = new Room();
    const [alert] = room.say(fault('dc-03', 'x', { severity: 'caution', key: 'x' }));
    room.desk.acknowledge(alert?.id ?? '', kim);
    room.say(fault('dc-03', 'x', { severity: 'warning', key: 'x', state: 'updated' }));
    expect(room.desk.state()).toMatchObject({ calling: 'warning', worst: 'warning' });
  });

  test('shelved for half an hour: nothing calls, whatever comes back; then it calls again', () => {
    const room = new Room();
    const [alert] = room.say(fault('dc-03', 'shrinkage'));
    room.desk.shelve(alert?.id ?? '', 30, '금형 교체', kim);
    expect(room.desk.state()).toEqual({ worst: null, calling: null, buzzer: 'off' });
    room.say(fault('dc-03', 'shrinkage', { state: 'cleared' }));
    room.pass(5 * minute);
    room.say(fault('dc-03', 'shrinkage'));
    expect(room.told.at(-1)?.handling).toMatchObject({
      attention: 'shelved',
      shelved: { reason: '금형 교체' },
    });
    room.pass(25 * minute);
    expect(room.desk.state()).toMatchObject({ calling: 'warning', buzzer: 'sounding' });
  });

  test.each([
    [0, '금형 교체'],
    [481, '금형 교체'],
    [30, ' '],
  ])('putting off for %d minutes because of "%s" is refused', (minutes, reason) => {
    const room = new Room();
    const [alert] = room.say(fault('dc-03', 'shrinkage'));
    expect(() => room.desk.shelve(alert?.id ?? '', minutes, reason, kim)).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
    expect(room.desk.state().calling).toBe('warning');
    expect(room.deeds).toEqual([]);
  });

  test('a false alarm is acknowledged and counted for who looked', () => {
    const room = new Room();
    const [alert] = room.say(fault('dc-03', 'shrinkage'));
    room.desk.markFalse(alert?.id ?? '', kim);
    expect(room.told.at(-1)?.handling).toMatchObject({
      falseAlarm: { who: '김반장' },
      acknowledged: { who: '김반장' },
    });
  });

  test('one that cleared before anybody saw it can still be acknowledged, for an hour', () => {
    const room = new Room();
    const [alert] = room.say(fault('dc-03', 'shrinkage'));
    room.say(fault('dc-03', 'shrinkage', { state: 'cleared' }));
    expect(room.desk.unseen().map(({ id }) => id)).toEqual([alert?.id]);
    room.desk.acknowledge(alert?.id ?? '', kim);
    expect(room.told.at(-1)).toMatchObject({
      state: 'cleared',
      handling: { acknowledged: { who: '김반장' } },
    });
    expect(room.desk.unseen()).toEqual([]);
    room.pass(hour + minute);
    expect(() => room.desk.acknowledge(alert?.id ?? '', kim)).toThrow(
      expect.objectContaining({ code: 'alert-unknown' }),
    );
  });

  test('a silenced buzzer sounds again at the next call', () => {
    const room = new Room();
    room.say(fault('dc-03', 'shrinkage'));
    room.desk.silence(kim);
    expect(room.desk.state().buzzer).toBe('silenced');
    room.pass(second);
    room.say(fault('dc-04', 'porosity'));
    expect(room.desk.state().buzzer).toBe('sounding');
  });

  test('after a day an alert is stale', () => {
    const room = new Room();
    room.say(fault('dc-03', 'shrinkage'));
    room.nowMs += 24 * hour;
    room.desk.tick();
    expect(room.told.at(-1)?.handling?.stale).toBe(true);
  });
});
