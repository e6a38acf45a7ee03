import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { endWatching, Watching } from '../../fixtures/watching.ts';
import {
  isRoot,
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);
// Hooks run last to first.
afterAll(endWatching);

const canTrace = spawnSync('strace', ['-D', '-f', '-o', '/dev/null', 'true']).status === 0;

/** A stage that gathers the text files of a folder, after it has come to a gate where there is one. */
function makeGatherer(files: Readonly<Record<string, string>> = {}, more = ''): Workspace {
  return makeWorkspace({
    'pipeline.yaml': `version: 1
${more}stages:
  a: { command: "if [ -p gate ]; then cat gate; fi; cat {{ inputs.d }}/*.txt > {{ outputs.o }}", inputs: { d: data }, outputs: { o: out/a } }
`,
    'data/a.txt': 'a',
    ...files,
  });
}

const link = (workspace: Workspace, target: string, path: string) =>
  symlinkSync(target, join(workspace.path, path));

describe('what programs leave in an input folder', () => {
  it('counts not: the cache of Python, which each import writes', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  a: { command: "python3 src/main.py > {{ outputs.o }}", inputs: { src: src }, outputs: { o: out/a } }
`,
      'src/main.py': 'import helper\nprint(helper.text)\n',
      'src/helper.py': 'text = "one"\n',
    });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
    expect(workspace.list('src/__pycache__')).toHaveLength(1);
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 1 });
    workspace.write('src/helper.py', 'text = "another"\n');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
    workspace.remove('src/__pycache__');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 1 });
    expect(workspace.read('out/a')).toBe('another\n');
  });

  it('counts not, be it while a stage runs, a link to nothing, or a folder nobody may open', async () => {
    const workspace = makeGatherer();
    workspace.makeGate('gate');
    const running = workspace.run();
    const gate = await workspace.arrival('gate');
    workspace.write('data/.a.txt.swp', 'swap');
    workspace.write('data/a.txt~', 'backup');
    await gate.close();
    expect(await running).toMatchObject({ code: 0, executed: 1 });
    workspace.remove('data/.a.txt.swp');
    workspace.write('data/.DS_Store', '');
    link(workspace, 'me@host.1:2', 'data/.#a.txt');
    workspace.write('data/.git/config', '');
    workspace.write('data/deep/.ipynb_checkpoints/x.ipynb', '');
    workspace.write('data/lost+found/x', '');
    chmodSync(join(workspace.path, 'data/lost+found'), 0);
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 1 });
    expect(await workspace.status()).toMatchObject([{ state: 'up-to-date' }]);
    workspace.write('data/b.txt', 'b');
    const again = workspace.run();
    await (await workspace.arrival('gate')).close();
    expect(await again).toMatchObject({ code: 0, executed: 1 });
    expect(workspace.read('out/a')).toBe('ab');
  });

  it('wakes no watch', async () => {
    const workspace = makeGatherer({ 'data/.git/HEAD': 'ref' });
    const watching = new Watching(workspace);
    await watching.untilDone();
    workspace.write('data/.a.txt.swp', '');
    workspace.write('data/.git/HEAD', 'other');
    // In one step: a folder that is empty for a moment counts for that moment.
    workspace.write('new/__pycache__/x.pyc', '');
    renameSync(join(workspace.path, 'new'), join(workspace.path, 'data/new'));
    link(workspace, 'me@host.1:2', 'data/.#a.txt');
    workspace.write('data/b.txt', 'b');
    expect(await watching.untilDone()).toMatchObject({ woken: [['data/b.txt']], executed: ['a'] });
    expect((await watching.interrupt()).stderr).toBe('');
  });

  it.skipIf(!canTrace)(
    'is told of by no audit, which advises what works (needs strace)',
    async () => {
      const workspace = makeWorkspace({
        'pipeline.yaml': `version: 1
stages:
  train: { command: "git rev-parse HEAD || true; touch side.tmp.1; mv side.tmp.1 side; python3 train.py > {{ outputs.o }}", outputs: { o: out/o } }
`,
        'train.py': 'import lib.model\nprint(lib.model.text, open("lib/words.txt").read())\n',
        'lib/words.txt': 'words\n',
        'lib/__init__.py': '',
        'lib/model.py': 'text = 1\n',
      });
      execFileSync('git', ['init', '-q'], { cwd: workspace.path });
      const { stdout, code } = await workspace.run(['--audit']);
      expect(code).toBe(0);
      const told = stdout.split('\n').filter((line) => line.startsWith('[warning]'));
      expect(told.map((line) => line.replace('[warning] train: ', ''))).toEqual([
        'reads lib/words.txt, which it does not declare; add to pipeline.yaml:3:10',
        '  inputs:',
        '    words: lib/words.txt',
        'writes side, side.tmp.1 beside its outputs; add to pipeline.yaml:3:125',
        '  outputs:',
        '    side: side',
        'side.tmp.1: which is not there any more',
      ]);
      workspace.edit('pipeline.yaml', 'outputs:', 'inputs: { words: lib/words.txt }, outputs:');
      workspace.edit('pipeline.yaml', 'touch side.tmp.1; mv side.tmp.1 side; ', '');
      const mended = await workspace.run(['--strict']);
      expect(mended).toMatchObject({ code: 0, executed: 1 });
      expect(mended.stdout).not.toContain('[warning]');
      expect(await workspace.run(['--strict'])).toMatchObject({ code: 0, executed: 0 });
    },
  );

  it('counts where it is named: a file, a folder, and by a pattern with !', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
ignore: ["!*.pyc"]
stages:
  file: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: data/x~ }, outputs: { o: out/file } }
  folder: { command: "cat {{ inputs.i }}/x > {{ outputs.o }}", inputs: { i: data/.git/refs }, outputs: { o: out/folder } }
  again: { command: "cat {{ inputs.i }}/*.pyc > {{ outputs.o }}", inputs: { i: data }, outputs: { o: out/again } }
`,
      'data/x~': '1',
      'data/.git/refs/x': '1',
      'data/x.pyc': '1',
    });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 3 });
    workspace.write('data/x~', '2');
    expect(await workspace.run(['--json']).then(parseEvents).then(executed)).toEqual(['file']);
    workspace.write('data/.git/refs/x', '2');
    expect(await workspace.run(['--json']).then(parseEvents).then(executed)).toEqual(['folder']);
    workspace.write('data/x.pyc', '2');
    expect(await workspace.run(['--json']).then(parseEvents).then(executed)).toEqual(['again']);
  });

  const executed = (events: ReturnType<typeof parseEvents>) => nodesThat(events, 'executed');
});

describe('the list `ignore`', () => {
  it('takes out more; a change of it runs again only what reads a file that it touches', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
ignore: ["*.log"]
stages:
  a: { command: "ls {{ inputs.d }} > {{ outputs.o }}", inputs: { d: data }, outputs: { o: out/a } }
  b: { command: "ls {{ inputs.d }} > {{ outputs.o }}", inputs: { d: more }, outputs: { o: out/b } }
`,
      'data/a.txt': 'a',
      'data/raw/x.log': 'x',
      'more/notes.bak': 'n',
      '.gitignore': 'data\nmore\n',
    });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
    workspace.write('data/raw/x.log', 'changed');
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 2 });
    workspace.edit('pipeline.yaml', '["*.log"]', '["*.log", "*.bak", /raw, /data/none]');
    expect(nodesThat(parseEvents(await workspace.run(['--json'])), 'executed')).toEqual(['b']);
    workspace.edit('pipeline.yaml', '["*.log", ', '[');
    expect(nodesThat(parseEvents(await workspace.run(['--json'])), 'executed')).toEqual(['a']);
    // What git does not track counts all the same: data seldom is.
    workspace.write('data/a.txt', 'A');
    expect(nodesThat(parseEvents(await workspace.run(['--json'])), 'executed')).toEqual(['a']);
  });

  it('lets outputs lie in an input folder where they do not count', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  a: { command: "cat src/x > {{ outputs.o }}", inputs: { all: . }, outputs: { o: build/a } }
`,
      'src/x': '1',
    });
    const refused = await workspace.run();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('leave it out of the folder by a line of `ignore`');
    workspace.edit('pipeline.yaml', 'stages:', 'ignore: [/build/]\nstages:');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0 });
    workspace.write('src/x', '2');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
  });

  it('has its mistakes told with their places', async () => {
    const workspace = makeGatherer(
      {},
      'ignore:\n  - "#x"\n  - ./a\n  - data\\raw\n  - "img_[0-9"\n  - 7\n',
    );
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr).toContain('pipeline.yaml:7:5: ignore.4 is the number 7');
    workspace.edit('pipeline.yaml', '  - 7\n', '');
    const mended = await workspace.run();
    for (const [place, text] of [
      ['3:5', 'is a comment'],
      ['4:5', 'names do not come with . or ..'],
      ['5:5', 'has a backslash'],
      ['6:5', 'has a [ that is never closed'],
    ]) {
      expect(mended.stderr).toMatch(
        new RegExp(`pipeline\\.yaml:${place}: .*${text?.replace(/[[.]/g, '\\$&')}`),
      );
    }
  });
});

describe('what cannot be read in an input folder', () => {
  const two = `version: 1
stages:
  bad: { command: "ls {{ inputs.d }} > {{ outputs.o }}", inputs: { d: data }, outputs: { o: out/bad } }
  good: { command: "cat {{ inputs.d }} > {{ outputs.o }}", inputs: { d: x }, outputs: { o: out/good } }
  below: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: { from: bad, output: o } }, outputs: { o: out/below } }
`;

  it.concurrent.each<[string, (path: string) => void]>([
    ['a link in a circle', (path) => symlinkSync('odd', path)],
    ['a socket', (path) => void createServer().listen(path).unref()],
  ])('is a mistake of the stage, with the line that leaves it out: %s', async (what, make) => {
    const workspace = makeWorkspace({ 'pipeline.yaml': two, x: '1', 'data/deep/a': '' });
    make(join(workspace.path, 'data/deep/odd'));
    await expectOneMistake(workspace, what);
  });

  it.skipIf(!isRoot).concurrent(
    'is a mistake of the stage: a file that the user may not read (needs root, to be another user)',
    async () => {
      const workspace = makeWorkspace({ 'pipeline.yaml': two, x: '1', 'data/deep/odd': '' });
      execFileSync('chown', ['-R', '4321', workspace.path]);
      execFileSync('chown', ['root', join(workspace.path, 'data/deep/odd')]);
      chmodSync(join(workspace.path, 'data/deep/odd'), 0o600);
      await expectOneMistake(workspace, 'not readable for you', { user: 4321 });
    },
  );

  it.concurrent('is a mistake of the stage where the input itself is that', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': two.replace('d: data', 'd: loop'),
      x: '1',
    });
    link(workspace, 'loop', 'loop');
    const { code, stdout } = await workspace.run(['--keep-going']);
    expect(code).toBe(1);
    expect(stdout).toContain('the input "d" of bad has no content');
    expect(stdout).toContain('loop is a link in a circle');
    expect(stdout).toContain('1 executed, 0 cached, 1 failed');
  });

  async function expectOneMistake(
    workspace: Workspace,
    what: string,
    options: { readonly user?: number } = {},
  ): Promise<void> {
    await new Promise(setImmediate);
    const mistake = `the input "d" of bad has no content that could be compared: data/deep/odd is ${what}`;
    const hint = 'ignore: ["/data/deep/odd"]';
    const [status, plan, graph, run] = await Promise.all([
      workspace.start(['status'], options).result,
      workspace.start(['plan'], options).result,
      workspace.start(['graph', '--format', 'json'], options).result,
      workspace.run(['--keep-going'], options),
    ]);
    expect(status.stdout).toMatch(/^bad +cannot run: its inputs cannot be read$/m);
    expect(plan.stdout).toMatch(/^below +may run/m);
    expect(JSON.parse(graph.stdout)).toBeTruthy();
    for (const { code, stderr } of [status, plan, graph]) {
      expect(code).toBe(2);
      expect(stderr).toContain(`pipeline.yaml:3:`);
      expect(stderr).toContain(mistake);
      expect(stderr).toContain(hint);
    }
    expect(run).toMatchObject({ code: 1, executed: 1, failed: 1 });
    expect(run.stdout).toContain(mistake);
    expect(run.stdout).toContain(hint);
    workspace.edit('pipeline.yaml', 'stages:', `${hint}\nstages:`);
    expect(await workspace.run([], options)).toMatchObject({ code: 0, executed: 2, cached: 1 });
  }
});

describe('an input folder that really changes while a stage reads it', () => {
  it('costs the result; the files are named, and how to leave one out', async () => {
    const workspace = makeGatherer({ 'data/b.txt': 'b' });
    workspace.makeGate('gate');
    const running = workspace.run();
    const gate = await workspace.arrival('gate');
    workspace.write('data/a.txt', 'A');
    workspace.write('data/deep/c.txt', 'c');
    workspace.remove('data/b.txt');
    await gate.close();
    const { code, stdout } = await running;
    expect(code).toBe(1);
    expect(stdout).toContain(
      'its input data (data/a.txt changed, data/b.txt removed, data/deep/c.txt added) changed while it ran',
    );
    expect(stdout).toContain('If it decides nothing, such as a log: ignore: ["/data/a.txt"]');
  });
});

describe('junk in an output folder', () => {
  const chain = `version: 1
stages:
  make: { command: "mkdir {{ outputs.o }}; echo 1 > {{ outputs.o }}/x.py; echo own > {{ outputs.o }}/own.pyc", outputs: { o: out/lib } }
  read: { command: "cat {{ inputs.i }}/x.py > {{ outputs.o }}; if [ -p gate ]; then cat gate; fi", inputs: { i: { from: make, output: o } }, outputs: { o: out/read } }
`;

  it('that came later changes nothing and stays; what the stage wrote itself counts', async () => {
    const workspace = makeWorkspace({ 'pipeline.yaml': chain });
    workspace.makeGate('gate');
    const running = workspace.run();
    const gate = await workspace.arrival('gate');
    writeFileSync(join(workspace.path, 'out/lib/.x.py.swp'), '');
    workspace.write('out/lib/__pycache__/x.cpython-311.pyc', 'compiled');
    link(workspace, 'me@host.1:2', 'out/lib/.#x.py');
    await gate.close();
    expect(await running).toMatchObject({ code: 0, executed: 2 });
    expect(await workspace.status()).toMatchObject([
      { state: 'up-to-date' },
      { state: 'up-to-date' },
    ]);
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 2 });
    expect(workspace.read('out/lib/__pycache__/x.cpython-311.pyc')).toBe('compiled');
    workspace.remove('out/lib/own.pyc');
    expect(await workspace.status()).toMatchObject([{ state: 'cached' }, { state: 'up-to-date' }]);
    await workspace.run();
    expect(workspace.read('out/lib/own.pyc')).toBe('own\n');
  });

  it('that the stage wrote may be written anew by who uses it: compiled Python, the index of git', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  lib:
    command: |
      mkdir {{ outputs.o }}
      echo "text = 'one'" > {{ outputs.o }}/m.py
      touch -d 2020-01-01 {{ outputs.o }}/m.py
      python3 -m compileall -q {{ outputs.o }}
      git init -q {{ outputs.o }}
      git -C {{ outputs.o }} add -f .
    outputs: { o: lib }
  use:
    command: |
      PYTHONPATH={{ inputs.lib }} python3 -c 'import m; print(m.text)' > {{ outputs.o }}
      git -C {{ inputs.lib }} status --short > /dev/null
    inputs: { lib: { from: lib, output: o } }
    outputs: { o: out/use }
`,
    });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
    const compiled = join(workspace.path, 'lib/__pycache__');
    const [name = ''] = readdirSync(compiled);
    writeFileSync(join(compiled, name), 'compiled anew');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 2 });
    expect(workspace.read(`lib/__pycache__/${name}`)).toBe('compiled anew');
    workspace.remove('lib/__pycache__');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 2 });
    expect(workspace.exists('lib/__pycache__')).toBe(false);
    workspace.write('lib/m.py', 'edited');
    const edited = await workspace.run();
    expect(edited.stdout).toContain('[cached] lib (restored)');
    expect(workspace.exists('lib/__pycache__')).toBe(true);
  });
});
