import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  isRoot,
  makeWorkspace,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

const mounts: string[] = [];
const folders: string[] = [];

afterAll(() => {
  for (const path of mounts) spawnSync('umount', [path]);
  for (const path of folders) rmSync(path, { recursive: true, force: true });
  removeWorkspaces();
});

const SHM = '/dev/shm';
const hasOtherDisk = existsSync(SHM) && statSync(SHM).dev !== statSync(tmpdir()).dev;
const SKIPPED = hasOtherDisk ? '' : ' (skipped: /dev/shm is no other disk here)';
const MOUNTS = isRoot ? '' : ' (skipped: needs root, to mount)';

/** A file, a folder with a large file, and what reads both. */
function makeDisks(): Workspace {
  return makeWorkspace({
    'pipeline.yaml': `version: 1
params: { n: 1 }
stages:
  file: { command: "echo {{ n }} > {{ outputs.o }}", outputs: { o: results/file } }
  tree: { command: "mkdir -p {{ outputs.o }}/sub; echo {{ n }} > {{ outputs.o }}/sub/x; head -c 3000000 /dev/zero > {{ outputs.o }}/large", outputs: { o: results/tree } }
  read: { command: "cat {{ inputs.f }} {{ inputs.t }}/sub/x > {{ outputs.o }}", inputs: { f: { from: file, output: o }, t: { from: tree, output: o } }, outputs: { o: read } }
`,
  });
}

/** A folder on another disk than workspaces are on. */
function makeElsewhere(): string {
  const path = mkdtempSync(join(SHM, 'pipeline-test-'));
  folders.push(path);
  return path;
}

function mount(workspace: Workspace, path: string, ...args: readonly string[]): void {
  const target = join(workspace.path, path);
  execFileSync('mount', [...args, target]);
  mounts.push(target);
}

function unmount(workspace: Workspace, path: string): void {
  execFileSync('umount', [join(workspace.path, path)]);
}

/** Runs, runs again, changes, goes back, loses an output, cleans: all that places and collects. */
async function exercise(workspace: Workspace): Promise<void> {
  const steps: [args: readonly string[], executed: number, cached: number][] = [
    [[], 3, 0],
    [[], 0, 3],
    [['--set', 'n=2'], 3, 0],
    [[], 0, 3],
  ];
  for (const [args, executed, cached] of steps) {
    const result = await workspace.run(args);
    expect(result).toMatchObject({ code: 0, executed, cached, failed: 0, stderr: '' });
    expect(result.stdout).not.toContain('[warning]');
  }
  expect(workspace.read('read')).toBe('1\n1\n');
  expect(statSync(join(workspace.path, 'results/tree/large')).size).toBe(3_000_000);
  workspace.write('results/tree/mine', 'mine');
  workspace.write('results/file', 'edited');
  const { stdout } = await workspace.run();
  const kept = [...stdout.matchAll(/kept as (.+)$/gm)].map(([, path = '']) => path);
  const texts = kept.map((path) =>
    path.startsWith('/') ? execFileSync('cat', [path], { encoding: 'utf8' }) : workspace.read(path),
  );
  expect(texts.sort()).toEqual(['edited', 'mine']);
  expect(workspace.names('results/tree')).toEqual(['large', 'sub']);
  expect(await workspace.start(['clean']).result).toMatchObject({ code: 0 });
  expect(workspace.exists('results/file')).toBe(false);
  expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 3 });
  expect(await workspace.start(['cache', 'gc', '--days', '0']).result).toMatchObject({ code: 0 });
  expect(await workspace.start(['cache', 'verify']).result).toMatchObject({ code: 0 });
  expect(workspace.cacheFaults()).toEqual([]);
  const left = readdirSync(workspace.path, { recursive: true, encoding: 'utf8' });
  expect(left.filter((name) => /\.tmp$/.test(name))).toEqual([]);
}

describe.skipIf(!hasOtherDisk)(`another disk behind a link${SKIPPED}`, () => {
  it.concurrent.each([
    ['all of .pipeline', '.pipeline'],
    ['the cache', '.pipeline/cache'],
    ['what is temporary', '.pipeline/tmp'],
    ['the results', 'results'],
  ])('may hold %s', async (_, path) => {
    const workspace = makeDisks();
    mkdirSync(join(workspace.path, path, '..'), { recursive: true });
    symlinkSync(makeElsewhere(), join(workspace.path, path));
    await exercise(workspace);
  });

  it('is made use of where .pipeline leads to a new folder on it, and missed where it is away', async () => {
    const workspace = makeDisks();
    const disk = makeElsewhere();
    symlinkSync(join(disk, 'away/state'), join(workspace.path, '.pipeline'));
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr).toContain('whose folder does not exist; make it, or mount the disk');
    mkdirSync(join(disk, 'away'));
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 3 });
    expect(readdirSync(join(disk, 'away/state'))).toContain('cache');
  });

  it('may hold a single output, which the next run knows when the disk is away and back', async () => {
    const workspace = makeDisks();
    const disk = makeElsewhere();
    mkdirSync(join(workspace.path, 'results'));
    mkdirSync(join(disk, 'mounted'));
    symlinkSync(join(disk, 'mounted/tree'), join(workspace.path, 'results/tree'));
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 3 });
    expect(readdirSync(join(disk, 'mounted/tree')).sort()).toEqual(['large', 'sub']);
    renameSync(join(disk, 'mounted'), join(disk, 'away'));
    const { code, stdout } = await workspace.run(['--set', 'n=2', '-k']);
    expect(code).toBe(1);
    expect(stdout).toContain('whose folder does not exist; make it, or mount the disk');
    renameSync(join(disk, 'away'), join(disk, 'mounted'));
    expect(await workspace.run()).toMatchObject({ code: 0, cached: 3 });
  });
});

describe.skipIf(!isRoot)(`a mount${MOUNTS}`, () => {
  it('at the folder of outputs holds them', async () => {
    const workspace = makeDisks();
    mkdirSync(join(workspace.path, 'results'));
    mount(workspace, 'results', '-t', 'tmpfs', 'none');
    await exercise(workspace);
    unmount(workspace, 'results');
  });

  it('at an output itself is filled; what the user had in it is kept', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { n: 1 }
stages:
  tree: { command: "mkdir -p {{ outputs.o }}/sub {{ outputs.o }}/empty; echo {{ n }} > {{ outputs.o }}/sub/x; echo {{ n }} > {{ outputs.o }}/y", outputs: { o: volume } }
  file: { command: "echo {{ n }} > {{ outputs.o }}", outputs: { o: file } }
`,
      file: '',
      'host-file': 'of the host',
    });
    mkdirSync(join(workspace.path, 'volume'));
    mount(workspace, 'volume', '-t', 'tmpfs', 'none');
    mount(workspace, 'file', '--bind', join(workspace.path, 'host-file'));
    workspace.write('volume/notes', 'precious');
    // What a run left that was killed while it filled the mount.
    workspace.write('volume/.pipeline-0123456789abcdef.tmp/y', 'unfinished');
    const first = await workspace.run();
    expect(first).toMatchObject({ code: 0, executed: 2, stderr: '' });
    const kept = [...first.stdout.matchAll(/kept as (.+)$/gm)].map(([, path = '']) =>
      workspace.read(path),
    );
    expect(kept.sort()).toEqual(['of the host', 'precious']);
    expect(workspace.names('volume')).toEqual(['empty', 'sub', 'y']);
    expect(workspace.read('host-file')).toBe('1\n');
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 2 });
    const second = await workspace.run(['--set', 'n=2']);
    expect(second.stdout).not.toContain('[warning]');
    expect([workspace.read('volume/sub/x'), workspace.read('host-file')]).toEqual(['2\n', '2\n']);
    expect(await workspace.start(['clean', 'tree']).result).toMatchObject({ code: 0 });
    expect(workspace.names('volume')).toEqual([]);
    unmount(workspace, 'volume');
    unmount(workspace, 'file');
  });

  it('that is full, or where nothing can be kept aside, stays as the user has it', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { bytes: 3000000 }
stages:
  tree: { command: "mkdir {{ outputs.o }}; head -c {{ bytes }} /dev/zero > {{ outputs.o }}/x", outputs: { o: volume } }
`,
    });
    mkdirSync(join(workspace.path, 'volume'));
    mkdirSync(join(workspace.path, '.pipeline/kept'), { recursive: true });
    mount(workspace, 'volume', '-t', 'tmpfs', '-o', 'size=2M', 'none');
    mount(workspace, '.pipeline/kept', '-t', 'tmpfs', '-o', 'size=1M', 'none');
    workspace.write('volume/a', 'first');
    workspace.write('volume/b', Buffer.alloc(1_500_000));
    for (const [bytes, full] of [
      [3_000_000, 'volume'],
      [10, 'kept'],
    ] as const) {
      const { code, stdout } = await workspace.run(['--set', `bytes=${bytes}`]);
      expect(code).toBe(1);
      expect(stdout).toMatch(
        new RegExp(`its output volume cannot be put there: ENOSPC.*-> '[^']*/${full}/`),
      );
      expect(stdout).not.toContain('kept as');
      expect(workspace.names('volume')).toEqual(['a', 'b']);
      expect(workspace.read('volume/a')).toBe('first');
      expect(workspace.names('.pipeline/kept')).toEqual([]);
    }
    unmount(workspace, 'volume');
    unmount(workspace, '.pipeline/kept');
  });

  it('of the same disk elsewhere is another disk to what is renamed', async () => {
    const workspace = makeDisks();
    mkdirSync(join(workspace.path, 'results'));
    mkdirSync(join(workspace.path, 'elsewhere'));
    mount(workspace, 'results', '--bind', join(workspace.path, 'elsewhere'));
    await exercise(workspace);
    expect(workspace.exists('elsewhere/tree/large')).toBe(true);
    unmount(workspace, 'results');
  });
});

const compiler = spawnSync('cc', ['--version']).status === 0;

describe.skipIf(!compiler)(
  `a file system that makes no hard links${compiler ? '' : ' (skipped: needs a C compiler)'}`,
  () => {
    it.concurrent.each([
      ['ENOSYS', 38],
      ['EACCES', 13],
      ['EPERM', 1],
      ['EIO', 5],
    ])('and calls that %s is no obstacle', async (_, number) => {
      const workspace = makeDisks();
      const library = join(workspace.path, 'nolink.so');
      writeFileSync(
        join(workspace.path, 'nolink.c'),
        `#include <errno.h>
int link(const char *a, const char *b) { errno = ${number}; return -1; }
int linkat(int a, const char *b, int c, const char *d, int e) { errno = ${number}; return -1; }
`,
      );
      execFileSync('cc', ['-shared', '-fPIC', '-o', library, join(workspace.path, 'nolink.c')]);
      const options = { env: { LD_PRELOAD: library } };
      const first = await workspace.run([], options);
      expect(first).toMatchObject({ code: 0, executed: 3, failed: 0 });
      workspace.remove('results');
      expect(await workspace.run([], options)).toMatchObject({ code: 0, executed: 0, cached: 3 });
      expect(workspace.list('.pipeline/leases')).toEqual([]);
    });
  },
);
