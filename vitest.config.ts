import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    // Most tests wait for processes, disks and clocks: one file more than there are cores.
    maxWorkers: Math.max(2, availableParallelism() + 1),
    // As the agent's own processes have it.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
