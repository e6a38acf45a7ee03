import { expect, it } from 'vitest';
import { openTracker } from '../../../../pipeline/track/open-trackers.ts';

/** What a tracker fails by that is opened with an environment. */
async function failureOf(name: 'mlflow' | 'comet', environment: Record<string, string>) {
  const spec = {
    stages: {},
    tensorboard: null,
    mlflow: { uri: 'http://127.0.0.1:1' },
    comet: { workspace: 'w', url: 'http://127.0.0.1:1' },
  };
  const tracker = openTracker(name, { spec, root: '/tmp', environment, isOffline: false });
  const place = { name: 'a-1', node: 'a', profile: 'p', id: 'i', mark: 'm', object: () => '' };
  const batch = { items: [], isRepeated: false, remember: () => {}, acknowledge: () => {} };
  const take = tracker.open(place, null).take({ ...batch, signal: AbortSignal.timeout(5_000) });
  return await take.then(
    () => '',
    (error: unknown) => `${(error as { kind: string }).kind}: ${(error as Error).message}`,
  );
}

it.each([
  ['comet', 'COMET_API_KEY', 'QX\nQX'],
  ['comet', 'COMET_API_KEY', 'QXé'],
  ['mlflow', 'MLFLOW_TRACKING_TOKEN', 'QX\r\nQX'],
  ['mlflow', 'MLFLOW_TRACKING_USERNAME', 'QX\nQX'],
] as const)(
  'refuses for %s a %s that cannot be sent, and does not show it',
  async (name, variable, secret) => {
    const told = await failureOf(name, { [variable]: secret });
    expect(told).toMatch(new RegExp(`^refused: ${variable} has a .*`));
    expect(told).not.toContain('QX');
  },
);

it.each([
  ['comet', { COMET_API_KEY: ' key\n' }],
  ['mlflow', { MLFLOW_TRACKING_TOKEN: 'key\n' }],
  ['mlflow', { MLFLOW_TRACKING_USERNAME: 'me\n', MLFLOW_TRACKING_PASSWORD: 'päss wörd\n' }],
] as const)('trims what copying leaves around a secret of %s', async (name, environment) => {
  expect(await failureOf(name, environment)).toMatch(/^away: .*no answer/);
});
