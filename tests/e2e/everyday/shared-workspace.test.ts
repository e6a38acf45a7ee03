import { chmodSync, chownSync, mkdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type CommandOptions,
  isRoot,
  makeWorkspace,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const GROUP = 60_000;
const SKIPPED = isRoot ? '' : ' (skipped: needs root, to be two users)';

/** A workspace that belongs to a group, as `chgrp` and `chmod g+ws` make it. */
function makeShared(): Workspace {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
params: { n: 1 }
stages:
  a: { command: "echo {{ n }}; echo {{ n }} > {{ outputs.o }}", outputs: { o: results/a } }
  tree: { command: "mkdir -p {{ outputs.o }}/d; cat {{ inputs.i }} > {{ outputs.o }}/d/x; echo same > {{ outputs.o }}/s", inputs: { i: { from: a, output: o } }, outputs: { o: results/tree } }
  code: { module: code.ts, params: [n], outputs: { o: results/code } }
`,
    'code.ts': `import { writeFileSync } from 'node:fs';
export const run = (c) => writeFileSync(c.outputs.o, String(c.params.n));
`,
  });
  chownSync(workspace.path, 0, GROUP);
  chmodSync(workspace.path, 0o2775);
  return workspace;
}

describe.skipIf(!isRoot)(`a workspace that two users share${SKIPPED}`, () => {
  it.concurrent.each(['002', '022', '077'])(
    'is run by both in turn under umask %s',
    async (umask) => {
      const workspace = makeShared();
      const one: CommandOptions = {
        user: 60_001,
        group: GROUP,
        umask,
        env: { HOME: '/nonexistent' },
      };
      const other: CommandOptions = { ...one, user: 60_002 };
      const done = { code: 0, failed: 0, stderr: '' };
      expect(await workspace.run([], one)).toMatchObject({ ...done, executed: 3 });
      expect(await workspace.run([], other)).toMatchObject({ ...done, cached: 3 });
      const changed = await workspace.run(['--set', 'n=2'], other);
      expect(changed).toMatchObject({ ...done, executed: 3 });
      expect(changed.stdout).not.toContain('[warning]');
      expect(workspace.read('results/tree/d/x')).toBe('2\n');
      expect(await workspace.run(['--force'], one)).toMatchObject({ ...done, executed: 3 });
      expect(await workspace.run(['--force', '--set', 'n=2'], one)).toMatchObject({
        ...done,
        executed: 3,
      });
      expect(await workspace.run([], other)).toMatchObject({ ...done, cached: 3 });
      expect(await workspace.start(['clean'], other).result).toMatchObject({ code: 0 });
      expect(await workspace.run([], one)).toMatchObject({ ...done, cached: 3 });
      expect(await workspace.start(['cache', 'gc', '--days', '0'], other).result).toMatchObject({
        code: 0,
        stderr: '',
      });
      expect(workspace.list('.pipeline/tmp')).toEqual([]);
      expect(workspace.names('.pipeline')).not.toContain('kept');
    },
  );

  it.concurrent('names what of another user gc could not remove, and keeps what that refers to', async () => {
    const workspace = makeShared();
    const one: CommandOptions = { user: 60_001, group: GROUP, env: { HOME: '/nonexistent' } };
    const other: CommandOptions = { ...one, user: 60_002 };
    await workspace.run([], one);
    await workspace.run(['--set', 'n=2'], one);
    const age = new Date(Date.now() - 100 * 24 * 3600 * 1000);
    for (const path of workspace.list('.pipeline/cache')) {
      utimesSync(join(workspace.path, path), age, age);
    }
    for (const shard of workspace.names('.pipeline/cache/actions')) {
      chmodSync(join(workspace.path, '.pipeline/cache/actions', shard), 0o755);
    }
    const { code, stderr } = await workspace.start(['cache', 'gc', '--days', '0'], other).result;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /\d things? of these could not be removed:\n {2}\S+\/cache\/actions\/\S+: EACCES/,
    );
    expect(workspace.cacheFaults()).toEqual([]);
    expect(await workspace.run(['--set', 'n=2'], one)).toMatchObject({ code: 0, executed: 0 });
  });
});

describe.skipIf(!isRoot)(`a workspace of one user${SKIPPED}`, () => {
  it('that root has worked in tells whose the folder is that it needs', async () => {
    const workspace = makeShared();
    chmodSync(workspace.path, 0o755);
    chownSync(workspace.path, 60_001, 60_001);
    const user: CommandOptions = { user: 60_001, env: { HOME: '/nonexistent' } };
    expect(await workspace.run(['a'], user)).toMatchObject({ code: 0, executed: 1 });
    for (let shard = 0; shard < 256; shard++) {
      const name = shard.toString(16).padStart(2, '0');
      mkdirSync(join(workspace.path, '.pipeline/cache/objects', name), { recursive: true });
    }
    const { code, stdout } = await workspace.run(['a', '--set', 'n=2'], user);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /\[failed\] a .*EACCES: .*; \S+\/cache\/objects\/\w\w belongs to user 0$/m,
    );
    const kept = /what it wrote is in (\S+)/.exec(stdout)?.[1] ?? 'nowhere';
    expect(workspace.list(kept)).not.toEqual([]);
  });

  it('keeps the rights that its umask gives', async () => {
    const workspace = makeShared();
    chmodSync(workspace.path, 0o755);
    chownSync(workspace.path, 60_001, 60_001);
    const result = await workspace.run([], {
      user: 60_001,
      umask: '022',
      env: { HOME: '/nonexistent' },
    });
    expect(result.code).toBe(0);
    for (const path of ['.pipeline', '.pipeline/cache', 'results']) {
      expect(statSync(join(workspace.path, path)).mode & 0o022).toBe(0);
    }
  });
});
