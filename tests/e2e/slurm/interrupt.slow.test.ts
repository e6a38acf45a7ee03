import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { REPOSITORY } from '../../fixtures/project.ts';
import { findNoSlurm, SlurmCluster } from '../../fixtures/slurm-cluster.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const CTRL_C = '\u0003';
const hasTerminal = spawnSync('script', ['--version']).status === 0;
const skipped = findNoSlurm() ?? (hasTerminal ? null : 'it needs script');

/** A command in a terminal: what it shows so far, keys for it, and its exit code. */
function openTerminal(workspace: Workspace, args: readonly string[], env: NodeJS.ProcessEnv) {
  const program = join(REPOSITORY, 'pipeline', 'bin', 'pipeline.js');
  const command = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: workspace.path,
    env: { ...env, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  return {
    // Lines are broken at the terminal's width.
    shows: (text: string) => workspace.until(() => shown.replace(/\s+/g, ' ').includes(text)),
    press: (key: string) => child.stdin.write(key),
    code: new Promise<number | null>((resolve) => child.once('close', resolve)),
  };
}

it.skipIf(skipped !== null)(
  `Ctrl-C in a terminal asks whether to leave jobs of Slurm or to cancel them, and a second one leaves them${skipped === null ? '' : ` (skipped: ${skipped})`}`,
  async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
slurm: { poll: 1s }
stages:
  cell:
    matrix: { i: [1, 2] }
    command: sleep 300; touch {{ outputs.o }}
    outputs: { o: "out/{{ i }}" }
`,
    });
    const cluster = new SlurmCluster();
    try {
      const going = () => cluster.states().filter(([, state]) => state === 'RUNNING').length;
      const run = openTerminal(workspace, ['run', '--executor', 'slurm'], cluster.env);
      await run.shows('_1 runs on');
      run.press(CTRL_C);
      await run.shows('press d, or Ctrl-C again');
      // Another key decides nothing.
      run.press('x');
      run.press(CTRL_C);
      expect(await run.code).toBe(130);
      await run.shows('goes on in Slurm');
      expect(going()).toBe(2);
      const attach = openTerminal(workspace, ['attach'], cluster.env);
      await attach.shows('_1 runs on');
      attach.press(CTRL_C);
      await attach.shows('c to cancel them');
      attach.press('c');
      expect(await attach.code).toBe(130);
      expect(going()).toBe(0);
      expect(cluster.jobs()).toHaveLength(2);
      expect(workspace.exists('.pipeline/jobs/of')).toBe(false);
      expect(workspace.names('.pipeline/jobs/runs')).toEqual([]);
    } finally {
      cluster.stop();
    }
  },
);
