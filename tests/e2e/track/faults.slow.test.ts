import { afterAll, expect, it } from 'vitest';
import { makeTrackedWorkspace } from '../../fixtures/tracked.ts';
import { type ServerFault, stopTrackingServers } from '../../fixtures/tracking-server.ts';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { countTo, startTracked } from './tracked-server.ts';

afterAll(removeWorkspaces);
afterAll(stopTrackingServers);

const FAULTS: readonly (ServerFault | null)[] = [
  { status: 500 },
  'reset',
  'lose-reply',
  { status: 429, headers: { 'retry-after': '1' } },
  null,
  { status: 503 },
];

it.each(['mlflow', 'comet'] as const)(
  'tells %s each step once, whatever fails, over a restart of the server, and fails no run',
  { timeout: 240_000 },
  async (name) => {
    const tracked = await startTracked(name);
    const workspace = makeTrackedWorkspace();
    const env = tracked.env();
    // Each third request meets the next of the faults, the first ones too, that make the experiment.
    tracked.server.fault = (_, __, count) =>
      count % 3 === 0 ? (FAULTS[(count / 3) % FAULTS.length] ?? null) : null;
    const run = await workspace.run(['--tracker', name], { env });
    expect(run).toMatchObject({ code: 0, executed: 1, failed: 0 });
    expect((run.stdout + run.stderr).match(/tracker (mlflow|comet)/g)?.length).toBe(1);
    await tracked.server.stop();
    // Nobody listens now.
    const longer = await workspace.run(['--tracker', name, '--set', 'steps=14'], { env });
    expect(longer).toMatchObject({ code: 0, executed: 1, failed: 0 });
    await tracked.server.start();
    const upload = await workspace.start(['track', 'upload'], { env }).result;
    expect(upload).toMatchObject({ code: 0, stdout: '1 experiment sent, 0 left\n' });
    expect(tracked.steps('loss')).toEqual(countTo(14));
    expect(tracked.steps('curve/accuracy')).toEqual(countTo(14));
    expect(tracked.count()).toBe(1);
    expect(tracked.server.refused).toEqual([]);
  },
);

it('lets no run wait for a server that never answers', { timeout: 60_000 }, async () => {
  const tracked = await startTracked('mlflow');
  const workspace = makeTrackedWorkspace();
  tracked.server.fault = () => 'never';
  const run = await workspace.run(['--tracker', 'mlflow', '--json'], { env: tracked.env() });
  expect(run).toMatchObject({ code: 0 });
  expect(run.stdout).toContain('sends the rest');
  tracked.server.fault = null;
  expect(await workspace.run(['--tracker', 'mlflow'])).toMatchObject({ executed: 0, cached: 1 });
});
