import { expect, test } from 'vitest';
import { runAgentKills } from './agent-kill-campaign.ts';

test('an agent killed at random while it polls: it polls again, and nothing kept is lost', async () => {
  const report = await runAgentKills({ keep: 2, loop: 1, tree: 2, seed: Date.now() % 100_000 });
  const said = JSON.stringify(report);
  console.log(said);
  expect(report, said).toMatchObject({ lost: 0, repeated: 0, sound: true });
  expect(report.kept, said).toBeGreaterThan(0);
}, 60_000);
