import { afterAll, expect, it } from 'vitest';
import { openTracker } from '../../../../pipeline/track/open-trackers.ts';
import type { TrackerFault, TrackerMemory } from '../../../../pipeline/trackers/tracker.ts';
import { startTracked } from '../../../e2e/track/tracked-server.ts';
import { stopTrackingServers } from '../../../fixtures/tracking-server.ts';

afterAll(stopTrackingServers);

it.each(['mlflow', 'comet'] as const)(
  'finds in %s its own experiment again whose making was not acknowledged, and nobody else’s',
  async (name) => {
    const tracked = await startTracked(name);
    const spec = { stages: {}, tensorboard: null, mlflow: null, comet: null };
    const tracker = openTracker(name, {
      spec,
      root: '/somewhere/project',
      environment: tracked.env(),
      isOffline: false,
    });
    // Two copies of a workspace do the same work, so that all but the mark is the same.
    const place = { name: 'train-aaaaaa', node: 'train', profile: 'p', id: 'aaaaaaaaaaaa-1' };
    const take = async (mark: string, isRepeated: boolean) => {
      let memory: TrackerMemory = {};
      const experiment = tracker.open({ ...place, mark, object: () => '' }, null);
      const taken = experiment.take({
        items: [],
        isRepeated,
        remember: (told) => {
          memory = told;
        },
        acknowledge: () => {},
        signal: AbortSignal.timeout(5_000),
      });
      const fault = await taken.then(
        () => null,
        (error: unknown) => error as TrackerFault,
      );
      return { key: memory['key'], fault };
    };
    const first = await take('0011223344556677', false);
    expect(first.fault).toBeNull();
    tracked.server.fault = (_, path) => (path.endsWith('/create') ? 'lose-reply' : null);
    const lost = await take('8899aabbccddeeff', true);
    expect(lost.fault).toMatchObject({ kind: 'away', isCertain: false });
    tracked.server.fault = null;
    const again = await take('8899aabbccddeeff', true);
    expect(again.fault).toBeNull();
    expect(tracked.count()).toBe(2);
    expect(again.key).not.toBe(first.key);
    expect(tracked.server.refused).toEqual([]);
  },
);
