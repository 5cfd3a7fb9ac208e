import { expect, test } from 'vitest';
import { hasMosquitto } from '../fixtures/mosquitto.ts';
import { soak } from './soak.ts';

test.skipIf(!hasMosquitto())(
  'ten machines while devices, the broker and children fail (needs mosquitto): every record is told or counted',
  async () => {
    const report = await soak({
      ...{ seconds: 20, seed: 1, cycleSeconds: 0.8, maxMiB: 32, sampleSeconds: 2 },
      ...{ gapSeconds: [0.5, 1], outageSeconds: [1, 2], recoverSeconds: 1, warmUpSeconds: 5 },
    });
    const said = JSON.stringify(report);
    expect(report.account, said).toMatchObject({ lost: 0, sound: true, outOfOrder: 0 });
    expect(report.account.received, said).toBeGreaterThan(20);
    expect(report.shots.soundWithoutRecord, said).toBe(0);
    const { sound, lying } = report.shots.groups;
    expect(sound.ok + sound.defect, said).toBeGreaterThan(0);
    expect(lying.judged, said).toBeGreaterThan(0);
    expect(Object.keys(report.faults).length, said).toBeGreaterThan(2);
    expect(report.panel.events, said).toBeGreaterThan(0);
    for (const role of ['loop', 'keep', 'infer'])
      expect(report.roles[role]?.pssMiB.most, said).toBeGreaterThan(10);
    expect(report.loopDelayMs.loop?.p999, said).toBeGreaterThanOrEqual(0);
  },
  120_000,
);
