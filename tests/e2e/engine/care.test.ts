import { afterAll, describe, expect, it } from 'vitest';
import {
  makeWorkspace,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

function makeSmallWorkspace(): Workspace {
  return makeWorkspace({
    'pipeline.yaml': `version: 1
params: { word: one }
stages:
  say: { template: say.njk, outputs: { o: { path: out/deep/said.yaml, mutable: [state] } } }
  copy: { module: copy.ts, inputs: { i: { from: say, output: o } }, outputs: { o: copies, t: { path: time, volatile: true } } }
  below: { command: "cat {{ inputs.i }}/copy > {{ outputs.o }}", inputs: { i: { from: copy, output: o } }, outputs: { o: below } }
`,
    'say.njk': 'word: {{ word }}\n',
    'copy.ts': `
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
export const run = (c) => {
  mkdirSync(c.outputs.o);
  const extra = existsSync(c.workspace + '/flaky') ? 'x' : '';
  writeFileSync(c.outputs.o + '/copy', readFileSync(c.inputs.i[0].path, 'utf8').split('state:')[0] + extra);
  writeFileSync(c.outputs.t, String(process.hrtime.bigint()));
};
`,
  });
}

describe('clean', () => {
  it('removes what the cache can put back, and names what it keeps', async () => {
    const workspace = makeSmallWorkspace();
    await workspace.run();
    workspace.write('mine', 'mine');
    workspace.edit('out/deep/said.yaml', 'word: one\n', 'word: one\nstate:\n  epochs: 3\n');
    workspace.remove('below');
    workspace.write('below', 'by hand');
    const shown = await workspace.start(['clean', '--dry-run']).result;
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain('would remove copies\n');
    expect(workspace.exists('copies/copy')).toBe(true);
    const { code, stdout } = await workspace.start(['clean']).result;
    expect(code).toBe(0);
    expect(stdout).toContain('kept below: not what the cache holds\n');
    expect(stdout).toContain('kept out/deep/said.yaml: its mutable block is nowhere else\n');
    expect(['copies', 'time', 'mine', 'below'].filter((path) => workspace.exists(path))).toEqual([
      'mine',
      'below',
    ]);
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 3 });
    workspace.edit('out/deep/said.yaml', 'state:\n  epochs: 3\n', '');
    await workspace.start(['clean', 'say']).result;
    expect(workspace.exists('out')).toBe(false);
    expect(workspace.exists('copies/copy')).toBe(true);
  });
});

describe('run --recheck', () => {
  it('makes hits again and tells which are not the same, changing nothing', async () => {
    const workspace = makeSmallWorkspace();
    await workspace.run();
    const digests = await workspace.digests();
    const equal = await workspace.run(['--recheck', '1', '--json']);
    expect(equal).toMatchObject({ code: 0, executed: 0, cached: 3, failed: 0, stderr: '' });
    const rechecked = parseEvents(equal).filter((event) => event.type === 'node-rechecked');
    expect(rechecked).toHaveLength(3);
    workspace.write('flaky', '');
    const actions = workspace.list('.pipeline/cache/actions');
    const texts = actions.map((path) => workspace.read(path));
    const { code, stdout, stderr } = await workspace.run(['--recheck', '1']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/\[rechecked\] copy .* differs from the cache in o\n/);
    expect(stdout).toMatch(/\[rechecked\] say .* equal to the cache\n/);
    expect(actions.map((path) => workspace.read(path))).toEqual(texts);
    expect(await workspace.digests()).toEqual(digests);
    expect(workspace.list('.pipeline/tmp')).toEqual([]);
    expect(workspace.list('.pipeline/scratch')).toEqual([]);
  });
});

describe('accept-equal', () => {
  const accept = (workspace: Workspace, ...args: string[]) =>
    workspace.start(['accept-equal', ...args]).result;

  it('lets the old result stand for an edited node, with its reason, and takes it back', async () => {
    const workspace = makeSmallWorkspace();
    await workspace.run();
    workspace.edit('copy.ts', 'String(process', 'String(0n + process');
    expect((await accept(workspace, 'copy')).code).toBe(2);
    const { code, stderr } = await accept(workspace, 'copy', '--reason', 'adds nothing');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 3 });
    const status = await workspace.status();
    expect(status[1]).toMatchObject({
      node: 'copy',
      state: 'up-to-date',
      accepted: { reason: 'adds nothing' },
    });
    const why = await workspace.start(['why', 'copy']).result;
    expect(why.stdout).toMatch(/accepted as equal on .*: adds nothing/);
    const record = JSON.stringify(workspace.action(status[1]?.fingerprint ?? ''));
    expect(record).toContain('adds nothing');
    expect(await workspace.start(['cache', 'verify']).result).toMatchObject({ code: 0 });
    expect(await accept(workspace, 'copy', '--undo')).toMatchObject({ code: 0 });
    expect(await workspace.run()).toMatchObject({ executed: 1, cached: 2 });
    expect(JSON.stringify(await workspace.status())).not.toContain('adds nothing');
  });

  it.each([
    [['copy', '--reason', 'x'], 'copy has a result of its own'],
    [['copy', '--undo'], 'was not accepted as equal'],
    [['cop', '--reason', 'x'], 'did you mean "copy"?'],
  ])('refuses with a reason: %j', async (args, text) => {
    const workspace = makeSmallWorkspace();
    await workspace.run(['copy']);
    const { code, stderr } = await accept(workspace, ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  });

  it('refuses where there is no earlier result, or the fingerprint is not known yet', async () => {
    const workspace = makeSmallWorkspace();
    expect((await accept(workspace, 'say', '--reason', 'x')).stderr).toContain('no earlier result');
    expect((await accept(workspace, 'below', '--reason', 'x')).stderr).toContain(
      'what below reads is not made yet',
    );
  });
});
