import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type CommandOptions,
  type CommandResult,
  isRoot,
  makeWorkspace,
  objectPath,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** A folder and a file as outputs, of which the parameter n decides the content. */
const PIPELINE = `version: 1
params: { n: 1 }
stages:
  tree: { command: "mkdir {{ outputs.o }}; echo {{ n }} > {{ outputs.o }}/x", outputs: { o: results } }
  file: { command: "echo {{ n }} > {{ outputs.o }}", outputs: { o: notes.txt } }
`;

function makePlain(files: Readonly<Record<string, string>> = {}): Workspace {
  return makeWorkspace({ 'pipeline.yaml': PIPELINE, ...files });
}

/** Where a run's warnings say that things are kept, by what they say was there. */
function readKept({ stdout }: CommandResult): Record<string, string> {
  const lines = stdout.matchAll(
    /^\[warning\] \S+: (.+?) (?:was|were) not put .* kept (?:as|in) (.+)$/gm,
  );
  return Object.fromEntries([...lines].map(([, what, where]) => [what, where]));
}

/** The content of the one thing that is kept for a name. */
function readKeptText(workspace: Workspace, result: CommandResult, name: string): string {
  return workspace.read(readKept(result)[name] ?? 'nothing was kept');
}

describe('what stands at the place of an output before the first run', () => {
  it.concurrent('is kept under a name that the run tells, and the run goes on', async () => {
    const workspace = makePlain({
      'results/notes.txt': 'precious',
      'results/deep/er.txt': 'too',
      'notes.txt': 'mine',
    });
    const first = await workspace.run();
    expect(first).toMatchObject({ code: 0, executed: 2, failed: 0, stderr: '' });
    expect(workspace.names('results')).toEqual(['x']);
    expect(workspace.read('notes.txt')).toBe('1\n');
    const kept = readKept(first);
    expect(Object.keys(kept).sort()).toEqual([
      'notes.txt',
      'results/deep/er.txt, results/notes.txt',
    ]);
    expect(readKeptText(workspace, first, 'notes.txt')).toBe('mine');
    const folder = kept['results/deep/er.txt, results/notes.txt'] ?? '';
    expect(workspace.read(`${folder}/notes.txt`)).toBe('precious');
    expect(workspace.read(`${folder}/deep/er.txt`)).toBe('too');
    // It belongs to nobody but the user, from whom no command takes it.
    await workspace.start(['clean']).result;
    await workspace.start(['cache', 'gc', '--days', '0']).result;
    expect(workspace.read(`${folder}/notes.txt`)).toBe('precious');
  });

  it.concurrent('is no conflict where it is what the stage makes, or holds nothing', async () => {
    const workspace = makePlain({ 'results/x': '1\n', 'notes.txt': '1\n' });
    const before = statSync(join(workspace.path, 'notes.txt')).ino;
    const first = await workspace.run();
    expect(first).toMatchObject({ code: 0, executed: 2 });
    expect(first.stdout).not.toContain('[warning]');
    expect(statSync(join(workspace.path, 'notes.txt')).ino).toBe(before);
    const empty = makePlain();
    mkdirSync(join(empty.path, 'results/in/it'), { recursive: true });
    mkdirSync(join(empty.path, 'notes.txt'));
    expect((await empty.run()).stdout).not.toContain('[warning]');
    expect(empty.read('notes.txt')).toBe('1\n');
    expect(empty.exists('.pipeline/kept')).toBe(false);
  });

  it.concurrent('is kept whatever it is: links, pipes, sockets, folders where a file comes', async () => {
    const workspace = makePlain({ 'notes.txt/inner': 'in a folder' });
    const at = (path: string) => join(workspace.path, path);
    mkdirSync(at('results'));
    symlinkSync('nowhere', at('results/dangling'));
    execFileSync('mkfifo', [at('results/pipe')]);
    const first = await workspace.run();
    expect(first).toMatchObject({ code: 0, executed: 2 });
    const kept = readKept(first);
    const results = kept['results/dangling, results/pipe'] ?? '';
    expect(readlinkSync(at(`${results}/dangling`))).toBe('nowhere');
    expect(lstatSync(at(`${results}/pipe`)).isFIFO()).toBe(true);
    expect(readKeptText(workspace, first, 'notes.txt/inner')).toBe('in a folder');
  });

  it.concurrent('is refused before the work where it is a git repository', async () => {
    const workspace = makePlain({ 'results/.git/HEAD': 'ref', 'results/code.py': 'code' });
    const { code, stdout } = await workspace.run(['tree']);
    expect(code).toBe(1);
    expect(stdout).toContain('its output results cannot be put there: a git repository is there');
    expect(stdout).not.toContain('[start]');
    expect(workspace.read('results/code.py')).toBe('code');
  });
});

describe('what runs have put there themselves', () => {
  it.concurrent('is replaced without a word, back and forth between settings', async () => {
    const workspace = makePlain();
    await workspace.run();
    for (const args of [['--set', 'n=2'], [], ['--set', 'n=2'], ['--set', 'n=3'], []]) {
      const result = await workspace.run(args);
      expect(result.code).toBe(0);
      expect(result.stdout).not.toContain('[warning]');
    }
    expect(workspace.exists('.pipeline/kept')).toBe(false);
  });

  it.concurrent('is known without the notes of what was put where', async () => {
    const workspace = makePlain();
    await workspace.run();
    workspace.remove('.pipeline/placed.jsonl');
    const second = await workspace.run(['--set', 'n=2']);
    expect(second).toMatchObject({ code: 0, executed: 2 });
    expect(second.stdout).not.toContain('[warning]');
  });

  it.concurrent('is known after its stage was renamed', async () => {
    const workspace = makePlain();
    await workspace.run();
    workspace.edit('pipeline.yaml', '  tree:', '  wood:');
    workspace.edit('pipeline.yaml', '{ n: 1 }', '{ n: 2 }');
    const renamed = await workspace.run();
    expect(renamed).toMatchObject({ code: 0, executed: 2 });
    expect(renamed.stdout).not.toContain('[warning]');
  });

  it.concurrent('is kept where the cache has lost it', async () => {
    const workspace = makePlain();
    await workspace.run(['--set', 'n=5']);
    workspace.remove('.pipeline/cache/objects');
    const other = await workspace.run();
    expect(other).toMatchObject({ code: 0, executed: 2 });
    expect(readKeptText(workspace, other, 'notes.txt')).toBe('5\n');
    expect(readKeptText(workspace, other, 'results/x')).toBe('5\n');
  });

  it.concurrent('is kept without a cache where the next result differs, and the run goes on', async () => {
    const workspace = makePlain();
    await workspace.run();
    workspace.remove('.pipeline');
    const again = await workspace.run();
    expect(again).toMatchObject({ code: 0, executed: 2 });
    expect(again.stdout).not.toContain('[warning]');
    workspace.remove('.pipeline');
    const other = await workspace.run(['--set', 'n=2']);
    expect(other).toMatchObject({ code: 0, executed: 2 });
    expect(readKeptText(workspace, other, 'notes.txt')).toBe('1\n');
    expect(workspace.read('notes.txt')).toBe('2\n');
  });
});

describe('what runs have put there as other outputs', () => {
  it.concurrent('is replaced without a word: several by the folder of them, and one of a folder', async () => {
    const cells =
      'version: 1\nstages:\n  a: { matrix: { m: [1, 2] }, command: "mkdir {{ outputs.o }}; echo {{ m }} > {{ outputs.o }}/x", outputs: { o: "runs/{{ m }}" } }\n';
    const whole =
      'version: 1\nstages:\n  a: { command: "mkdir -p {{ outputs.o }}/2; echo 3 > {{ outputs.o }}/2/x", outputs: { o: runs } }\n';
    const workspace = makeWorkspace({ 'pipeline.yaml': cells });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
    workspace.write('runs/1/mine', 'mine');
    workspace.write('pipeline.yaml', whole);
    const second = await workspace.run();
    expect(second).toMatchObject({ code: 0, executed: 1 });
    expect(Object.keys(readKept(second))).toEqual(['runs/1/mine']);
    expect(workspace.read('runs/2/x')).toBe('3\n');
    workspace.write('pipeline.yaml', cells);
    const third = await workspace.run();
    expect(third).toMatchObject({ code: 0, cached: 2 });
    expect(readKept(third)).toEqual({});
    expect(workspace.read('runs/2/x')).toBe('2\n');
  });
});

describe('a git repository that a stage makes', () => {
  it('is replaced; one with commits of the user is kept whole', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { n: 1 }
stages:
  clone:
    command: |
      git init -q {{ outputs.o }}
      cd {{ outputs.o }}
      echo {{ n }} > f
      git add f
      git -c user.name=a -c user.email=a@b commit -qm made
    outputs: { o: repo }
`,
    });
    const git = (folder: string, ...args: string[]) => {
      const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
      const at = join(workspace.path, folder);
      return execFileSync('git', ['-C', at, ...identity, ...args], { encoding: 'utf8' });
    };
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
    git('repo', 'status');
    const second = await workspace.run(['--set', 'n=2']);
    expect(second).toMatchObject({ code: 0, executed: 1 });
    expect(second.stdout).not.toContain('[warning]');
    workspace.write('repo/f', 'edited');
    git('repo', 'commit', '-qam', 'mine');
    const third = await workspace.run();
    expect(third).toMatchObject({ code: 0, cached: 1 });
    expect(git('repo', 'log', '--format=%s')).toBe('made\n');
    const [, kept = ''] = /they are kept in (\S+)/.exec(third.stdout) ?? [];
    expect(git(kept, 'log', '--format=%s')).toBe('mine\nmade\n');
    expect(git(kept, 'status', '--short')).toBe('');
  });
});

describe('what was changed since', () => {
  it.concurrent('is kept: edits, files that were added, links and folders in an output', async () => {
    const workspace = makePlain();
    await workspace.run();
    workspace.write('results/notes.md', 'added');
    workspace.write('notes.txt', 'edited\n');
    symlinkSync('/etc/hostname', join(workspace.path, 'results/link'));
    mkdirSync(join(workspace.path, 'results/empty'));
    const second = await workspace.run();
    expect(second).toMatchObject({ code: 0, executed: 0, cached: 2 });
    expect(readKeptText(workspace, second, 'notes.txt')).toBe('edited\n');
    const results = readKept(second)['results/link, results/notes.md'] ?? '';
    expect(workspace.read(`${results}/notes.md`)).toBe('added');
    expect(readlinkSync(join(workspace.path, results, 'link'))).toBe('/etc/hostname');
    // What the cache has is not kept twice.
    expect(workspace.exists(`${results}/x`)).toBe(false);
    expect(workspace.names('results')).toEqual(['x']);
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 2 });
  });

  it.concurrent('is kept when a new result comes, and when the stage is forced', async () => {
    const workspace = makePlain();
    await workspace.run();
    workspace.write('notes.txt', 'edited\n');
    expect(readKeptText(workspace, await workspace.run(['--set', 'n=2']), 'notes.txt')).toBe(
      'edited\n',
    );
    workspace.write('results/x', 'edited too\n');
    const forced = await workspace.run(['--force', 'tree']);
    expect(readKeptText(workspace, forced, 'results/x')).toBe('edited too\n');
  });

  it.concurrent('is kept beside the mutable block, which goes on', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { n: 1 }
stages:
  c: { command: "echo n: {{ n }} > {{ outputs.o }}", outputs: { o: { path: c.yaml, mutable: [state] } } }
`,
    });
    await workspace.run();
    workspace.write('c.yaml', 'n: 1\nstate:\n  mine: 1\n');
    const second = await workspace.run(['--set', 'n=2']);
    expect(second.stdout).not.toContain('[warning]');
    expect(workspace.read('c.yaml')).toBe('n: 2\nstate:\n  mine: 1\n');
    workspace.write('c.yaml', 'n: 7\nstate:\n  mine: 1\n');
    const third = await workspace.run(['--set', 'n=2']);
    expect(readKeptText(workspace, third, 'c.yaml')).toBe('n: 7\nstate:\n  mine: 1\n');
    expect(workspace.read('c.yaml')).toBe('n: 2\nstate:\n  mine: 1\n');
  });

  it.concurrent('is kept although a program left its caches beside it', async () => {
    const workspace = makePlain();
    await workspace.run();
    workspace.write('results/__pycache__/x.pyc', 'junk');
    workspace.write('results/.DS_Store', 'junk');
    const second = await workspace.run(['--set', 'n=2']);
    expect(second.stdout).not.toContain('[warning]');
    expect(workspace.names('results')).toEqual(['x']);
  });
});

const ONE_USER = isRoot ? '' : ' (skipped: needs root, to be a user without privileges)';

describe.skipIf(!isRoot)(`rights that were taken away by hand${ONE_USER}`, () => {
  it('keep neither a result from being replaced nor what cannot be read from being kept', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': PIPELINE.replace('mkdir', 'mkdir -p {{ outputs.o }}/sub;  mkdir -p'),
    });
    const at = (path: string) => join(workspace.path, path);
    chownSync(workspace.path, 60_001, 60_001);
    const user: CommandOptions = { user: 60_001, env: { HOME: '/nonexistent' } };
    expect(await workspace.run([], user)).toMatchObject({ code: 0, executed: 2 });
    // Known to the cache: nothing to keep.
    for (const path of ['results/x', 'results/sub', 'results', 'notes.txt']) {
      chmodSync(at(path), 0o555);
    }
    const changed = await workspace.run(['--set', 'n=2'], user);
    expect(changed).toMatchObject({ code: 0, executed: 2 });
    expect(changed.stdout).not.toContain('[warning]');
    expect(workspace.names('.')).toEqual(['.pipeline', 'notes.txt', 'pipeline.yaml', 'results']);
    // What is in there cannot be told, whether its names may be listed or not.
    for (const mode of [0, 0o444]) {
      chmodSync(at('results'), mode);
      const restored = await workspace.run(['--set', 'n=2'], user);
      expect(restored).toMatchObject({ code: 0, cached: 2, failed: 0 });
      const kept = at(readKept(restored)['results'] ?? 'nothing was kept');
      expect(readFileSync(join(kept, 'x'), 'utf8')).toBe('2\n');
      expect(statSync(kept).mode & 0o777).toBe(mode);
    }
    // It stays read-only for who finds it where it is kept.
    workspace.write('results/mine', 'mine');
    chmodSync(at('results'), 0o555);
    const last = await workspace.run(['--set', 'n=2'], user);
    expect(readKeptText(workspace, last, 'results/mine')).toBe('mine');
    const folder = at(join(readKept(last)['results/mine'] ?? '', '..'));
    expect(readdirSync(folder)).toEqual(['mine']);
    expect(statSync(folder).mode & 0o777).toBe(0o555);
  });
});

describe('an output', () => {
  it.concurrent('shares its file with neither the cache nor an output of the same bytes', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  a: { command: "echo same > {{ outputs.o }}", outputs: { o: a } }
  b: { command: "echo same > {{ outputs.o }}", outputs: { o: b } }
  c: { command: "mkdir {{ outputs.o }}; echo same > {{ outputs.o }}/c", outputs: { o: c } }
`,
    });
    await workspace.run();
    const { a } = await workspace.digests();
    const paths = ['a', 'b', 'c/c', objectPath(a?.['o'] ?? '')];
    const inodes = paths.map((path) => statSync(join(workspace.path, path)).ino);
    expect(new Set(inodes).size).toBe(4);
    writeFileSync(join(workspace.path, 'a'), 'edit', { flag: 'r+' });
    expect(workspace.read('b')).toBe('same\n');
    expect(await workspace.start(['cache', 'verify']).result).toMatchObject({ code: 0 });
    const second = await workspace.run();
    expect(second).toMatchObject({ executed: 0, cached: 3 });
    expect(readKeptText(workspace, second, 'a')).toBe('edit\n');
  });

  it.concurrent('leaves alone another name that the user has given to its file', async () => {
    const workspace = makePlain();
    await workspace.run();
    linkSync(join(workspace.path, 'notes.txt'), join(workspace.path, 'mine.txt'));
    await workspace.run(['--set', 'n=2']);
    expect([workspace.read('mine.txt'), workspace.read('notes.txt')]).toEqual(['1\n', '2\n']);
  });
});

describe('a link at the place of an output', () => {
  it.concurrent('stays, and what it leads to is filled; what was there is kept', async () => {
    const workspace = makePlain({ 'big/runs/old': 'old', 'target.txt': 'text' });
    const at = (path: string) => join(workspace.path, path);
    symlinkSync('big/runs', at('results'));
    symlinkSync('target.txt', at('notes.txt'));
    const first = await workspace.run();
    expect(first).toMatchObject({ code: 0, executed: 2 });
    expect(readlinkSync(at('results'))).toBe('big/runs');
    expect(readlinkSync(at('notes.txt'))).toBe('target.txt');
    expect([workspace.names('big/runs'), workspace.read('target.txt')]).toEqual([['x'], '1\n']);
    expect(readKeptText(workspace, first, 'results/old')).toBe('old');
    expect(readKeptText(workspace, first, 'notes.txt')).toBe('text');
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 2 });
    await workspace.run(['--set', 'n=2']);
    expect([workspace.read('big/runs/x'), workspace.read('target.txt')]).toEqual(['2\n', '2\n']);
    expect((await workspace.start(['clean']).result).stdout).toContain('removed 2 outputs');
    expect(readlinkSync(at('results'))).toBe('big/runs');
    expect([workspace.names('big/runs'), existsSync(at('target.txt'))]).toEqual([[], false]);
    expect(await workspace.run()).toMatchObject({ code: 0, cached: 2 });
    expect([workspace.read('big/runs/x'), workspace.read('target.txt')]).toEqual(['1\n', '1\n']);
  });

  it.concurrent('is refused before the work where it leads to what is not for it', async () => {
    const outside = makePlain().path;
    const links: Record<string, [target: string, because: string]> = {
      twin1: ['shared', 'where the output links/twin'],
      twin2: ['shared', 'where the output links/twin'],
      input: ['src', 'where the input src/in is'],
      loop: ['loop', 'a link to itself'],
      state: ['.pipeline', 'which is not for outputs'],
      all: ['.', 'the workspace itself'],
      gone: [`${outside}/no/where`, 'whose folder does not exist'],
      fine: [`${outside}/fine`, ''],
    };
    const stages = Object.keys(links).map(
      (name) => `  ${name}: { command: "echo 1 > {{ outputs.o }}", outputs: { o: links/${name} } }`,
    );
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  reader: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: src/in }, outputs: { o: read } }
${stages.join('\n')}
`,
      'src/in': 'in',
      'links/keep': '',
    });
    for (const [name, [target]] of Object.entries(links)) {
      const isHere = !target.startsWith('/') && name !== 'loop';
      symlinkSync(isHere ? `../${target}` : target, join(workspace.path, 'links', name));
    }
    const { stdout, failed, executed } = await workspace.run(['--keep-going']);
    for (const [name, [, because]] of Object.entries(links)) {
      if (because === '') continue;
      const line = stdout.split('\n').find((text) => text.startsWith(`[failed] ${name} `));
      expect(line).toContain(`its output links/${name} cannot be put there: `);
      expect(line).toContain(because);
    }
    expect({ failed, executed }).toEqual({ failed: 7, executed: 2 });
    expect(readFileSync(join(outside, 'fine'), 'utf8')).toBe('1\n');
    expect(workspace.read('src/in')).toBe('in');
    const above = makePlain();
    symlinkSync('..', join(above.path, 'results'));
    expect((await above.run(['tree'])).stdout).toContain('which holds the workspace');
  });
});

describe.skipIf(!isRoot)('a file that may not be moved (skipped: needs root)', () => {
  it('fails its stage and loses nothing', async () => {
    const workspace = makePlain({ 'notes.txt': 'mine' });
    const path = join(workspace.path, 'notes.txt');
    execFileSync('chattr', ['+i', path]);
    try {
      const { code, stdout } = await workspace.run(['file']);
      expect(code).toBe(1);
      expect(stdout).toContain('its output notes.txt cannot be put there: EPERM');
      expect(workspace.read('notes.txt')).toBe('mine');
    } finally {
      execFileSync('chattr', ['-i', path]);
    }
    expect(await workspace.run(['file'])).toMatchObject({ code: 0, cached: 1 });
    rmSync(join(workspace.path, 'notes.txt'));
  });
});
