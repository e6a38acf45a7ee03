import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { chown } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mountImage } from '../../fixtures/image.ts';
import { describeTree } from '../../fixtures/tree.ts';
import {
  type CommandOptions,
  type CommandResult,
  isRoot,
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const USER = 40_000 + (process.pid % 10_000);

/** A stage for each entry: a script, and where its output is. */
function makeStages(stages: Readonly<Record<string, string>>, more = ''): Workspace {
  const texts = Object.entries(stages).map(
    ([name, script]) => `
  ${name}:
    command: |
      o={{ outputs.o }}
${script.replace(/^/gm, '      ')}
    outputs: { o: out/${name} }`,
  );
  return makeWorkspace({ 'pipeline.yaml': `version: 1\nstages:${texts.join('')}\n${more}` });
}

/** A stage downstream. */
function reader(name: string, from: string, script: string): string {
  return `  ${name}:
    command: |
      i={{ inputs.i }}
      o={{ outputs.o }}
${script.replace(/^/gm, '      ')}
    inputs: { i: { from: ${from}, output: o } }
    outputs: { o: out/${name} }
`;
}

const KINDS = {
  program: `printf '#!/bin/sh\\necho hi\\n' > $o; chmod 755 $o`,
  plain: `echo 1 > $o`,
  secret: `echo key > $o; chmod 600 $o`,
  group: `echo 1 > $o; chmod 744 $o`,
  empty: `mkdir $o`,
  folders: `mkdir -p $o/logs $o/deep/a/b; echo 1 > $o/a; chmod 700 $o/deep/a; echo 2 > $o/deep/a/f`,
  links: `mkdir $o $o/sub
echo x > $o/ckpt-1; echo y > $o/sub/f
ln -s ckpt-1 $o/latest; ln -s $o/ckpt-1 $o/absolute; ln -s ../links/ckpt-1 $o/around
ln -s .. $o/sub/up; ln -s sub $o/folder; ln -s nowhere $o/dangling
ln -s two $o/one; ln -s one $o/two; ln -s sub/../ckpt-1 $o/detour
ln $o/ckpt-1 $o/hard`,
  names: `mkdir $o; cd $o
for name in 'caf\\351' 'caf\\350' '-rf' '__proto__' 'constructor' 'line\\nend' 'back\\\\slash' ' ' '\\303\\251' 'e\\314\\201' 'A' 'a'; do
  printf '%s' "$name" > ./"$(printf -- "$name")"
done
mkdir ./"$(printf 'd\\351')"; echo x > ./"$(printf 'd\\351/f\\351')"; ln -s "$(printf 'd\\351')" ./"$(printf 'l\\351')"
mkdir ./"$(printf 'none\\351')"; echo long > ${'n'.repeat(255)}`,
  frozen: `mkdir -p $o/sub; echo 1 > $o/sub/f; echo 2 > $o/g; chmod -R a-w $o`,
  mixed: `mkdir $o
echo same > $o/a; echo same > $o/b; chmod 755 $o/b; echo same > $o/c; chmod 600 $o/c`,
};

describe('an output', () => {
  const workspace = makeStages(
    KINDS,
    reader('use', 'program', '$i > $o') +
      reader('in-folder', 'folders', 'test -d $i/logs && test -d $i/deep/a/b && touch $o') +
      reader('by-link', 'links', 'cat $i/latest $i/absolute $i/around $i/folder/f > $o') +
      reader('copy', 'plain', 'cp $i $o && echo 2 >> $o') +
      reader('copy-tree', 'folders', 'cp -r $i $o && echo 2 >> $o/a && echo 3 > $o/logs/new'),
  );
  const all = () => describeTree(join(workspace.path, 'out'));
  let first: CommandResult;
  let made: Record<string, string>;
  beforeAll(async () => {
    first = await workspace.run();
    made = all();
  });

  it('is what the stage wrote when the next stage reads it', () => {
    expect(first).toMatchObject({ code: 0, failed: 0 });
    expect(workspace.read('out/use')).toBe('hi\n');
    expect(workspace.read('out/by-link')).toBe('x\nx\nx\ny\n');
  });

  it('can be copied and written to', () => {
    expect(workspace.read('out/copy')).toBe('1\n2\n');
    expect(made).toMatchObject({
      plain: '644 1\n',
      copy: '644 1\n2\n',
      'copy-tree/a': '644 1\n2\n',
    });
  });

  it('keeps modes, and gives nobody more rights than it had', () => {
    expect(made).toMatchObject({
      program: '755 #!/bin/sh\necho hi\n',
      secret: '600 key\n',
      group: '744 1\n',
      'mixed/a': '644 same\n',
      'mixed/b': '755 same\n',
      'mixed/c': '600 same\n',
      'folders/deep': '755 folder',
      'folders/deep/a': '700 folder',
      'folders/deep/a/f': '644 2\n',
      'frozen/g': '444 2\n',
    });
  });

  it('shows nobody in the cache what its rights hid', () => {
    const modes = ['key\n', '2\n'].map((text) => {
      const path = workspace
        .list('.pipeline/cache/objects')
        .filter((object) => workspace.read(object) === text);
      return path.map((one) => (lstatSync(join(workspace.path, one)).mode & 0o777).toString(8));
    });
    // `2` is also what another stage wrote for all to read.
    expect(modes).toEqual([['400'], ['444']]);
  });

  it('keeps empty folders', () => {
    expect(made).toMatchObject({
      empty: '755 folder',
      'folders/logs': '755 folder',
      'folders/deep/a/b': '755 folder',
    });
  });

  it('keeps links that stay inside, as relative ones', () => {
    expect(made).toMatchObject({
      'links/latest': '→ ckpt-1',
      'links/absolute': '→ ckpt-1',
      'links/around': '→ ckpt-1',
      'links/sub/up': '→ ..',
      'links/folder': '→ sub',
      'links/dangling': '→ nowhere',
      'links/one': '→ two',
      'links/two': '→ one',
      'links/detour': '→ ckpt-1',
      'links/hard': '644 x\n',
    });
  });

  it('keeps any name', () => {
    const names = Object.keys(made)
      .filter((name) => name.startsWith('names/'))
      .map((name) => name.slice('names/'.length));
    expect(names.sort()).toEqual(
      [
        'caf\xe9',
        'caf\xe8',
        '-rf',
        '__proto__',
        'constructor',
        'line\nend',
        'back\\slash',
        ' ',
        Buffer.from('é').toString('latin1'),
        Buffer.from('e\u0301').toString('latin1'),
        'A',
        'a',
        'd\xe9',
        'd\xe9/f\xe9',
        'l\xe9',
        'none\xe9',
        'n'.repeat(255),
      ].sort(),
    );
    expect(made).toMatchObject({ 'names/l\xe9': '→ d\xe9', 'names/d\xe9/f\xe9': '644 x\n' });
  });

  it('is restored as it was', async () => {
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0 });
    workspace.remove('out');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0 });
    expect(all()).toEqual(made);
    const states = await workspace.status();
    expect(states.filter(({ state }) => state !== 'up-to-date')).toEqual([]);
    expect((await workspace.start(['cache', 'verify']).result).code).toBe(0);
    expect(
      workspace.names('.pipeline/tmp').flatMap((name) => workspace.names(`.pipeline/tmp/${name}`)),
    ).toEqual([]);
  });

  it('is put back where a mode, a link or an empty folder was changed by hand', async () => {
    const at = (path: string) => join(workspace.path, 'out', path);
    chmodSync(at('program'), 0o644);
    chmodSync(at('mixed/a'), 0o755);
    rmdirSync(at('folders/logs'));
    mkdirSync(at('plain.d'));
    workspace.remove('out/links/latest');
    symlinkSync('sub/f', at('links/latest'));
    const why = async (node: string) => (await workspace.start(['why', node]).result).stdout;
    expect(await why('folders')).toContain('out/folders: logs removed (empty folder)');
    expect(await why('mixed')).toContain('out/mixed: a changed (made executable)');
    expect(await why('links')).toContain('latest changed (link to ckpt-1 → link to sub/f)');
    rmdirSync(at('plain.d'));
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0 });
    for (const [path, kept] of Object.entries(all())) {
      if (path in made) expect([path, kept]).toEqual([path, made[path]]);
    }
  });
});

describe('an output on another disk', () => {
  const disk = '/dev/shm';
  const isThere = existsSync(disk) && statSync(disk).dev !== statSync(tmpdir()).dev;
  it.skipIf(!isThere)('is kept and restored all the same (skipped: needs /dev/shm)', async () => {
    const place = mkdtempSync(join(disk, 'pipeline-test-'));
    const workspace = makeStages(KINDS, reader('in-folder', 'folders', 'ls -A $i/logs > $o'));
    symlinkSync(place, join(workspace.path, 'out'));
    try {
      expect(await workspace.run()).toMatchObject({ code: 0, failed: 0 });
      const { '.': _, ...made } = describeTree(place);
      expect(made).toMatchObject({
        program: '755 #!/bin/sh\necho hi\n',
        secret: '600 key\n',
        'links/latest': '→ ckpt-1',
        'folders/logs': '755 folder',
        'names/l\xe9': '→ d\xe9',
      });
      for (const name of readdirSync(place)) rmSync(join(place, name), { recursive: true });
      expect(await workspace.run()).toMatchObject({ code: 0, executed: 0 });
      const { '.': __, ...again } = describeTree(place);
      expect(again).toEqual(made);
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});

describe('an output on a disk without modes', () => {
  const image = mountImage('FAT');
  afterAll(() => image?.unmount());
  it.skipIf(image === null)('is in place (skipped: takes root, mkfs and FAT)', async () => {
    const { program, plain, empty } = KINDS;
    const mixed = 'mkdir $o; echo 1 > $o/a; echo 2 > $o/b; chmod 755 $o/b';
    const workspace = makeStages(
      { program, plain, empty, mixed },
      reader('next', 'mixed', 'ls $i > $o'),
    );
    symlinkSync(image?.path ?? '', join(workspace.path, 'out'));
    expect(await workspace.run()).toMatchObject({ code: 0, failed: 0 });
    const again = await workspace.run();
    expect(again).toMatchObject({ code: 0, executed: 0 });
    expect(again.stdout).not.toContain('restored');
  });
});

describe('an output that cannot be kept', () => {
  const SCRIPTS: readonly (readonly [string, string])[] = [
    ['ln -s $PWD/pipeline.yaml $o', 'is a link that leaves it: → .*/pipeline.yaml'],
    ['mkdir $o; ln -s ../../../../../data $o/d', 'holds a link that leaves it at d: → \\.\\./'],
    ['mkdir -p $o/a; ln -s /etc/hostname $o/a/h', 'holds a link that leaves it at a/h: → /etc/'],
    [
      'mkdir -p $o/bin; touch $o/pyvenv.cfg; ln -s /usr/bin/python3 $o/bin/python',
      'holds a link that leaves it at bin/python: .* a Python environment works only where it was made',
    ],
    ['mkdir $o; mkfifo $o/p', 'holds a pipe at p'],
    ['mkdir $o; echo 1 > $o/f; chmod 0 $o/f', 'holds a file at f that its owner may not read'],
    ['mkdir -p $o/d; chmod 0 $o/d', 'holds a folder at d that its owner may not read'],
  ];
  const stages = SCRIPTS.map(
    ([script], i) => `
  s${i}:
    command: |
      o={{ outputs.o }}
      echo once >> tries${i}
      ${script}
    outputs: { o: out/s${i} }
    retries: 2`,
  );
  const workspace = makeWorkspace({ 'pipeline.yaml': `version: 1\nstages:${stages.join('')}\n` });
  let result: CommandResult;
  beforeAll(async () => {
    result = await workspace.run(['--keep-going']);
  });

  it.each(SCRIPTS.map((one, i) => [...one, i] as const))(
    'is told of with its path, and not made again: %s',
    (_, message, i) => {
      expect(result).toMatchObject({ code: 1, failed: SCRIPTS.length });
      expect(result.stdout).toMatch(new RegExp(`s${i} after .*its output o ${message}`));
      expect(workspace.read(`tries${i}`)).toBe('once\n');
      expect(workspace.exists(`out/s${i}`)).toBe(false);
    },
  );
});

describe('what an input is', () => {
  const workspace = makeWorkspace({
    'data/a': '1',
    'tool.sh': '#!/bin/sh\necho tool\n',
    'pipeline.yaml': `
version: 1
stages:
  list:
    command: find {{ inputs.data }} -printf '%P %y\\n' | sort > {{ outputs.o }}
    inputs: { data: data }
    outputs: { o: list }
  call:
    command: "if test -x {{ inputs.tool }}; then {{ inputs.tool }}; else echo none; fi > {{ outputs.o }}"
    inputs: { tool: tool.sh }
    outputs: { o: called }
`,
  });
  const at = (path: string) => join(workspace.path, path);
  const executed = async () => nodesThat(parseEvents(await workspace.run(['--json'])), 'executed');

  it('counts empty folders, links inside, modes and names that are not UTF-8', async () => {
    writeFileSync(Buffer.concat([Buffer.from(at('data/caf')), Buffer.of(0xe9)]), 'x');
    expect((await executed()).sort()).toEqual(['call', 'list']);
    expect(await executed()).toEqual([]);
    mkdirSync(at('data/logs'));
    const { stdout } = await workspace.start(['why', 'list']).result;
    expect(stdout).toContain('logs added (empty folder)');
    expect(await executed()).toEqual(['list']);
    symlinkSync('a', at('data/b'));
    expect(await executed()).toEqual(['list']);
    expect(workspace.read('list')).toContain('b l');
    chmodSync(at('tool.sh'), 0o755);
    const why = await workspace.start(['why', 'call']).result;
    expect(why.stdout).toContain('input tool tool.sh made executable');
    expect(await executed()).toEqual(['call']);
    expect(workspace.read('called')).toBe('tool\n');
  });
});

describe('the umask', () => {
  it('is kept to in places and in the cache, and says nothing of the content', async () => {
    const stages = { one: 'echo 1 > $o', two: 'mkdir $o; echo 2 > $o/f; chmod 777 $o/f' };
    const workspace = makeStages(stages, reader('next', 'two', 'cat $i/f > $o'));
    expect(await workspace.run([], { umask: '077' })).toMatchObject({ code: 0, executed: 3 });
    expect(describeTree(join(workspace.path, 'out'))).toEqual({
      '.': '700 folder',
      one: '600 1\n',
      two: '700 folder',
      'two/f': '700 2\n',
      next: '600 2\n',
    });
    for (const object of workspace.list('.pipeline/cache/objects')) {
      expect(lstatSync(join(workspace.path, object)).mode & 0o077).toBe(0);
    }
    workspace.remove('.pipeline');
    const events = parseEvents(await workspace.run(['--json'], { umask: '022' }));
    expect(nodesThat(events, 'executed')).toHaveLength(3);
  });
});

describe.skipIf(!isRoot)('an output of a user without privileges (skipped: needs root)', () => {
  const options: CommandOptions = { user: USER };

  it('is kept, restored, copied, replaced and cleaned, be it read-only or not', async () => {
    const workspace = makeStages(
      KINDS,
      reader('copy', 'plain', 'cp $i $o && echo 2 >> $o') +
        reader('again', 'frozen', 'cat $i/sub/f > $o'),
    );
    await chown(workspace.path, USER, USER);
    expect(await workspace.run([], options)).toMatchObject({ code: 0, failed: 0 });
    expect(workspace.read('out/copy')).toBe('1\n2\n');
    const made = describeTree(join(workspace.path, 'out'));
    workspace.edit('pipeline.yaml', 'echo 1 > $o/sub/f;', 'echo 3 > $o/sub/f;');
    expect(await workspace.run([], options)).toMatchObject({ code: 0, executed: 2 });
    workspace.edit('pipeline.yaml', 'echo 3 > $o/sub/f;', 'echo 1 > $o/sub/f;');
    expect(await workspace.run([], options)).toMatchObject({ code: 0, executed: 0 });
    expect(describeTree(join(workspace.path, 'out'))).toEqual(made);
    expect((await workspace.start(['clean'], options).result).code).toBe(0);
    expect(workspace.exists('out/frozen')).toBe(false);
    expect(
      workspace.names('.pipeline/tmp').flatMap((name) => workspace.names(`.pipeline/tmp/${name}`)),
    ).toEqual([]);
  });

  it('leaves no private folder behind that could not be written to', async () => {
    const workspace = makeStages({ a: 'mkdir -p $o/x/y; touch $o/x/y/z; chmod -R 555 $o; exit 1' });
    await chown(workspace.path, USER, USER);
    expect((await workspace.run([], options)).code).toBe(1);
    expect(
      workspace.names('.pipeline/tmp').flatMap((name) => workspace.names(`.pipeline/tmp/${name}`)),
    ).toEqual([]);
  });
});

describe('what a stage leaves running', () => {
  it.skipIf(!existsSync('/proc/self/fd'))(
    'writes to nothing that is kept (needs /proc)',
    async () => {
      const daemon = 'touch started; cat gate; echo late >&3; cat end';
      const workspace = makeStages({
        a: `mkdir $o; exec 3> $o/log; echo early >&3; ln $o/log $o/other
setsid bash -c '${daemon}' &
until [ -e started ]; do sleep 0.01; done`,
      });
      workspace.makeGate('gate');
      workspace.makeGate('end');
      const first = await workspace.run();
      await (await workspace.arrival('gate')).close();
      // It has written by then.
      await (await workspace.arrival('end')).close();
      expect(first).toMatchObject({ code: 0, executed: 1 });
      expect(workspace.read('out/a/log')).toBe('early\n');
      expect(await workspace.start(['cache', 'verify']).result).toMatchObject({ code: 0 });
      workspace.remove('out');
      expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 1 });
      expect(workspace.read('out/a/other')).toBe('early\n');
    },
  );
});
