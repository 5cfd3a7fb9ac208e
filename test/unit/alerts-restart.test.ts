/** What a desk of alerts takes up from the one before it. */
import { describe, expect, test } from 'vitest';
import type { Severity } from '../../agent/records.ts';
import { fault, kim, minute, Room, second } from './desk-room.ts';

describe('a restart', () => {
  const severity: Severity = 'caution';

  test('what is still the matter keeps its alert, its acknowledgement and its silence', () => {
    const room = new Room();
    room.say(fault('dc-03', 'bus-lost', { key: 'bus-lost', severity }));
    room.pass(4 * second);
    const [alert] = room.desk.standing();
    room.desk.acknowledge(alert?.id ?? '', kim);
    const next = room.restart();
    next.say(fault('dc-03', 'bus-lost', { key: 'bus-lost', severity }));
    next.pass(5 * minute);
    expect(next.calls()).toEqual([]);
    expect(next.desk.standing()).toMatchObject([
      { id: alert?.id, handling: { acknowledged: { who: '김반장' }, returns: 0 } },
    ]);
  });

  test('a store that tells late still says what was acknowledged', () => {
    const room = new Room();
    const [alert] = room.say(fault('dc-03', 'shrinkage'));
    room.desk.acknowledge(alert?.id ?? '', kim);
    const next = new Room();
    next.say(fault('dc-03', 'shrinkage'));
    expect(next.desk.state().calling).toBe('warning');
    const stood = room.desk.standing().map((one) => ({ alert: one, ageMs: 0, shelf: null }));
    next.desk.restore(stood, new Set());
    expect(next.desk.state()).toEqual({ worst: 'warning', calling: null, buzzer: 'off' });
    expect(next.desk.standing()).toHaveLength(1);
  });

  test('what is over clears within a minute, but for what the engines took over', () => {
    const room = new Room();
    room.say(fault('dc-03', 'shrinkage'), fault('dc-04', 'sensor-invalid', { key: 'sensor:x' }));
    const next = room.restart(new Set(['dc-03\n8412:shrinkage']));
    next.pass(2 * minute);
    expect(next.desk.standing().map(({ cause }) => cause)).toEqual(['shrinkage']);
  });

  test('what cleared and nobody saw is still to be seen, with its parts to sort', () => {
    const room = new Room();
    const told = room.say(fault('dc-03', 'shrinkage'), fault('dc-03', 'porosity'));
    room.desk.acknowledge(told[1]?.id ?? '', kim);
    const cleared = room.say(
      fault('dc-03', 'shrinkage', { state: 'cleared' }),
      fault('dc-03', 'porosity', { state: 'cleared' }),
    );
    const next = new Room();
    next.desk.restore(
      cleared.map((alert) => ({ alert, ageMs: 0, shelf: null })),
      new Set(),
    );
    expect(next.desk.unseen()).toMatchObject([{ id: told[0]?.id, shots: { from: 10, to: 12 } }]);
    next.desk.acknowledge(told[0]?.id ?? '', kim);
    expect(next.desk.unseen()).toEqual([]);
  });

  test('what stands is not hidden by an earlier alert of the same cause that nobody saw', () => {
    const room = new Room();
    const [earlier] = room.say(fault('dc-03', 'shrinkage'));
    const [over] = room.say(fault('dc-03', 'shrinkage', { state: 'cleared' }));
    const other = new Room();
    const [standing] = other.say(fault('dc-03', 'shrinkage', { id: 'later' }));
    if (over === undefined || standing === undefined) throw new Error('nothing was told');
    expect(over.id).toBe(earlier?.id);
    for (const told of [
      [over, standing],
      [standing, over],
    ]) {
      const next = new Room();
      const before = told.map((alert) => ({ alert, ageMs: 0, shelf: null }));
      next.desk.restore(before, new Set(['dc-03\n8412:shrinkage']));
      expect(next.desk.standing()).toMatchObject([{ id: standing.id, state: 'updated' }]);
      expect(next.desk.state()).toMatchObject({ calling: 'warning' });
    }
  });

  test('a call that nobody answered sounds again', () => {
    const room = new Room();
    room.say(fault('dc-03', 'shrinkage'));
    const next = room.restart(new Set(['dc-03\n8412:shrinkage']));
    expect(next.desk.state()).toEqual({
      worst: 'warning',
      calling: 'warning',
      buzzer: 'sounding',
    });
  });

  test('what was taken over, went and came back is another episode', () => {
    const room = new Room();
    const [alert] = room.say(fault('dc-03', 'bus-lost', { key: 'bus-lost' }));
    expect(alert).toBeUndefined();
    room.pass(4 * second);
    const [stood] = room.desk.standing();
    room.desk.acknowledge(stood?.id ?? '', kim);
    const next = room.restart(new Set(['dc-03\nbus-lost']));
    next.say(fault('dc-03', 'bus-lost', { key: 'bus-lost', state: 'cleared' }));
    next.pass(5 * second);
    next.say(fault('dc-03', 'bus-lost', { key: 'bus-lost' }));
    expect(next.desk.state().calling).toBe('warning');
    expect(next.desk.standing()).toMatchObject([{ id: stood?.id, handling: { returns: 1 } }]);
  });

  test('a shelf goes on for the time that was left of it', () => {
    const room = new Room();
    const [alert] = room.say(fault('dc-03', 'shrinkage'));
    room.desk.shelve(alert?.id ?? '', 10, '점검 중', kim);
    const next = room.restart(new Set(['dc-03\n8412:shrinkage']));
    next.pass(9 * minute);
    expect(next.desk.state()).toMatchObject({ calling: null });
    next.pass(2 * minute);
    expect(next.desk.state()).toMatchObject({ calling: 'warning' });
  });
});
