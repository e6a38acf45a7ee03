import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../pipeline/progress/events.ts';
import { endWatching, summarize, type WakeSummary, Watching } from '../../fixtures/watching.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);
// Hooks run last to first.
afterAll(endWatching);

const writeOutput = (text: string) =>
  `writeFileSync(c.outputs.o, ${text});\n  writeFileSync(c.workspace + '/side', '');\n`;

const files = {
  'pipeline.yaml': `version: 1
params: { word: one }
stages:
  copy: { command: "cat {{ inputs.words }} > {{ outputs.o }}", inputs: { words: words.txt }, outputs: { o: out/copy } }
  list: { command: "find {{ inputs.folder }} -type f | sort | xargs cat > {{ outputs.o }}", inputs: { folder: folder }, outputs: { o: out/list } }
  config: { template: t/config.njk, outputs: { o: config.yaml } }
  left: { module: left.ts, inputs: { words: { from: copy, output: o } }, outputs: { o: out/left } }
  right: { module: code/right.ts, outputs: { o: out/right } }
`,
  'words.txt': 'words',
  'folder/a': 'a',
  't/config.njk': "word: {{ word }}\n{% include 'part.njk' %}\n",
  't/part.njk': 'part: 1\n',
  'left.ts': `import { writeFileSync } from 'node:fs';
import { text } from './lib/helper.ts';
export function run(c) {
  ${writeOutput('text')}}
`,
  'lib/helper.ts': "export const text: string = 'helped';\n",
  'code/right.ts': `import { writeFileSync } from 'node:fs';
export function run(c) {
  ${writeOutput("'right'")}}
`,
};

/** What one wake is expected to do. */
function wake(changed: readonly string[], executed: readonly string[]): WakeSummary {
  const runs = executed.length > 0 ? 1 : 0;
  return { woken: [changed], runs, executed, failed: [], mistakes: [] };
}

describe('pipeline watch', () => {
  const workspace = makeWorkspace(files);
  let watching: Watching;
  beforeAll(async () => {
    watching = new Watching(workspace, ['--keep-going']);
    const first = await watching.untilDone();
    expect(first).toMatchObject({ woken: [], runs: 1, failed: [] });
    expect(first.executed).toEqual(['config', 'copy', 'left', 'list', 'right']);
  });

  it.each<[string, (workspace: Workspace) => void, readonly string[], readonly string[]]>([
    [
      'YAML',
      (w) => w.edit('pipeline.yaml', 'word: one', 'word: two'),
      ['pipeline.yaml'],
      ['config'],
    ],
    ['an included template', (w) => w.write('t/part.njk', 'part: 2\n'), ['t/part.njk'], ['config']],
    [
      'stage code',
      (w) => w.edit('code/right.ts', "'right'", "'new'"),
      ['code/right.ts'],
      ['right'],
    ],
    [
      'a helper',
      (w) => w.write('lib/helper.ts', 'export const text = "better";\n'),
      ['lib/helper.ts'],
      ['left'],
    ],
    ['an input', (w) => w.write('words.txt', 'more'), ['words.txt'], ['copy', 'left']],
    [
      'a file that comes into an input folder',
      (w) => w.write('folder/deep/b', 'b'),
      ['folder/deep/b'],
      ['list'],
    ],
    ['a file that goes from an input folder', (w) => w.remove('folder/a'), ['folder/a'], ['list']],
    [
      'an editor that saves by renaming',
      (w) => replace(w, 'code/right.ts', "'new'", "'renamed'"),
      ['code/right.ts'],
      ['right'],
    ],
    ['a comment, nothing', (w) => w.edit('left.ts', 'export', '// why\nexport'), ['left.ts'], []],
    ['a new date, nothing', (w) => utimesSync(join(w.path, 'words.txt'), 1, 1), ['words.txt'], []],
  ])('runs what an edit touches: %s', async (_, edit, changed, executed) => {
    edit(workspace);
    expect(await watching.untilDone()).toEqual(wake(changed, executed));
  });

  it('takes a burst of edits for one', async () => {
    workspace.edit('pipeline.yaml', 'word: two', 'word: three');
    for (let i = 0; i < 20; i++) workspace.write(`folder/burst-${i}`, `${i}`);
    workspace.edit('code/right.ts', "'renamed'", "'burst'");
    const { woken, ...summary } = await watching.untilDone();
    expect(woken.flat()).toHaveLength(22);
    expect(woken).toHaveLength(1);
    expect(summary).toMatchObject({ runs: 1, executed: ['config', 'list', 'right'] });
  });

  it('follows a checkout of other files', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
        cwd: workspace.path,
        stdio: 'pipe',
      });
    workspace.write('.gitignore', '.pipeline\nout\nside\nconfig.yaml\n');
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'as it is');
    git('checkout', '-qb', 'other');
    workspace.edit('code/right.ts', "'burst'", "'of a branch'");
    workspace.write('words.txt', 'of a branch');
    expect(await watching.untilDone()).toMatchObject({
      runs: 1,
      executed: ['copy', 'left', 'right'],
    });
    git('commit', '-qam', 'of a branch');
    git('checkout', '-q', '-');
    const { woken, runs, executed } = await watching.untilDone();
    expect([woken, runs, executed]).toEqual([[['code/right.ts', 'words.txt']], 1, []]);
    expect([workspace.read('out/copy'), workspace.read('out/right')]).toEqual(['more', 'burst']);
  });

  it('follows imports: one that does not exist yet, a new one, none any more', async () => {
    workspace.edit('code/right.ts', 'export', "import { name } from '../late/name.ts';\nexport");
    workspace.edit('code/right.ts', "'burst'", 'name');
    expect(await watching.untilDone()).toMatchObject({
      runs: 0,
      mistakes: ['bad-import code/right.ts'],
    });
    workspace.write('late/name.ts', "export const name = 'late';\n");
    expect(await watching.untilDone()).toEqual(wake(['late/name.ts'], ['right']));
    workspace.write('late/name.ts', "export const name = 'later';\n");
    expect(await watching.untilDone()).toEqual(wake(['late/name.ts'], ['right']));
    expect(workspace.read('out/right')).toBe('later');
    workspace.edit('code/right.ts', "import { name } from '../late/name.ts';", "const name = '';");
    expect(await watching.untilDone()).toEqual(wake(['code/right.ts'], ['right']));
    workspace.write('late/name.ts', "export const name = 'unheard';\n");
    workspace.write('words.txt', 'heard');
    expect(await watching.untilDone()).toEqual(wake(['words.txt'], ['copy', 'left']));
  });

  it('shows mistakes and goes on when they are mended', async () => {
    workspace.edit(
      'pipeline.yaml',
      'command: "cat {{ inputs.words',
      'comand: "cat {{ inputs.words',
    );
    expect(await watching.untilDone()).toMatchObject({
      runs: 0,
      mistakes: ['unknown-key pipeline.yaml'],
    });
    workspace.edit('pipeline.yaml', 'comand: "cat', 'command: "head -c 3');
    expect(await watching.untilDone()).toEqual(wake(['pipeline.yaml'], ['copy', 'left']));
    workspace.write('t/part.njk', '{% if %}');
    expect(await watching.untilDone()).toMatchObject({ mistakes: ['template-error t/part.njk'] });
    workspace.write('t/part.njk', 'part: 3\n');
    expect(await watching.untilDone()).toEqual(wake(['t/part.njk'], ['config']));
  });

  it('runs a stage that failed again only when something that it reads has changed', async () => {
    workspace.write('lib/helper.ts', 'export const text = undefined;\n');
    expect(await watching.untilDone()).toMatchObject({ runs: 1, failed: ['left'], executed: [] });
    workspace.edit('code/right.ts', "''", "'other'");
    expect(await watching.untilDone()).toEqual(wake(['code/right.ts'], ['right']));
    workspace.write('lib/helper.ts', "export const text = 'mended';\n");
    expect(await watching.untilDone()).toEqual(wake(['lib/helper.ts'], ['left']));
  });

  it('goes on when its workspace goes and another comes in its place', async () => {
    const away = `${workspace.path}-away`;
    // What the last run has learnt is written by then.
    await expect.poll(() => workspace.names('.pipeline/tmp')).toEqual([]);
    renameSync(workspace.path, away);
    expect((await watching.untilDone()).mistakes).toEqual(['missing-file pipeline.yaml']);
    expect(existsSync(workspace.path)).toBe(false);
    renameSync(away, workspace.path);
    expect(await watching.untilDone()).toMatchObject({ mistakes: [], failed: [] });
    workspace.write('words.txt', 'words after all');
    expect((await watching.untilDone()).executed).toContain('copy');
  });

  it('ends with 130 on Ctrl-C and leaves nothing behind', async () => {
    const { code, stderr } = await watching.interrupt();
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(workspace.processes()).toEqual([]);
    expect(workspace.list('.pipeline/tmp')).toEqual([]);
    expect(workspace.cacheFaults()).toEqual([]);
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 5 });
  });
});

function replace(workspace: Workspace, path: string, from: string, to: string): void {
  workspace.write(`${path}.new`, workspace.read(path).replace(from, to));
  renameSync(join(workspace.path, `${path}.new`), join(workspace.path, path));
}

describe('pipeline watch with a mistake from the start', () => {
  it('ends with 2 where it is in the arguments', async () => {
    const { code, stderr } = await makeWorkspace(files).start(['watch', 'copi']).result;
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "copy"?');
  });

  it('waits where it is in a file', async () => {
    const workspace = makeWorkspace(files);
    workspace.edit('pipeline.yaml', 'template:', 'templates:');
    const watching = new Watching(workspace, ['config', '--set', 'word=given']);
    const { runs, mistakes } = await watching.untilDone();
    expect([runs, mistakes]).toEqual([0, expect.arrayContaining(['unknown-key pipeline.yaml'])]);
    workspace.edit('pipeline.yaml', 'templates:', 'template:');
    expect(await watching.untilDone()).toEqual(wake(['pipeline.yaml'], ['config']));
    expect(workspace.read('config.yaml')).toContain('word: given');
    expect(await watching.interrupt()).toMatchObject({ code: 130, stderr: '' });
  });
});

/** Stages that note each start in `starts` and wait at a gate where there is one. */
const gated = {
  'pipeline.yaml': `version: 1
stages:
  up: { module: up.ts, outputs: { o: out/up } }
  down: { command: "echo down >> starts; cat gate-down {{ inputs.up }} > {{ outputs.o }}", inputs: { up: { from: up, output: o } }, outputs: { o: out/down } }
  alone: { command: "echo alone >> starts; cat gate-alone {{ inputs.words }} > {{ outputs.o }}", inputs: { words: words.txt }, outputs: { o: out/alone } }
`,
  'words.txt': 'words',
  'up.ts': `import { appendFileSync, writeFileSync } from 'node:fs';
const bytes = 'up';
export function run(c) {
  appendFileSync(c.workspace + '/starts', 'up\\n');
  writeFileSync(c.outputs.o, bytes);
}
`,
};

describe.concurrent('an edit during a run', () => {
  async function startGated(args: readonly string[], gates: readonly string[]) {
    const workspace = makeWorkspace(gated);
    for (const gate of ['gate-down', 'gate-alone']) {
      if (gates.includes(gate)) workspace.makeGate(gate);
      else workspace.write(gate, '');
    }
    const watching = new Watching(workspace, args);
    const open = [];
    for (const gate of gates) open.push(await workspace.arrival(gate));
    const starts = () => workspace.read('starts').trim().split('\n').sort();
    return { workspace, watching, open, starts };
  }

  it('stops and starts again what it affects; the rest goes on and its result is kept', async () => {
    const gates = ['gate-down', 'gate-alone'];
    const { workspace, watching, open, starts } = await startGated(['--jobs', '2'], gates);
    workspace.write('words.txt', 'edited');
    await watching.until(isWoken);
    const events = await watching.until(isStart('alone'));
    open.push(await workspace.arrival('gate-alone'));
    for (const gate of open) await gate.close();
    events.push(...(await watching.untilWaiting()));
    expect(starts()).toEqual(['alone', 'alone', 'down', 'up']);
    expect(workspace.read('out/alone')).toBe('edited');
    expect(summarize(events)).toMatchObject({
      woken: [],
      runs: 1,
      executed: ['alone', 'down'],
      failed: [],
    });
    expect(await watching.interrupt()).toMatchObject({ code: 130, stderr: '' });
    expect(workspace.list('.pipeline/tmp')).toEqual([]);
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 3 });
  });

  it('lets a stage go on where what it reads comes out the same', async () => {
    const { workspace, watching, open, starts } = await startGated(['--jobs', '2'], ['gate-down']);
    workspace.edit('up.ts', "bytes = 'up'", "bytes = ['u', 'p'].join('')");
    await watching.until(isWoken);
    await watching.until((event) => event.type === 'node-finished' && event.node === 'up');
    for (const gate of open) await gate.close();
    expect(await watching.untilDone()).toMatchObject({ executed: ['down'], failed: [] });
    expect(starts()).toEqual(['alone', 'down', 'up', 'up']);
    await watching.interrupt();
  });

  it('stops a stage that keeps what it reads from being made', async () => {
    const args = ['down', '--jobs', '1'];
    const { workspace, watching, open, starts } = await startGated(args, ['gate-down']);
    workspace.edit('up.ts', "bytes = 'up'", "bytes = 'other'");
    await watching.until(isWoken);
    await watching.until(isStart('down'));
    open.push(await workspace.arrival('gate-down'));
    for (const gate of open) await gate.close();
    await watching.untilWaiting();
    expect(starts()).toEqual(['down', 'down', 'up', 'up']);
    expect(workspace.read('out/down')).toBe('other');
    await watching.interrupt();
  });

  it('that makes a mistake stops nothing', async () => {
    const { workspace, watching, open, starts } = await startGated(['down'], ['gate-down']);
    workspace.write('up.ts', 'export function run( {');
    await watching.until((event) => event.type === 'mistakes');
    for (const gate of open) await gate.close();
    expect(await watching.untilDone()).toMatchObject({ executed: ['down'] });
    expect(starts()).toEqual(['down', 'up']);
    await watching.interrupt();
  });

  it('is stopped by Ctrl-C with all the rest', async () => {
    const gates = ['gate-down', 'gate-alone'];
    const { workspace, watching, open } = await startGated(['--jobs', '2'], gates);
    workspace.write('words.txt', 'edited');
    await watching.until(isWoken);
    await watching.until(isStart('alone'));
    open.push(await workspace.arrival('gate-alone'));
    expect(await watching.interrupt()).toMatchObject({ code: 130, stderr: '' });
    expect(workspace.processes()).toEqual([]);
    expect(workspace.list('.pipeline/tmp')).toEqual([]);
    expect(workspace.cacheFaults()).toEqual([]);
    for (const gate of open) await gate.close();
    const { stdout } = await workspace.start(['runs', '-n', '1', '--json']).result;
    expect(JSON.parse(stdout)).toMatchObject([{ end: 'interrupted' }]);
  });
});

function isWoken(event: RunEvent): boolean {
  return event.type === 'watch' && event.state === 'woken';
}

/** After a wake: the stage begins anew, and nobody else reads its gate any more. */
function isStart(node: string): (event: RunEvent) => boolean {
  return (event) => event.type === 'node-started' && event.node === node;
}
