import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    // By default one core is left idle, which on two cores is half of them. Most tests wait.
    maxWorkers: Math.max(2, availableParallelism()),
    // As the agent's own processes have it.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
