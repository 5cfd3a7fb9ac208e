/**
 * The rules of Sparkplug 3.0 for edge nodes, each under its id of the specification. Data, commands
 * and the primary host are in sparkplug-rules-data.test.ts; what
 * only a connection can show is in test/contract/sparkplug-session.test.ts. Not ours: templates, data
 * sets and device commands, which this node has none of; several servers; hosts; brokers.
 */
import { toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { EdgeNode } from '../../agent/sync/sparkplug/edge-node.ts';
import { PayloadSchema } from '../../agent/sync/sparkplug/generated/sparkplug_b_pb.ts';
import { decodePayload } from '../../agent/sync/sparkplug/payload.ts';
import { typeNumbers } from '../fixtures/sparkplug-host.ts';
import {
  base,
  born,
  busLost,
  cycle,
  event,
  named,
  ncmd,
  nowMs,
  only,
  rebirthCommand,
  root,
  rule,
  session,
} from '../fixtures/sparkplug-session.ts';
import { storedRecord } from '../fixtures/stored-records.ts';

describe('names and topics', () => {
  rule(
    `topic-structure topic-structure-namespace-a
    topic-structure-namespace-device-id-associated-message-types
    topic-structure-namespace-device-id-non-associated-message-types
    topic-structure-namespace-duplicate-device-id-across-edge-node
    intro-group-id-string intro-edge-node-id-string intro-device-id-string
    message-flow-edge-node-birth-publish-nbirth-topic
    message-flow-device-birth-publish-dbirth-topic
    message-flow-device-birth-publish-dbirth-match-edge-node-topic
    message-flow-edge-node-birth-publish-will-message-topic`,
    () => {
      const { node, hear, births, will } = born();
      const data = hear([
        ...node.data([cycle(1), event(2)], false),
        ...node.lost('dc-03'),
        ...node.leaving(),
      ]);
      expect([...births, ...data].map(({ topic }) => topic)).toEqual([
        `${root}/NBIRTH/gw-1`,
        `${root}/DBIRTH/gw-1/dc-03`,
        `${root}/DBIRTH/gw-1/im-05`,
        `${root}/DDATA/gw-1/dc-03`,
        `${root}/NDATA/gw-1`,
        `${root}/DDEATH/gw-1/dc-03`,
        `${root}/NDEATH/gw-1`,
      ]);
      expect(will.topic).toBe(`${root}/NDEATH/gw-1`);
    },
  );

  rule(
    `topic-structure-namespace-valid-group-id topic-structure-namespace-valid-edge-node-id
    topic-structure-namespace-valid-device-id intro-group-id-chars intro-edge-node-id-chars
    intro-device-id-chars`,
    () => {
      for (const bad of ['a/b', 'a+', '#', '', 'a\u0000b', '\ud800']) {
        const wrong = [
          { group: bad },
          { node: bad },
          { devices: [{ id: bad, features: [] }] },
          { primaryHost: bad },
        ];
        for (const options of wrong)
          expect(() => new EdgeNode({ ...base, ...options })).toThrow(/Sparkplug topic/);
      }
      expect(() => new EdgeNode({ ...base, group: '부산 1', node: 'gw.1' })).not.toThrow();
    },
  );

  rule('topic-structure-namespace-unique-device-id', () => {
    const { births } = born({ devices: [...base.devices, ...base.devices] });
    const devices = births.flatMap(({ device }) => (device === null ? [] : [device]));
    expect(new Set(devices).size).toBe(devices.length);
  });
});

describe('the will and the NDEATH', () => {
  rule(
    `topics-ndeath-payload topics-ndeath-seq payloads-ndeath-seq payloads-ndeath-bdseq
    payloads-ndeath-will-message-qos payloads-ndeath-will-message-retain
    message-flow-edge-node-birth-publish-will-message-payload
    message-flow-edge-node-birth-publish-will-message-payload-bdSeq
    message-flow-edge-node-birth-publish-will-message-qos
    message-flow-edge-node-birth-publish-will-message-will-retained`,
    () => {
      const { will, hear } = session();
      expect(will).toMatchObject({ qos: 1, retain: false });
      const death = only(hear([will]));
      const metric = only(death.metrics);
      expect(metric).toMatchObject({ name: 'bdSeq', datatype: 4, value: 7, alias: null });
      expect(Object.hasOwn(death.payload, 'seq')).toBe(false);
    },
  );

  rule(
    `operational-behavior-edge-node-intentional-disconnect-ndeath
    payloads-ndeath-will-message-publisher
    payloads-ndeath-will-message-publisher-disconnect-mqtt311`,
    () => {
      const { node, hear } = born();
      const death = only(hear(node.leaving()));
      expect(death.verb).toBe('NDEATH');
      expect(named(death, 'bdSeq')?.value).toBe(7);
      expect(node.born).toBe(false);
      expect(node.leaving()).toEqual([]);
    },
  );
});

describe('births', () => {
  rule(
    `topics-nbirth-bdseq-included topics-nbirth-bdseq-matching payloads-nbirth-bdseq
    payloads-nbirth-bdseq-repeat message-flow-edge-node-birth-publish-nbirth-payload-bdSeq`,
    () => {
      const { births, will } = born();
      expect(named(births[0], 'bdSeq')).toMatchObject({ datatype: 4, value: 7 });
      expect(decodePayload(will.payload).metrics[0]?.value.value).toBe(7n);
    },
  );

  rule(
    `topics-nbirth-seq-num payloads-nbirth-seq payloads-sequence-num-zero-nbirth
    payloads-sequence-num-req-nbirth message-flow-edge-node-birth-publish-nbirth-payload-seq`,
    () => {
      const { births, node, hear } = born();
      expect(births[0]?.payload.seq).toBe(0n);
      hear(node.data([cycle(1)], false));
      const again = hear(node.received(ncmd, rebirthCommand(true)).publish);
      expect(again[0]?.verb).toBe('NBIRTH');
      expect(again[0]?.payload.seq).toBe(0n);
    },
  );

  rule(
    `topics-nbirth-mqtt payloads-nbirth-qos payloads-nbirth-retain
    message-flow-edge-node-birth-publish-nbirth-qos
    message-flow-edge-node-birth-publish-nbirth-retained topics-dbirth-mqtt payloads-dbirth-qos
    payloads-dbirth-retain message-flow-device-birth-publish-dbirth-qos
    message-flow-device-birth-publish-dbirth-retained topics-ndata-mqtt payloads-ndata-qos
    payloads-ndata-retain topics-ddata-mqtt payloads-ddata-qos payloads-ddata-retain
    topics-ddeath-mqtt`,
    () => {
      const { node } = session();
      const all = [
        ...node.opened(),
        ...node.data([cycle(1), event(2)], false),
        ...node.data([cycle(1)], true),
        ...node.lost('dc-03'),
      ];
      expect(all.length).toBeGreaterThan(6);
      for (const message of all) expect(message).toMatchObject({ qos: 0, retain: false });
    },
  );

  rule(
    `topics-nbirth-timestamp payloads-nbirth-timestamp topics-dbirth-timestamp
    payloads-dbirth-timestamp topics-ndata-timestamp payloads-ndata-timestamp
    topics-ddata-timestamp payloads-ddata-timestamp payloads-ddeath-timestamp
    payloads-timestamp-in-UTC payloads-metric-timestamp-in-UTC payloads-name-birth-data-requirement`,
    () => {
      const { node, hear, births } = born();
      const rest = hear([...node.data([cycle(1), event(2)], false), ...node.lost('dc-03')]);
      for (const { payload, metrics } of [...births, ...rest]) {
        expect(payload.timestamp).toBe(BigInt(nowMs));
        for (const { timestampMs } of metrics) expect(timestampMs).toBeGreaterThan(1.7e12);
      }
      const shot = rest.find(({ verb }) => verb === 'DDATA');
      expect(named(shot, 'Features/biscuit')?.timestampMs).toBe(cycle(1).at.wallMs);
    },
  );

  rule(
    `topics-nbirth-metric-reqs topics-dbirth-metric-reqs operational-behavior-data-publish-nbirth
    operational-behavior-data-publish-dbirth`,
    () => {
      const { node, hear, births } = born();
      const names = new Map(
        births.map(({ device, metrics }) => [device, new Set(metrics.map(({ name }) => name))]),
      );
      const gap = { fromSeq: 1, toSeq: 2, count: 2, reason: 'store-full' };
      const records = [
        cycle(1),
        event(2),
        busLost(3, false),
        storedRecord(4, { kind: 'gap', gap }),
      ];
      for (const historical of [true, false])
        for (const { device, metrics, verb } of hear(node.data(records, historical))) {
          if (verb === 'DDEATH' || verb === 'DBIRTH') continue;
          for (const { name } of metrics) expect(names.get(device)).toContain(name);
        }
    },
  );

  test('a metric that no birth had comes after a new birth that has it', () => {
    const { node, hear } = born({ devices: [{ id: 'dc-03', features: [] }] });
    const heard = hear(node.data([cycle(1), cycle(2)], false));
    expect(heard.map(({ verb }) => verb)).toEqual(['NBIRTH', 'DBIRTH', 'DDATA', 'DDATA']);
    expect(named(heard[1], 'Features/biscuit')).toMatchObject({ isNull: true, datatype: 10 });
    expect(hear(node.data([cycle(3, 'new-1')], false)).map(({ topic }) => topic)).toEqual([
      `${root}/NBIRTH/gw-1`,
      `${root}/DBIRTH/gw-1/dc-03`,
      `${root}/DBIRTH/gw-1/new-1`,
      `${root}/DDATA/gw-1/new-1`,
    ]);
  });

  rule(
    `topics-nbirth-metrics topics-dbirth-metrics payloads-metric-datatype-req
    payloads-metric-datatype-value-type payloads-metric-datatype-value
    operational-behavior-data-publish-nbirth-values operational-behavior-data-publish-dbirth-values`,
    () => {
      const { node, hear, births } = born();
      hear(node.data([cycle(5), event(6)], false));
      const later = hear(node.received(ncmd, rebirthCommand(true)).publish);
      for (const { metrics } of [...births, ...later])
        for (const metric of metrics) {
          expect(metric.name).not.toBe('');
          expect(typeNumbers).toContain(metric.datatype);
          expect(metric.isNull).toBe(metric.value === null);
        }
      expect(named(births[1], 'ppuri/seq')?.value).toBeNull();
      expect(named(later[1], 'ppuri/seq')?.value).toBe(5);
      expect(named(later[1], 'Verdict/Outcome')?.value).toBe('defect');
      expect(named(later[0], 'Event/Text')?.value).toBe('text 6');
    },
  );

  rule(
    `topics-nbirth-rebirth-metric payloads-nbirth-rebirth-req
    operational-behavior-data-commands-rebirth-name
    operational-behavior-data-commands-rebirth-name-aliases
    operational-behavior-data-commands-rebirth-datatype
    operational-behavior-data-commands-rebirth-value`,
    () => {
      const rebirth = named(born().births[0], 'Node Control/Rebirth');
      expect(rebirth).toMatchObject({ datatype: 11, value: false, alias: null, isNull: false });
    },
  );

  rule(
    `payloads-dbirth-order payloads-ndata-order payloads-ddata-order
    principles-birth-certificates-order message-flow-edge-node-birth-publish-connect
    message-flow-device-birth-publish-nbirth-wait`,
    () => {
      const { node } = session();
      expect(() => node.data([cycle(1)], false)).toThrow();
      expect(node.lost('im-05')).toEqual([]);
      expect(node.back('im-05')).toEqual([]);
      const verbs = node.opened().map(({ topic }) => topic.split('/')[2]);
      expect(verbs).toEqual(['NBIRTH', 'DBIRTH', 'DBIRTH']);
    },
  );

  rule(
    `message-flow-edge-node-birth-publish-nbirth-payload
    message-flow-device-birth-publish-dbirth-payload`,
    () => {
      const { node } = session();
      for (const { payload } of node.opened())
        expect(toBinary(PayloadSchema, decodePayload(payload))).toEqual(payload);
    },
  );
});

describe('seq', () => {
  rule(
    `payloads-sequence-num-always-included payloads-sequence-num-incrementing topics-dbirth-seq
    payloads-dbirth-seq payloads-dbirth-seq-inc topics-ndata-seq-num payloads-ndata-seq
    payloads-ndata-seq-inc topics-ddata-seq-num payloads-ddata-seq payloads-ddata-seq-inc
    topics-ddeath-seq-num payloads-ddeath-seq payloads-ddeath-seq-inc payloads-ddeath-seq-number
    message-flow-device-birth-publish-dbirth-payload-seq`,
    () => {
      const { node, hear, births } = born();
      const heard = [...births];
      for (let seq = 1; seq < 600; seq += 5) {
        const records = [cycle(seq), event(seq + 1), cycle(seq + 2, 'im-05')];
        heard.push(...hear(node.data(records, seq % 2 === 0)));
        heard.push(...hear([...node.lost('dc-03'), ...node.back('dc-03')]));
      }
      expect(heard.length).toBeGreaterThan(512);
      for (const [index, { payload }] of heard.entries()) {
        expect(Object.hasOwn(payload, 'seq')).toBe(true);
        if (payload.metrics.some(({ name }) => name === 'bdSeq')) continue;
        const before = Number(heard[index - 1]?.payload.seq);
        expect(Number(payload.seq)).toBe((before + 1) % 256);
      }
    },
  );
});
