import { afterAll, expect, it } from 'vitest';
import type { CometServer } from '../../fixtures/comet-server.ts';
import type { MlflowServer } from '../../fixtures/mlflow-server.ts';
import { makeTrackedWorkspace } from '../../fixtures/tracked.ts';
import { stopTrackingServers } from '../../fixtures/tracking-server.ts';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { countTo, startTracked } from './tracked-server.ts';

afterAll(removeWorkspaces);
afterAll(stopTrackingServers);

it.each(['mlflow', 'comet'] as const)(
  'tells %s each step once, over a kill whose last reply was lost, and ends the experiment',
  async (name) => {
    const tracked = await startTracked(name);
    const workspace = makeTrackedWorkspace();
    const env = tracked.env();
    workspace.makeGate('gate');
    const args = ['run', '--tracker', name];
    const { child, result } = workspace.start(args, { detached: true, env });
    // What was taken last is never acknowledged: the process dies with the reply on its way.
    let calls = 0;
    tracked.server.fault = (_, path) => {
      calls += path === tracked.metricCall ? 1 : 0;
      return calls >= tracked.firstMetrics ? 'lose-reply' : null;
    };
    const handle = await workspace.arrival('gate');
    await workspace.until(() => tracked.steps('loss').length > 0);
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await result;
    await handle.close();
    await workspace.untilDeserted();
    workspace.remove('gate');
    tracked.server.fault = null;
    expect(await workspace.run(['--tracker', name], { env })).toMatchObject({ code: 0, failed: 0 });
    expect(tracked.steps('loss')).toEqual(countTo(10));
    expect(tracked.steps('curve/accuracy')).toEqual(countTo(10));
    expect(tracked.count()).toBe(1);
    expect(tracked.isFinished()).toBe(true);
    expect(tracked.server.refused).toEqual([]);
    // No key of a server lies anywhere.
    for (const path of workspace.list('.pipeline')) {
      for (const secret of ['mlflow-token-of-tests', 'comet-key-of-tests']) {
        expect(workspace.read(path).includes(secret), path).toBe(false);
      }
    }
    if (name === 'mlflow') expectMlflow(tracked.server as MlflowServer);
    else expectComet(tracked.server as CometServer);
  },
);

function expectMlflow(server: MlflowServer): void {
  expect(server.params('run1')).toEqual({ rate: '0.1', steps: '10' });
  expect(server.steps('run1', 'summary/best')).toEqual([10]);
  expect(server.tags('run1')).toMatchObject({ 'summary/reached': 'true', 'summary/word': 'yes' });
  const artifacts = server.taken.filter(({ method }) => method === 'PUT').map(({ path }) => path);
  expect(new Set(artifacts.map((path) => path.split('/1/run1/artifacts/')[1]))).toEqual(
    new Set(['assets/0.1.model', 'graph.json', 'images/0.1.png']),
  );
}

function expectComet(server: CometServer): void {
  const [create] = server.calls('create');
  expect(create?.json).toMatchObject({ workspaceName: 'lab' });
  const metric = server.calls('metric').find(({ json }) => json['step'] === 5);
  expect(metric?.json).toMatchObject({
    experimentKey: 'key1',
    metricName: 'loss',
    metricValue: 0.2,
    epoch: 1,
  });
  const params = server
    .calls('parameter')
    .map(({ json }) => [json['parameterName'], json['parameterValue']]);
  expect(Object.fromEntries(params)).toEqual({ rate: '0.1', steps: '10' });
  const others = server.calls('log-other').map(({ json }) => [json['key'], json['value']]);
  expect(Object.fromEntries(others)).toMatchObject({
    best: '0.1',
    reached: 'true',
    word: 'yes',
    'pipeline.node': 'train/0.1',
  });
  expect(
    server.calls('upload-asset').map(({ query }) => [query['fileName'], query['type']]),
  ).toEqual([
    ['10/0.1.png', 'image'],
    ['10/0.1.model', 'asset'],
  ]);
  expect(server.calls('graph')).not.toEqual([]);
  expect(server.calls('stop')).not.toEqual([]);
}

it('keeps what no server took for an upload, warns once, and adds longer work to the same experiment', async () => {
  const tracked = await startTracked('comet');
  const workspace = makeTrackedWorkspace('comet: { workspace: lab, skip: [curve] }');
  const offline = await workspace.run();
  expect(offline).toMatchObject({ code: 0, executed: 1, failed: 0 });
  expect(offline.stderr + offline.stdout).toContain('tracker comet: COMET_API_KEY is not set');
  expect((offline.stderr + offline.stdout).match(/tracker comet/g)).toHaveLength(1);
  const { COMET_API_KEY = '', ...where } = tracked.env();
  const without = await workspace.start(['track', 'upload'], { env: where }).result;
  expect(without).toMatchObject({ code: 1, stdout: '0 experiments sent, 1 left\n' });
  const env = { ...where, COMET_API_KEY };
  const sent = await workspace.start(['track', 'upload', '--json'], { env }).result;
  expect(sent.code).toBe(0);
  expect(JSON.parse(sent.stdout)).toEqual({
    sent: [expect.stringMatching(/^train\/0.1-\w{6}$/)],
    left: [],
  });
  const again = await workspace.start(['track', 'upload'], { env }).result;
  expect(again).toMatchObject({ code: 0, stdout: '0 experiments sent, 0 left\n' });
  await workspace.run(['--set', 'steps=14'], { env });
  expect(tracked.steps('loss')).toEqual(countTo(14));
  expect(tracked.steps('curve/accuracy')).toEqual([]);
  expect(tracked.count()).toBe(1);
  expect(tracked.server.refused).toEqual([]);
});
