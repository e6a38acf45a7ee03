import { afterAll, expect, it } from 'vitest';
import { findNoSlurm, SlurmCluster } from '../../fixtures/slurm-cluster.ts';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';
import { ask, listen, startServer, stopServer } from './server.ts';

afterAll(removeWorkspaces);

const skipped = findNoSlurm();

const PIPELINE = `
version: 1
slurm: { poll: 1s, options: { partition: main } }
stages:
  train:
    command: bash train.sh > {{ outputs.m }}
    inputs: { script: train.sh }
    outputs: { m: m.txt }
`;

const TRAIN = `
for i in 0 1 2 3; do
  printf '{"metrics": {"loss": %d}, "step": %d}\\n' $((4 - i)) $i >> $PIPELINE_EVENTS
  echo "epoch $i" >&2
  if [ $i = 1 ]; then while [ ! -e go ]; do sleep 0.1; done; fi
done
`;

it.skipIf(skipped !== null)(
  `follows a run of Slurm${skipped === null ? '' : ` (skipped: ${skipped})`}`,
  async () => {
    const cluster = new SlurmCluster();
    const workspace = makeWorkspace({ 'pipeline.yaml': PIPELINE, 'train.sh': TRAIN });
    const page = await startServer(workspace, ['--allow-actions']);
    try {
      const run = workspace.run(['--executor', 'slurm'], {
        env: cluster.env as Record<string, string>,
      });
      const announced = await listen(`${page.address}events`, ['"run"']);
      const [{ run: id }] = JSON.parse(announced.at(-1)?.data ?? '') as [{ run: string }];
      const events = `${page.address}events?run=${id}&from=0`;
      // Amid the job: its first points have come from the node.
      const amid = await listen(events, ['"step":1']);
      expect(amid.map(({ data }) => data).join()).not.toContain('"step":2');
      workspace.write('go', '');
      await listen(events, ['"step":3', 'run-finished']);
      expect((await run).code).toBe(0);
      const { view } = JSON.parse((await ask(`${page.address}snapshot`)).body);
      expect(view.curves).toMatchObject([['train', [['loss', { count: 4, ys: [4, 3, 2, 1] }]]]]);
      const log = await ask(`${page.address}log?run=${id}&node=train&attempt=1`);
      expect(log.body).toContain('epoch 3');
      // Which options of Slurm a run had is in no log: nothing is begun on this machine instead.
      const origin = new URL(page.address).origin;
      const again = await ask(`${page.address}retry?run=${id}`, {
        method: 'POST',
        headers: { origin },
      });
      expect([again.status, again.body]).toEqual([409, expect.stringContaining('Slurm')]);
    } finally {
      await stopServer(page);
      cluster.stop();
    }
  },
);
