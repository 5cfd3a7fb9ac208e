/** The rules of Sparkplug 3.0 for data, devices, commands and the primary host, by their ids. */
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { PayloadSchema } from '../../agent/sync/sparkplug/generated/sparkplug_b_pb.ts';
import {
  born,
  busLost,
  cycle,
  event,
  named,
  ncmd,
  only,
  rebirthCommand,
  root,
  rule,
  say,
  session,
  state,
} from '../fixtures/sparkplug-session.ts';

describe('data', () => {
  rule(
    `payloads-alias-uniqueness payloads-alias-birth-requirement payloads-name-requirement`,
    () => {
      const metrics = born().births.flatMap((birth) => birth.metrics);
      const aliased = metrics.filter(({ name }) => name !== 'Node Control/Rebirth');
      expect(aliased.every(({ alias, name }) => alias !== null && name !== '')).toBe(true);
      expect(new Set(aliased.map(({ alias }) => alias)).size).toBe(aliased.length);
    },
  );

  rule(`payloads-alias-data-cmd-requirement payloads-metric-datatype-not-req`, () => {
    const { node, hear } = born();
    const heard = hear([...node.data([cycle(1), event(2)], false), ...node.data([cycle(1)], true)]);
    expect(heard).toHaveLength(3);
    for (const { payload } of heard)
      for (const metric of payload.metrics) {
        expect(Object.hasOwn(metric, 'name')).toBe(false);
        expect(Object.hasOwn(metric, 'datatype')).toBe(false);
        expect(metric.alias).toBeGreaterThan(0n);
      }
  });

  rule(
    `principles-rbe-recommended topics-ddata-payload topics-ndata-payload
    operational-behavior-data-publish-nbirth-change operational-behavior-data-publish-dbirth-change`,
    () => {
      const { node, hear } = born();
      hear(node.data([cycle(1), event(2)], false));
      const [shot, said] = hear(node.data([cycle(3), event(4)], false));
      expect(shot?.metrics.map(({ name }) => name)).toEqual([
        'ppuri/seq',
        'Shot/Number',
        'Shot/Index',
        'Features/biscuit',
      ]);
      expect(said?.metrics.map(({ name }) => name)).toEqual(['ppuri/seq', 'Event/Text']);
      expect(node.data([event(4)], false)).toEqual([]);
    },
  );

  rule(
    `operational-behavior-data-publish-nbirth-order operational-behavior-data-publish-dbirth-order`,
    () => {
      const { node, hear } = born();
      const heard = hear(
        node.data(
          [1, 2, 3, 4].map((seq) => cycle(seq)),
          false,
        ),
      );
      const times = heard.flatMap(({ metrics }) => metrics.map(({ timestampMs }) => timestampMs));
      expect(times).toEqual([...times].sort((a, b) => a - b));
    },
  );

  rule(
    `payloads-propertyset-keys-array-size payloads-propertyset-values-array-size
    payloads-metric-propertyvalue-type-type payloads-metric-propertyvalue-type-value
    payloads-metric-propertyvalue-type-req payloads-propertyset-quality-value-type
    payloads-propertyset-quality-value-value`,
    () => {
      const { node, hear } = born();
      const shot = only(hear(node.data([cycle(1)], false)));
      const sets = shot.payload.metrics.flatMap(({ properties }) => properties ?? []);
      const set = only(sets);
      expect(set.keys).toEqual(['Quality']);
      expect(set.values).toHaveLength(1);
      expect(set.values[0]).toMatchObject({ type: 3, value: { case: 'intValue', value: 0 } });
      expect(named(shot, 'Features/vacuum')).toMatchObject({
        isNull: true,
        value: null,
        quality: 0,
      });
      expect(named(shot, 'Features/biscuit')).toMatchObject({ isNull: false, quality: null });
    },
  );

  test('the past is historical, whole, and changes nothing that is current', () => {
    const { node, hear } = born();
    hear(node.data([cycle(9)], false));
    const past = only(hear(node.data([cycle(4)], true)));
    expect(past.metrics.every(({ historical }) => historical)).toBe(true);
    expect(named(past, 'ppuri/boot')?.value).toBe('boot-a');
    expect(named(past, 'ppuri/seq')?.value).toBe(4);
    expect(named(past, 'Verdict/Probability')?.value).toBe(0.01);
    const again = hear(node.received(ncmd, rebirthCommand(true)).publish);
    expect(named(again[1], 'ppuri/seq')?.value).toBe(9);
  });
});

describe('devices that go away', () => {
  rule('operational-behavior-device-ddeath', () => {
    const { node, hear } = born();
    const heard = hear(node.data([cycle(1), busLost(2, false)], false));
    expect(heard.map(({ verb }) => verb)).toEqual(['DDATA', 'NDATA', 'DDEATH']);
    expect(heard[2]?.device).toBe('dc-03');
    const births = hear(node.received(ncmd, rebirthCommand(true)).publish);
    expect(births.map(({ device }) => device)).toEqual([null, 'im-05']);
    const back = hear(node.data([busLost(3, true), cycle(4)], false));
    expect(back.map(({ verb }) => verb)).toEqual(['DBIRTH', 'NDATA', 'DDATA']);
  });

  test('the past of a machine that is away comes between a stale birth and a death', () => {
    const { node, hear } = born();
    hear(node.lost('dc-03'));
    const heard = hear(node.data([cycle(1), cycle(2)], true));
    expect(heard.map(({ verb }) => verb)).toEqual(['DBIRTH', 'DDATA', 'DDATA', 'DDEATH']);
    expect(heard[0]?.metrics.every(({ quality }) => quality === 500)).toBe(true);
    const live = hear(node.data([cycle(3)], false));
    expect(live.map(({ verb }) => verb)).toEqual(['DBIRTH', 'DDATA']);
  });
});

describe('commands', () => {
  rule(
    `operational-behavior-data-commands-rebirth-action-1
    operational-behavior-data-commands-rebirth-action-2
    operational-behavior-data-commands-rebirth-action-3`,
    () => {
      const { node, hear } = born();
      hear(node.data([cycle(1)], false));
      const { publish, leave } = node.received(ncmd, rebirthCommand(true));
      const heard = hear(publish);
      expect(leave).toBe(false);
      expect(heard.map(({ verb }) => verb)).toEqual(['NBIRTH', 'DBIRTH', 'DBIRTH']);
      expect(named(heard[0], 'bdSeq')?.value).toBe(7);
    },
  );

  rule(`message-flow-edge-node-ncmd-subscribe message-flow-device-dcmd-subscribe`, () => {
    expect(session().node.subscriptions()).toEqual([ncmd]);
  });

  test('other commands and bytes that are none change nothing, and are said', () => {
    const { node } = born();
    const other = toBinary(PayloadSchema, create(PayloadSchema, { metrics: [{ name: 'Reboot' }] }));
    for (const bytes of [Uint8Array.of(255, 255), other, rebirthCommand(false)]) {
      const reaction = node.received(ncmd, bytes);
      expect(reaction).toMatchObject({ publish: [], leave: false });
      expect(reaction.problem).not.toBeNull();
    }
    expect(node.received('spBv1.0/x/NCMD/y', rebirthCommand(true)).publish).toEqual([]);
  });
});

describe('the primary host', () => {
  const primaryHost = 'scada';

  rule(
    `message-flow-edge-node-birth-publish-phid-wait
    message-flow-edge-node-birth-publish-phid-wait-id
    message-flow-edge-node-birth-publish-phid-wait-online
    operational-behavior-edge-node-birth-sequence-wait
    operational-behavior-primary-application-state-with-multiple-servers-state-subs
    components-ph-state`,
    () => {
      const { node } = session({ primaryHost });
      expect(node.subscriptions()).toEqual([ncmd, state]);
      expect(node.opened()).toEqual([]);
      expect(node.received('spBv1.0/STATE/other', say(true, 5)).publish).toEqual([]);
      expect(node.received(state, say(false, 5)).publish).toEqual([]);
      expect(node.received(ncmd, rebirthCommand(true)).publish).toEqual([]);
      expect(node.leaving()).toEqual([]);
      expect(node.born).toBe(false);
      expect(node.received(state, say(true, 6)).publish).toHaveLength(3);
      expect(node.received(state, say(true, 7)).publish).toEqual([]);
      expect(node.born).toBe(true);
    },
  );

  rule('message-flow-edge-node-birth-publish-phid-wait-timestamp', () => {
    const { node } = session({ primaryHost });
    node.opened();
    node.received(state, say(false, 10));
    expect(node.received(state, say(true, 9)).publish).toEqual([]);
    expect(node.received(state, say(true, 10)).publish).toHaveLength(3);
  });

  rule(
    `message-flow-edge-node-birth-publish-phid-offline
    operational-behavior-edge-node-termination-host-offline`,
    () => {
      const { node } = session({ primaryHost });
      node.opened();
      node.received(state, say(true, 10));
      const { publish, leave } = node.received(state, say(false, 10));
      expect(leave).toBe(true);
      expect(only(publish).topic).toBe(`${root}/NDEATH/gw-1`);
      expect(node.born).toBe(false);
    },
  );

  rule('operational-behavior-edge-node-termination-host-offline-timestamp', () => {
    const { node } = session({ primaryHost });
    node.opened();
    node.received(state, say(true, 10));
    expect(node.received(state, say(false, 9))).toMatchObject({ publish: [], leave: false });
    expect(node.born).toBe(true);
  });

  test('a STATE that is none is said and changes nothing', () => {
    const { node } = session({ primaryHost });
    node.opened();
    const wrong = [say('true', 1), say(true, '1'), say(true, undefined), Uint8Array.of(0xff)];
    for (const bytes of [...wrong, new TextEncoder().encode('ONLINE')])
      expect(node.received(state, bytes)).toMatchObject({ publish: [], leave: false });
    expect(node.received(state, Uint8Array.of(0xff)).problem).not.toBeNull();
  });

  test('a new connection waits for the host again', () => {
    const { node } = session({ primaryHost });
    node.opened();
    node.received(state, say(true, 10));
    node.closed();
    expect(node.opened()).toEqual([]);
    expect(node.received(state, say(true, 10)).publish).toHaveLength(3);
  });
});
