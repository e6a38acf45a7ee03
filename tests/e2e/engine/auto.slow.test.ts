import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { endWatching, Watching } from '../../fixtures/watching.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);
// Hooks run last to first.
afterAll(endWatching);

const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

const PIPELINE = `version: 1
stages:
  read: { command: "cat data/a > {{ outputs.o }}; cat other >> {{ outputs.o }} 2> /dev/null || true", inputs: auto, outputs: { o: out/read } }
`;

async function expectRun(workspace: Workspace, executed: number, args: readonly string[] = []) {
  const result = await workspace.run(args);
  expect([result.code, result.executed], result.stdout).toEqual([0, executed]);
  return result.stdout;
}

describe.skipIf(!canTrace)('inputs: auto (needs strace)', () => {
  it('finds in an exploration what it finds outside, and takes the outputs of neither for an input', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
explorations: data/tries
ignore: [/data/made/*.log]
params: { word: a }
stages:
  make: { command: "mkdir {{ outputs.o }} && echo {{ word }} > {{ outputs.o }}/w", outputs: { o: data/made } }
  list: { command: "ls data > {{ outputs.o }}", inputs: auto, outputs: { o: data/list } }
  read: { command: "cat data/made/w > {{ outputs.o }}", inputs: auto, outputs: { o: read } }
`,
      'data/a': 'a\n',
    });
    await expectRun(workspace, 2, ['make', 'list']);
    await expectRun(workspace, 0, ['make', 'list', '--as', 'same']);
    const other = ['--as', 'other', '--set', 'word=b'];
    await expectRun(workspace, 1, ['make', 'list', ...other]);
    await expectRun(workspace, 0, ['list']);
    workspace.write('data/b', '');
    await expectRun(workspace, 1, ['list', ...other]);
    await expectRun(workspace, 0, ['make', 'list']);
    // What is left out changes no output, wherever that stands.
    workspace.write('data/made/x.log', '');
    workspace.write('data/tries/other/data/made/x.log', '');
    await expectRun(workspace, 0, ['make', ...other]);
    expect((await workspace.status(['make', ...other]))[0]?.state).toBe('up-to-date');
    expect(workspace.list('.pipeline/kept')).toEqual([]);
    for (const args of [[], other]) {
      const { code, stdout } = await workspace.run(['read', ...args]);
      expect([code, stdout]).toEqual([1, expect.stringMatching(/o: \{ from: make, output: o \}/)]);
    }
  });

  it('keeps a result that is accepted only while what it had read stays', async () => {
    const workspace = makeWorkspace({ 'pipeline.yaml': PIPELINE, 'data/a': 'a\n' });
    await expectRun(workspace, 1);
    workspace.edit('pipeline.yaml', 'cat data/a >', 'cat  data/a >');
    const accepted = await workspace.start(['accept-equal', 'read', '--reason', 'a space']).result;
    expect(accepted.code, accepted.stderr).toBe(0);
    await expectRun(workspace, 0);
    workspace.edit('data/a', 'a', 'b');
    await expectRun(workspace, 1);
    workspace.edit('pipeline.yaml', 'inputs: auto', 'inputs: { a: data/a }');
    await expectRun(workspace, 1);
    workspace.edit('pipeline.yaml', 'inputs: { a: data/a }', 'inputs: auto');
    workspace.edit('pipeline.yaml', 'cat  data/a >', 'cat   data/a >');
    const refused = await workspace.start(['accept-equal', 'read', '--reason', 'none']).result;
    // The nearest earlier result is the latest; of that it is not known what it had read.
    expect(refused.stderr + refused.stdout).toContain('made without inputs: auto');
  });

  it('agrees with renamed stages, recheck, verify and gc', async () => {
    const workspace = makeWorkspace({ 'pipeline.yaml': PIPELINE, 'data/a': 'a\n' });
    await expectRun(workspace, 1);
    workspace.edit('data/a', 'a', 'b');
    await expectRun(workspace, 1);
    expect(await expectRun(workspace, 0, ['--recheck', '1'])).toContain('read');
    const verified = await workspace.start(['verify', 'out/read']).result;
    expect(verified.code, verified.stdout).toBe(0);
    const files = workspace.list('.pipeline/cache/reads');
    expect(files).toHaveLength(2);
    const unused = `.pipeline/cache/reads/ab/${'ab'.repeat(32)}`;
    workspace.write(`${unused}/x.json`, '[]');
    spawnSync('find', ['.pipeline/cache', '-exec', 'touch', '-d', '9 days ago', '{}', '+'], {
      cwd: workspace.path,
    });
    const collected = await workspace.start(['cache', 'gc', '--days', '1']).result;
    expect(collected.code, collected.stderr).toBe(0);
    expect(workspace.list('.pipeline/cache/reads')).toEqual(files);
    expect(workspace.exists(unused)).toBe(false);
    await expectRun(workspace, 0);
    workspace.edit('data/a', 'b', 'a');
    await expectRun(workspace, 0);
    workspace.edit('pipeline.yaml', '  read:', '  renamed:');
    workspace.edit('data/a', 'a', 'c');
    const { stdout } = await workspace.start(['why', 'renamed']).result;
    expect(stdout).toContain('renamed from read');
    expect(stdout).toContain('data/a, which it reads, changed');
    expect(await workspace.status()).toMatchObject([{ node: 'renamed', state: 'run' }]);
  });

  it('wakes watch by what was read, also by a stage that failed, and by what was missed', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': PIPELINE.replace('cat data/a >', 'grep -v bad data/a >'),
      'data/a': 'bad\n',
    });
    const watching = new Watching(workspace);
    const first = await watching.untilDone();
    expect(first).toMatchObject({ runs: 1, executed: [], failed: ['read'] });
    workspace.write('data/a', 'good\n');
    expect(await watching.untilDone()).toMatchObject({ executed: ['read'] });
    workspace.write('other', 'more\n');
    expect(await watching.untilDone()).toMatchObject({ executed: ['read'] });
    expect(workspace.read('out/read')).toBe('good\nmore\n');
  });

  it('publishes nothing of a stage whose files changed while it ran', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': PIPELINE.replace('cat data/a >', 'cat data/a gate >'),
      'data/a': 'a\n',
    });
    workspace.makeGate('gate');
    const running = workspace.run();
    const gate = await workspace.arrival('gate');
    workspace.write('data/a', 'b\n');
    await gate.close();
    const { failed, stdout } = await running;
    expect(failed, stdout).toBe(1);
    expect(stdout).toContain('its input data/a changed while it ran');
  });
});
