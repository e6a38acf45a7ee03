/** That what is remembered of nodes that were up to date is never believed wrongly. */

import { cpSync, lstatSync, renameSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  actionPath,
  makeWorkspace,
  type NodeStatus,
  nodesThat,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const files = {
  'pipeline.yaml': `version: 1
default_profile: small
params: { title: one }
profiles: { small: {}, large: { params: { title: two } } }
stages:
  upper: { command: "tr a-z A-Z < {{ inputs.i }} > {{ outputs.o }}", inputs: { i: raw.txt }, outputs: { o: out/upper } }
  joined: { module: join.ts, env: [MODE], inputs: { u: { from: upper, output: o }, d: parts }, outputs: { o: out/joined } }
  page: { template: page.njk, outputs: { o: { path: out/page.yaml, mutable: [state] } } }
  last: { command: "cat {{ inputs.p }} {{ inputs.j }} > {{ outputs.o }}", inputs: { p: { from: page, output: o }, j: { from: joined, output: o } }, outputs: { o: out/last } }
`,
  'raw.txt': 'abc\n',
  'parts/one': 'part one\n',
  'parts/two': 'part two\n',
  'join.ts': `
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { zero } from 'zero';
export async function run({ inputs, outputs }) {
  const folder = inputs.d[0].path;
  const parts = readdirSync(folder).sort().map((name) => readFileSync(folder + '/' + name, 'utf8'));
  const text = readFileSync(inputs.u[0].path, 'utf8') + (process.env.MODE ?? '') + zero + parts.join('');
  writeFileSync(outputs.o, text);
}
`,
  'page.njk': 'title: {{ title }}\n',
  'node_modules/zero/package.json': '{"name":"zero","version":"1.0.0","main":"index.js"}',
  'node_modules/zero/index.js': 'exports.zero = 0;\n',
  'package-lock.json': lockfile('sha512-a'),
};

function lockfile(integrity: string): string {
  const zero = { version: '1.0.0', integrity };
  return JSON.stringify({ lockfileVersion: 3, packages: { '': {}, 'node_modules/zero': zero } });
}

/** What a run executed and put back. */
async function outcome(
  workspace: Workspace,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  const result = await workspace.run(['--json', ...args], { env });
  expect(result.code, result.stdout + result.stderr).toBe(0);
  const events = parseEvents(result);
  const restored = events.flatMap((event) =>
    event.type === 'node-finished' && event.restored ? [event.node] : [],
  );
  return { executed: nodesThat(events, 'executed').sort(), restored: restored.sort(), events };
}

async function status(
  workspace: Workspace,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<readonly NodeStatus[]> {
  const { stdout } = await workspace.start(['status', '--json', ...args], { env }).result;
  return JSON.parse(stdout) as readonly NodeStatus[];
}

/** Changes a file and gives it the times that it had. */
function changeUnderOldTime({ path }: Workspace, file: string, change: () => void): void {
  const { atime, mtime } = lstatSync(join(path, file));
  change();
  utimesSync(join(path, file), atime, mtime);
}

const NOTHING = { executed: [], restored: [] };

describe('nodes that were up to date', () => {
  const workspace = makeWorkspace(files);
  const again = async (
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ) => {
    // What looks without running recalls the same and is to say what a run will do.
    const nodes = await status(workspace, args, env);
    const nodesIn = (state: string) =>
      nodes.filter((one) => one.state === state).map(({ node }) => node);
    const { executed, restored } = await outcome(workspace, args, env);
    expect(executed).toEqual(expect.arrayContaining(nodesIn('run')));
    expect(restored).toEqual(expect.arrayContaining(nodesIn('cached')));
    for (const node of nodesIn('up-to-date'))
      expect([...executed, ...restored]).not.toContain(node);
    return { executed, restored };
  };

  beforeEach(async () => {
    await again();
    expect(await again()).toEqual(NOTHING);
  });

  it('are told of one by one, with what they reported', async () => {
    const { events } = await outcome(workspace);
    expect(nodesThat(events, 'cached').sort()).toEqual(['joined', 'last', 'page', 'upper']);
  });

  it('are put right where an output was overwritten with the same size and time', async () => {
    changeUnderOldTime(workspace, 'out/upper', () => {
      workspace.remove('out/upper');
      workspace.write('out/upper', 'XYZ\n');
    });
    expect(await again()).toEqual({ executed: [], restored: ['upper'] });
    expect(workspace.read('out/upper')).toBe('ABC\n');
    workspace.remove('out/last');
    expect(await again()).toEqual({ executed: [], restored: ['last'] });
  });

  it('run where an input was replaced by another file of the same size and time', async () => {
    workspace.write('other.txt', 'xyz\n');
    changeUnderOldTime(workspace, 'raw.txt', () =>
      renameSync(join(workspace.path, 'other.txt'), join(workspace.path, 'raw.txt')),
    );
    expect((await again()).executed).toEqual(['joined', 'last', 'upper']);
    expect(workspace.read('out/last')).toContain('XYZ\n');
    workspace.write('raw.txt', 'abc\n');
    expect(await again()).toEqual({ executed: [], restored: ['joined', 'last', 'upper'] });
    expect(workspace.read('out/last')).toContain('ABC\n');
  });

  it('run where a file of an input folder was changed, added or removed', async () => {
    changeUnderOldTime(workspace, 'parts/two', () => workspace.write('parts/two', 'part 2.0\n'));
    expect((await again()).executed).toEqual(['joined', 'last']);
    workspace.write('parts/three', '');
    expect((await again()).executed).toContain('joined');
    workspace.remove('parts/three');
    workspace.write('parts/two', 'part two\n');
    expect((await again()).executed).toEqual([]);
  });

  it('run where their record was damaged in its place, or is gone', async () => {
    const [upper] = (await workspace.status()).filter(({ node }) => node === 'upper');
    const record = actionPath(upper?.fingerprint ?? '');
    changeUnderOldTime(workspace, record, () =>
      workspace.write(record, workspace.read(record).replace('"schema"', '"shcema"')),
    );
    const { executed, events } = await outcome(workspace);
    expect(executed).toEqual(['upper']);
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', node: 'upper' }));
    expect(await again()).toEqual(NOTHING);
    workspace.remove(record);
    expect((await again()).executed).toEqual(['upper']);
  });

  it('run where a variable, the code, a template or a locked package is another', async () => {
    expect((await again([], { MODE: 'm' })).executed).toEqual(['joined', 'last']);
    expect((await again()).executed).toEqual([]);
    expect(workspace.read('out/joined')).toBe('ABC\n0part one\npart two\n');
    workspace.edit('join.ts', "?? ''", "?? '-'");
    expect((await again()).executed).toEqual(['joined', 'last']);
    workspace.edit('page.njk', 'title', 'name');
    expect((await again()).executed).toEqual(['last', 'page']);
    workspace.write('package-lock.json', lockfile('sha512-b'));
    expect((await again()).executed).toEqual(['joined']);
  });

  it('are others under another profile or setting, back and forth', async () => {
    const title = () => workspace.read('out/last').split('\n')[0];
    const before = title();
    await again(['--profile', 'large']);
    expect(title()).toContain('two');
    for (let turn = 0; turn < 2; turn++) {
      expect(await again()).toEqual({ executed: [], restored: ['last', 'page'] });
      expect(title()).toBe(before);
      expect((await again(['--set', 'title=two'])).executed).toEqual([]);
      expect(title()).toContain('two');
    }
  });

  it('keep what may be edited in their outputs, and nothing else', async () => {
    const page = workspace.read('out/page.yaml');
    workspace.write('out/page.yaml', `${page}state: { at: 3 }\n`);
    expect(await again()).toEqual(NOTHING);
    workspace.write('out/page.yaml', `${page}state: { at: 3 }\nmore: 1\n`);
    expect(await again()).toEqual({ executed: [], restored: ['page'] });
    expect(workspace.read('out/page.yaml')).toBe(`${page}state: { at: 3 }\n`);
  });

  it.each(['', 'x', 'x'.repeat(5000)])(
    'are inspected where the memory is damaged',
    async (text) => {
      const memos = workspace.list('.pipeline/memo').filter((path) => path.includes('/recall-'));
      expect(memos.length).toBeGreaterThan(0);
      for (const memo of memos) workspace.write(memo, text);
      expect(await again()).toEqual(NOTHING);
    },
  );

  it('are those of the workspace that is asked about, not of the one it was copied from', async () => {
    const copy = makeWorkspace({});
    cpSync(workspace.path, copy.path, { recursive: true, preserveTimestamps: true });
    copy.write('raw.txt', 'copied\n');
    copy.remove('out/page.yaml');
    expect((await outcome(copy)).restored).toEqual(['page']);
    expect(copy.read('out/last')).toContain('COPIED\n');
    expect(await again()).toEqual(NOTHING);
  });

  it('are found by two processes at once, and by the next', async () => {
    workspace.write('raw.txt', `${Math.random()}\n`);
    const both = await Promise.all([outcome(workspace), outcome(workspace)]);
    const executed = both.flatMap((one) => one.executed).sort();
    expect(executed).toEqual(['joined', 'last', 'upper']);
    expect(await again()).toEqual(NOTHING);
    expect(workspace.read('out/last')).toContain(workspace.read('raw.txt'));
  });
});

describe('a result that is not the same each time', () => {
  it('changes what reads it, where only it was made again', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  clock: { command: "date +%s%N > {{ outputs.o }}", outputs: { o: clock } }
  reads: { command: "cat {{ inputs.c }} > {{ outputs.o }}", inputs: { c: { from: clock, output: o } }, outputs: { o: read } }
`,
    });
    await outcome(workspace);
    await outcome(workspace);
    expect((await outcome(workspace, ['--force', 'clock'])).executed).toEqual(['clock']);
    expect((await outcome(workspace)).executed).toEqual(['reads']);
    expect(workspace.read('read')).toBe(workspace.read('clock'));
    expect((await outcome(workspace)).executed).toEqual([]);
  });
});
