import { chmodSync, chownSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNoSlurm, SlurmCluster } from '../../fixtures/slurm-cluster.ts';
import {
  makeWorkspace,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** Five epochs with a checkpoint after each, of which the third is long where there is no file `go`. */
const TRAINING = `
      s={{ scratch }}/epoch; n=$(cat $s 2>/dev/null || echo 0)
      echo "{\\"message\\":\\"from epoch $n\\"}" >> "$PIPELINE_EVENTS"
      while [ $n -lt 5 ]; do
        n=$((n+1)); echo $n > $s; echo $n >> {{ name }}.ran
        while [ $n = 3 ] && [ ! -e go ]; do sleep 0.1; done
      done
      cp $s {{ outputs.o }}
`;
const training = (name: string, more: string) =>
  `  ${name}:\n    command: |${TRAINING.replaceAll('{{ name }}', name)}    outputs: { o: out/${name} }\n    ${more}\n`;

const skipped = findNoSlurm();
describe.skipIf(skipped !== null)(
  `Slurm, where it gives no room${skipped === null ? '' : ` (skipped: ${skipped})`}`,
  () => {
    let cluster: SlurmCluster;
    let env: Record<string, string>;
    beforeAll(() => {
      cluster = new SlurmCluster();
      env = cluster.env as Record<string, string>;
    });
    afterAll(() => cluster?.stop());

    const start = (workspace: Workspace) => {
      const said: string[] = [];
      const run = workspace.start(['run', '--executor', 'slurm', '--keep-going', '--json'], {
        env,
        onEvent: (event) => said.push(JSON.stringify(event)),
      });
      const until = (text: string) =>
        workspace.until(() => said.some((line) => line.includes(text)));
      return { ...run, until };
    };

    it('goes on from a checkpoint after preemption and a time limit, to the same bytes', async () => {
      const stages =
        training('queued', 'slurm: { partition: main }') +
        training('ended', 'slurm: { partition: spare }') +
        training('limited', 'retries: { attempts: 1, backoff: 1s }\n    slurm: { time: 1m }');
      const text = `version: 1\nslurm: { poll: 1s, signal: 59s }\nstages:\n${stages}`;
      const here = makeWorkspace({ 'pipeline.yaml': text, go: '' });
      expect(await here.run()).toMatchObject({ code: 0 });
      const workspace = makeWorkspace({ 'pipeline.yaml': text });
      const run = start(workspace);
      await run.until('time limit');
      await workspace.until(() => ['queued', 'ended'].every((name) => has(workspace, name, 3)));
      cluster.call(
        'sbatch',
        '--partition=urgent',
        '--nodes=2',
        '--exclusive',
        '--output=/dev/null',
        '--wrap=true',
      );
      await run.until('preempted by another job (job 1), and is in Slurm');
      await run.until('"attempt":1,"attempts":2,"waitSeconds":1,"message":"was preempted');
      workspace.write('go', '');
      // Slurm lets what it puts into the queue again wait for two minutes.
      cluster.call('scontrol', 'update', 'JobId=1', 'StartTime=now');
      const ended = await run.result;
      expect(ended).toMatchObject({ code: 0, executed: 3, failed: 0 });
      expect(await workspace.digests()).toEqual(await here.digests());
      const messages = parseEvents(ended).flatMap((event) =>
        event.type === 'node-event' && event.event.type === 'message'
          ? [`${event.node} ${event.event.text}`]
          : [],
      );
      for (const name of ['queued', 'ended', 'limited']) {
        const told = messages.filter((line) => line.startsWith(`${name} from`));
        expect(told).toEqual([`${name} from epoch 0`, `${name} from epoch 3`]);
        expect(workspace.read(`${name}.ran`)).toBe('1\n2\n3\n4\n5\n');
      }
      const [log = ''] = workspace
        .list('.pipeline/runs')
        .filter((path) => /queued\.log$/.test(path));
      expect(workspace.read(log)).toMatch(/^its job was preempted by another job \(job 1\)/m);
    });

    it('runs a job once where one user leaves it and another asks for its work', async () => {
      const workspace = makeWorkspace({
        'pipeline.yaml': `version: 1
slurm: { poll: 1s }
stages:
  cell: { command: 'echo $SECRET >> ran; while [ ! -e go ]; do sleep 0.1; done; touch {{ outputs.o }}', outputs: { o: out/1 }, env: [SECRET] }
`,
      });
      // Members of a group; jobs themselves run with the groups that the system knows of a user.
      chownSync(workspace.path, 0, 100);
      chmodSync(workspace.path, 0o2777);
      const PATH = process.env['PATH'] ?? '';
      const as = (user: number) => {
        return {
          env: { ...env, PATH, HOME: '/tmp', SECRET: 'of mine' },
          user,
          group: 100,
          umask: '000',
        };
      };
      const before = cluster.jobs().length;
      const args = ['run', '--executor', 'slurm'];
      const first = workspace.start(args, as(1));
      await workspace.until(() => workspace.exists('ran'));
      first.child.kill('SIGINT');
      expect(await first.result).toMatchObject({ code: 130 });
      const second = workspace.start([...args, '--json'], {
        ...as(2),
        onEvent: (event) => {
          if (JSON.stringify(event).includes('runs on')) workspace.write('go', '');
        },
      });
      expect(await second.result).toMatchObject({ code: 0, executed: 1 });
      expect(workspace.read('ran')).toBe('of mine\n');
      expect(cluster.jobs().length - before).toBe(1);
    });

    it('is asked once for what it refuses, and what may wait for ever is told once', async () => {
      const workspace = makeWorkspace({
        'pipeline.yaml': `version: 1
slurm: { poll: 1s }
stages:
  refused: { matrix: { i: [1, 2, 3] }, command: 'touch {{ outputs.o }}', outputs: { o: "out/{{ i }}" }, slurm: { partition: nowhere }, retries: 2 }
  long: { matrix: { i: [1, 2] }, command: 'touch {{ outputs.o }}', outputs: { o: "out/l{{ i }}" }, slurm: { time: 2h } }
`,
      });
      const run = start(workspace);
      await run.until('may not pass by itself');
      const [[long = ''] = []] = cluster.states().filter(([, , name]) => name.startsWith('long'));
      cluster.call('scontrol', 'update', `JobId=${long.split('_')[0]}`, 'TimeLimit=10');
      const ended = await run.result;
      expect(ended).toMatchObject({ code: 1, executed: 2, failed: 3 });
      const events = parseEvents(ended);
      for (const event of events.filter(({ type }) => type === 'node-failed')) {
        expect(event).toMatchObject({
          message: expect.stringContaining('was not taken by Slurm: invalid partition specified'),
        });
      }
      expect(cluster.calls.filter((line) => line.includes('partition=nowhere'))).toHaveLength(1);
      const warnings = events.filter(
        (event) => event.type === 'node-event' && event.event.type === 'message',
      );
      expect(warnings).toHaveLength(1);
      expect(JSON.stringify(warnings)).toMatch(/job \d+_\d waits in Slurm .*PartitionTimeLimit/);
    });

    it('is waited for where its controller is down, with one warning', async () => {
      const workspace = makeWorkspace({
        'pipeline.yaml': `version: 1
slurm: { poll: 1s }
stages:
  first: { command: 'while [ ! -e go ]; do sleep 0.1; done; touch {{ outputs.o }}', outputs: { o: out/1 } }
  then: { command: 'touch {{ outputs.o }}', inputs: { i: { from: first, output: o } }, outputs: { o: out/2 } }
`,
      });
      const before = cluster.jobs().length;
      const run = start(workspace);
      await run.until('runs on');
      cluster.stopController();
      workspace.write('go', '');
      await run.until('Slurm does not answer');
      cluster.startController();
      const ended = await run.result;
      expect(ended).toMatchObject({ code: 0, executed: 2 });
      const warnings = parseEvents(ended).filter(({ type }) => type === 'warning');
      expect(warnings).toHaveLength(1);
      expect(cluster.jobs().length - before).toBe(2);
    });
  },
);

function has(workspace: Workspace, name: string, epoch: number): boolean {
  const path = `${name}.ran`;
  return workspace.exists(path) && workspace.read(path).endsWith(`${epoch}\n`);
}
