import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { CometServer } from '../../fixtures/comet-server.ts';
import { ProjectCopy } from '../../fixtures/project.ts';
import { stopTrackingServers } from '../../fixtures/tracking-server.ts';
import { countTo, startTracked } from './tracked-server.ts';

const project = new ProjectCopy();
afterAll(() => rmSync(project.path, { recursive: true, force: true }));
afterAll(stopTrackingServers);

it('goes on in the experiment whose key is in the config, in a workspace that knows nothing of it', {
  timeout: 120_000,
}, async () => {
  const tracked = await startTracked('comet');
  const server = tracked.server as CometServer;
  const env = { ...process.env, ...tracked.env() };
  const config = join('experiments', 'quick', 'MLP1', 'MLP1_0.0_none.yaml');
  const sizes = ['--set', 'dataset.train=128', '--set', 'dataset.test=64'];
  const train = ['train', '--config', join(project.path, config), ...sizes];
  const first = await project.pipeline(
    [...train, '--epochs', '2', '--tracker', 'comet', '-C', project.path],
    env,
  );
  expect(first.code, first.stderr).toBe(0);
  expect(project.read(config)).toContain('experiment_key: key1\n');
  // Another copy has the config, and nothing of what was tracked.
  rmSync(join(project.path, '.pipeline', 'track'), { recursive: true });
  const second = await project.pipeline([...train, '--epochs', '4', '-C', project.path], env);
  expect(second.code, second.stderr).toBe(0);
  expect(tracked.count()).toBe(1);
  expect(server.steps('key1', 'epoch/loss')).toEqual(countTo(4).map((epoch) => 4 * epoch));
  expect(server.steps('key1', 'running/loss')).toEqual(countTo(4).map((epoch) => 4 * epoch));
  expect(server.refused).toEqual([]);
});
