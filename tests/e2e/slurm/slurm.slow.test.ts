import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNoSlurm, SlurmCluster } from '../../fixtures/slurm-cluster.ts';
import {
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** Commands, a module with programs of its own, a template, a stage that stays on the submitting host. */
const MIXED = {
  'pipeline.yaml': `version: 1
slurm: { poll: 1s, options: { partition: main } }
params: { n: 3, tag: "it's $HOME; \`x\`" }
stages:
  make:
    command: printf '%s %s\\n' {{ n }} {{ tag }} > {{ outputs.text }}; echo '{"summary":{"lines":1}}' >> "$PIPELINE_EVENTS"
    params: [n, tag]
    outputs: { text: out/make.txt }
    resources: { cpus: 2, memory: 100MB }
    env: [SECRET]
  count:
    module: count.ts
    inputs: { text: { from: make, output: text } }
    outputs: { size: out/size.txt }
  each:
    matrix: { i: [1, 2, 3] }
    command: cat {{ inputs.size }} > {{ outputs.o }}; echo {{ i }} >> {{ outputs.o }}
    inputs: { size: { from: count, output: size } }
    outputs: { o: "out/each-{{ i }}.txt" }
  page: { template: page.njk, params: [n], outputs: { o: out/page.txt } }
  here:
    executor: local
    command: cat {{ inputs.o }} > {{ outputs.all }}
    inputs: { o: { from: each, output: o } }
    outputs: { all: out/all.txt }
`,
  'page.njk': 'N is {{ n }}\n',
  'count.ts': `import { writeFileSync } from 'node:fs';
export async function run({ inputs, outputs, $ }) {
  const { stdout } = await $\`wc -c \${inputs.text[0].path}\`;
  writeFileSync(outputs.size, stdout.split(' ')[0] + '\\n');
}
`,
};

/** Cells that say how often they ran, and wait for a file. */
const gated = (cells: number, more = '') => ({
  'pipeline.yaml': `version: 1
slurm: { poll: 1s${more} }
stages:
  cell:
    matrix: { i: [${Array.from({ length: cells }, (_, i) => i)}] }
    command: echo x >> ran-{{ i }}; while [ ! -e go ]; do sleep 0.1; done; echo {{ i }} > {{ outputs.o }}
    resources: { cpus: 2 }
    outputs: { o: "out/{{ i }}" }
`,
});

for (const accounting of [false, true]) {
  const skipped = findNoSlurm(accounting);
  const name = `Slurm ${accounting ? 'with' : 'without'} accounting${skipped === null ? '' : ` (skipped: ${skipped})`}`;
  describe.skipIf(skipped !== null)(name, () => {
    let cluster: SlurmCluster;
    let env: Record<string, string>;
    const slurm = (workspace: Workspace, args: readonly string[] = []) =>
      workspace.run(['--executor', 'slurm', ...args], { env });
    /** The number of the next job, below which all are of earlier tests. */
    const nextJob = () => 1 + Math.max(0, ...cluster.jobs().map((id) => Number.parseInt(id, 10)));

    beforeAll(() => {
      cluster = new SlurmCluster(accounting);
      env = cluster.env as Record<string, string>;
    });
    afterAll(() => cluster?.stop());

    it('gives the digests of a run here, and leaves nothing', async () => {
      const here = makeWorkspace(MIXED);
      const there = makeWorkspace(MIXED);
      expect(await here.run()).toMatchObject({ code: 0, executed: 7 });
      expect(await slurm(there)).toMatchObject({ code: 0, executed: 7, stderr: '' });
      expect(await there.digests()).toEqual(await here.digests());
      expect(there.list('.pipeline/jobs').filter((path) => !path.includes('/program/'))).toEqual(
        [],
      );
      expect(there.exists('.pipeline/jobs/of')).toBe(false);
      expect(await there.run()).toMatchObject({ executed: 0 });
    });

    it('takes up jobs that are queued and running when its process is killed, and submits none twice', async () => {
      const workspace = makeWorkspace(gated(12));
      const from = nextJob();
      const { child, result } = workspace.start(['run', '--executor', 'slurm'], { env });
      await workspace.until(() => cluster.states(from).some(([, state]) => state === 'PENDING'));
      await workspace.until(() =>
        Array.from({ length: 12 }, (_, i) => i).some((i) => workspace.exists(`ran-${i}`)),
      );
      child.kill('SIGKILL');
      await result;
      const before = cluster.jobs(from);
      expect(before).toHaveLength(12);
      const asked = cluster.calls.length;
      const again = slurm(workspace);
      // It has taken the jobs up when it asks what has become of them.
      await workspace.until(() => cluster.calls.length > asked);
      workspace.write('go', '');
      expect(await again).toMatchObject({ code: 0, executed: 12, failed: 0 });
      expect(cluster.jobs(from)).toHaveLength(12);
      for (let i = 0; i < 12; i++) expect(workspace.read(`ran-${i}`)).toBe('x\n');
    });

    it('finds the results of jobs that ended while nobody followed', async () => {
      const workspace = makeWorkspace(gated(2));
      const from = nextJob();
      const { child, result } = workspace.start(['run', '--executor', 'slurm'], { env });
      await workspace.until(() => workspace.exists('ran-0') && workspace.exists('ran-1'));
      child.kill('SIGKILL');
      await result;
      workspace.write('go', '');
      await workspace.until(() => cluster.states(from).every(([, state]) => state === 'COMPLETED'));
      // Whoever asks for the work finds that it is done, wherever it would run itself.
      expect(await workspace.run([], { env })).toMatchObject({ code: 0, executed: 2 });
      expect(cluster.jobs(from)).toHaveLength(2);
      expect(workspace.read('ran-0')).toBe('x\n');
    });

    it('leaves jobs at an interruption, and attach goes on with them', async () => {
      const workspace = makeWorkspace(gated(3));
      const from = nextJob();
      const { child, result } = workspace.start(['run', '--executor', 'slurm'], { env });
      await workspace.until(() => workspace.exists('ran-0') && workspace.exists('ran-2'));
      child.kill('SIGINT');
      expect(await result).toMatchObject({ code: 130 });
      expect((await result).stdout).toContain('goes on in Slurm');
      const { stdout } = await workspace.start(['attach', '--list', '--json'], { env }).result;
      const listed = JSON.parse(stdout) as { jobs: { node: string; state: string }[] };
      expect(listed.jobs.map(({ node, state }) => `${node} ${state}`)).toEqual(
        [0, 1, 2].map((i) => `cell/${i} RUNNING`),
      );
      workspace.write('go', '');
      const attached = await workspace.start(['attach'], { env }).result;
      expect(attached).toMatchObject({ code: 0, executed: 3 });
      expect(cluster.jobs(from)).toHaveLength(3);
      expect(workspace.list('.pipeline/jobs/runs')).toEqual([]);
    });

    it('cancels jobs at an interruption where it is told to', async () => {
      const workspace = makeWorkspace(gated(3));
      const from = nextJob();
      const args = ['run', '--executor', 'slurm', '--on-interrupt', 'cancel'];
      const { child, result } = workspace.start(args, { env });
      await workspace.until(() => workspace.exists('ran-0'));
      child.kill('SIGTERM');
      expect(await result).toMatchObject({ code: 130 });
      const states = cluster.states(from);
      expect(states.map(([, state]) => state)).not.toContain('RUNNING');
      expect(workspace.exists('.pipeline/jobs/of')).toBe(false);
    });

    it('names each end rightly, tries again where that is declared, and the rest goes on', async () => {
      const from = nextJob();
      const workspace = makeWorkspace({
        'pipeline.yaml': `version: 1
slurm: { poll: 1s, signal: 1s }
stages:
  cancelled: { command: 'touch is-cancelled; sleep 300; touch {{ outputs.o }}', outputs: { o: out/c }, retries: 2 }
  late: { command: "echo x >> ran-late; sleep 300; touch {{ outputs.o }}", outputs: { o: out/l }, slurm: { time: 1m }, process: fresh }
  greedy:
    command: echo x >> ran-greedy; python3 -c 'x = bytearray(1000000000); import time; time.sleep(60)'; touch {{ outputs.o }}
    outputs: { o: out/g }
    resources: { memory: 50MB }
    retries: { attempts: 1, backoff: 1s }
  moved:
    command: echo x >> ran-moved; if [ $(wc -l < ran-moved) -lt 2 ]; then sleep 300; fi; hostname > {{ outputs.o }}
    outputs: { o: out/m }
    slurm: { options: { nodelist: n2 } }
  faulty: { command: exit 7, outputs: { o: out/f }, retries: { attempts: 1, backoff: 1s } }
  good: { command: 'touch {{ outputs.o }}', outputs: { o: out/ok } }
`,
      });
      const run = workspace.start(['run', '--executor', 'slurm', '--keep-going', '--json'], {
        env,
      });
      const idOf = (stage: string) =>
        cluster
          .states(from)
          .find(([, state, name]) => state === 'RUNNING' && name.startsWith(stage))?.[0];
      await workspace.until(
        () => workspace.exists('is-cancelled') && workspace.exists('ran-moved'),
      );
      await workspace.until(() => idOf('cancelled') !== undefined && idOf('moved') !== undefined);
      const [cancelled = '', moved = ''] = [idOf('cancelled'), idOf('moved')];
      cluster.call('scancel', cancelled);
      cluster.killNode('n2', moved);
      cluster.call('scontrol', 'update', 'NodeName=n2', 'State=DOWN', 'Reason=test');
      // It comes back by itself (ReturnToService).
      cluster.startNode('n2');
      // Slurm lets what it puts into the queue again wait for two minutes.
      cluster.call('scontrol', 'update', `JobId=${moved}`, 'StartTime=now');
      const ended = await run.result;
      const events = parseEvents(ended);
      const failures = Object.fromEntries(
        events.flatMap((event) =>
          event.type === 'node-failed' ? [[event.node, event.message]] : [],
        ),
      );
      expect(failures['cancelled']).toMatch(/^was cancelled in Slurm.*\(job \d+\)/);
      expect(failures['late']).toMatch(/^was ended by Slurm at its time limit \(job \d+\)/);
      expect(failures['greedy']).toMatch(
        /^was ended by Slurm because it took more memory.*\(attempt 2 of 2\)$/,
      );
      expect(failures['faulty']).toMatch(/^exited with status 7 \(attempt 2 of 2\)$/);
      expect(Object.keys(failures).sort()).toEqual(['cancelled', 'faulty', 'greedy', 'late']);
      expect(nodesThat(events, 'executed').sort()).toEqual(['good', 'moved']);
      expect(workspace.read('ran-moved')).toBe('x\nx\n');
      expect(workspace.read('ran-greedy')).toBe('x\nx\n');
      expect(workspace.read('ran-late')).toBe('x\n');
      // Of each attempt there is one job. Slurm puts that of a node that died into the queue again, or ends it
      // where the node has come back before; then there is another.
      const jobs = cluster.states(from).map(([, , name]) => name);
      expect(jobs.filter((name) => !name.startsWith('moved'))).toHaveLength(7);
      expect([1, 2]).toContain(jobs.filter((name) => name.startsWith('moved')).length);
      expect(ended.code).toBe(1);
    });

    it('submits a sweep of 500 cells as arrays, with few calls', async () => {
      const workspace = makeWorkspace({
        'pipeline.yaml': `version: 1
params: { first: 0, count: 500 }
slurm: { poll: 2s, throttle: 16 }
stages:
  cell:
    matrix: { i: { from: first, count: count } }
    command: echo {{ i }} > {{ outputs.o }}
    outputs: { o: "out/{{ i }}" }
`,
      });
      const from = nextJob();
      const before = cluster.calls.length;
      const startedAt = Date.now();
      expect(await slurm(workspace)).toMatchObject({ code: 0, executed: 500 });
      const seconds = (Date.now() - startedAt) / 1000;
      const calls = cluster.calls.slice(before).map((line) => line.split(' ', 1)[0] ?? '');
      const count = (program: string) => calls.filter((one) => one === program).length;
      const counts = ['sbatch', 'squeue', 'sacct', 'scontrol', 'scancel'].map(
        (one) => `${count(one)} ${one}`,
      );
      console.log(`500 cells in ${seconds.toFixed(0)} s: ${counts.join(', ')}`);
      expect(count('sbatch')).toBeLessThanOrEqual(5);
      expect(count('squeue') + count('sacct')).toBeLessThanOrEqual(2 * (seconds / 2 + 2));
      expect(cluster.jobs(from).length).toBe(500);
    });
  });
}
