import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  actionPath,
  makeWorkspace,
  objectPath,
  parseEvents,
  removeWorkspaces,
} from '../../fixtures/workspace.ts';

/** What stands for a value. */
const DIGEST = expect.stringMatching(/^hmac:[0-9a-f]{64}$/) as unknown;

afterAll(removeWorkspaces);

const stage = (imports: string, text: string) => `
import { readFileSync, writeFileSync } from 'node:fs';
${imports}
export async function run(c) {
  const w = readFileSync(c.inputs.w[0].path, 'utf8');
  writeFileSync(c.outputs.o, String(${text}));
}
`;

const lockfile = (version: string) =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: { 'node_modules/tiny': { version, integrity: `sha512-${version}` } },
  });

const files = {
  'pipeline.yaml': `version: 1
params: { scale: 2, words: 3, title: Counts, sizes: { small: 1, large: 9 } }
stages:
  words: { command: "head -n {{ words }} {{ inputs.list }} > {{ outputs.o }}", inputs: { list: raw/list.txt }, outputs: { o: out/words } }
  upper: { module: upper.ts, inputs: { w: { from: words, output: o }, d: raw/dir }, outputs: { o: out/upper } }
  count: { module: count.ts, params: [scale, sizes], env: [MODE], inputs: { w: { from: upper, output: o } }, outputs: { o: out/count } }
  page: { template: page.njk, outputs: { o: out/page.yaml } }
  part: { module: part.ts, matrix: { i: [1, 2] }, inputs: { w: { from: words, output: o }, page: { from: page, output: o, as: params } }, outputs: { o: "out/part{{ i }}" } }
targets: { all: [count, part] }
`,
  'raw/list.txt': 'one\ntwo\nthree\nfour\n',
  'raw/dir/a': 'a',
  'raw/dir/sub/b': 'b',
  'upper.ts': stage("import { up } from './lib/text.ts';", 'up(w)'),
  'count.ts': stage("import { times } from 'tiny';", 'times(w.length, c.params.scale)'),
  'part.ts': `
import { mkdirSync, writeFileSync } from 'node:fs';
export async function run(c) {
  mkdirSync(c.outputs.o);
  writeFileSync(c.outputs.o + '/title', c.params.page.title);
  writeFileSync(c.outputs.o + '/rest', 'rest');
}
`,
  'lib/text.ts': "import { bySort } from './sort.ts';\nexport const up = (t) => bySort(t);\n",
  'lib/sort.ts': "import { cased } from './cased.ts';\nexport const bySort = (t) => cased(t);\n",
  'lib/cased.ts': 'export const cased = (t) =>\n  t.toUpperCase();\n',
  'page.njk': 'title: {{ title }}\n{% include "head.njk" %}\n',
  'head.njk': 'kind: page',
  'package-lock.json': lockfile('1.0.0'),
  'node_modules/tiny/package.json': '{ "name": "tiny", "type": "module", "main": "index.js" }',
  'node_modules/tiny/index.js': 'export const times = (a, b) => a * b;\n',
};

/** What `why --json` tells of one node, as far as these tests look at it. */
interface Told {
  readonly node: string;
  readonly state: string;
  readonly made: { readonly run: string; readonly startedAt: string; readonly host: string } | null;
  readonly madeFrom: Record<string, unknown> | null;
  readonly damagedRecord: string | null;
  readonly misplaced: readonly Record<string, unknown>[];
  readonly comparedWith: { readonly run: string; readonly node: string } | null;
  readonly differences: readonly Record<string, unknown>[];
  readonly causes: readonly {
    readonly chain: readonly string[];
    readonly reason: Record<string, unknown>;
  }[];
}

/** A workspace with the pipeline above, and ways to ask it. */
function open() {
  const workspace = makeWorkspace(files);
  const tell = async (node: string, args: readonly string[] = [], env = {}) => {
    const { result } = workspace.start(['why', node, '--json', ...args], { env });
    const { stdout, stderr, code } = await result;
    expect([stderr, code]).toEqual(['', 0]);
    const [first, ...rest] = JSON.parse(stdout) as Told[];
    if (first === undefined) throw new Error(`nothing was told of ${node}`);
    expect(rest).toEqual([]);
    return first;
  };
  const say = async (node: string, args: readonly string[] = []) =>
    (await workspace.start(['why', node, ...args]).result).stdout;
  return { workspace, tell, say };
}

describe('why', () => {
  const { workspace, tell, say } = open();
  let run = '';

  beforeAll(async () => {
    const fresh = await tell('count');
    expect(fresh).toMatchObject({ state: 'depends-on-upstream', made: null, comparedWith: null });
    expect(fresh.causes).toEqual([
      { chain: ['words', 'upper', 'count'], reason: { kind: 'never-run' } },
    ]);
    expect(await say('words')).toBe('words will run: it has not run before\n');
    const result = await workspace.run(['--json']);
    expect(result).toMatchObject({ code: 0, executed: 6 });
    const [first] = parseEvents(result);
    run = first?.type === 'run-started' ? first.runFolder.replace('.pipeline/runs/', '') : '';
  });

  it('says of what is up to date which run made it, when and where', async () => {
    const told = await tell('count');
    expect(told).toMatchObject({ state: 'up-to-date', made: { run }, differences: [], causes: [] });
    expect(told.made?.startedAt).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(told.madeFrom).toMatchObject({ node: 'count', params: { scale: 2 } });
    const said = await say('count');
    expect(said).toContain(`made by run ${run}, ${told.made?.startedAt}`);
    expect(said).toMatch(
      /made from:\n {4}(module|command) .+\n( {4}input .+\n)+ {4}parameters .*scale=2/,
    );
  });

  it('names a parameter, down to the member of an object, with both values', async () => {
    const told = await tell('count', ['--set', 'scale=5', '--set', 'sizes.large=10']);
    expect(told).toMatchObject({ state: 'run', made: null, comparedWith: { run } });
    expect(told.differences).toEqual([
      { kind: 'parameter', name: 'scale', before: 2, after: 5 },
      { kind: 'parameter', name: 'sizes.large', before: 9, after: 10 },
    ]);
    const text = await say('count', ['--set', 'scale=5']);
    expect(text).toContain('count will run: parameter scale 2 → 5');
    expect(text).toContain(`Since the nearest earlier run (run ${run}`);
  });

  it('names an environment variable', async () => {
    const { differences } = await tell('count', [], { MODE: 'fast' });
    expect(differences).toEqual([
      { kind: 'environment', name: 'MODE', before: null, after: DIGEST },
    ]);
  });

  it('names an input file', async () => {
    workspace.edit('raw/list.txt', 'two', 'six');
    const { differences } = await tell('words');
    expect(differences).toMatchObject([
      { kind: 'input', name: 'list', node: null, path: 'raw/list.txt', change: 'changed' },
    ]);
    workspace.write('raw/list.txt', files['raw/list.txt']);
  });

  it('names the files of an input folder that changed, came or went', async () => {
    workspace.write('raw/dir/a', 'longer');
    workspace.write('raw/dir/new', '');
    workspace.remove('raw/dir/sub');
    const { differences } = await tell('upper');
    expect(differences).toHaveLength(1);
    expect(differences[0]?.['files']).toEqual([
      { path: 'a', change: 'changed', before: 1, after: 6 },
      { path: 'new', change: 'added', before: null, after: 0 },
      { path: 'sub/b', change: 'removed', before: 1, after: null },
    ]);
    expect(await say('upper')).toContain('a changed (1 → 6 bytes)');
    workspace.write('raw/dir/a', 'a');
    workspace.write('raw/dir/sub/b', 'b');
    workspace.remove('raw/dir/new');
  });

  it('shows the changed lines of a module three imports away, and no module besides', async () => {
    workspace.edit('lib/cased.ts', 't.toUpperCase()', "t.toUpperCase().replace('TWO', '2')");
    workspace.edit('lib/sort.ts', 'export', '// A comment is no difference.\nexport');
    const { differences } = await tell('upper');
    expect(differences).toEqual([
      {
        kind: 'module',
        path: 'lib/cased.ts',
        change: 'changed',
        patch: {
          text: [
            '--- lib/cased.ts',
            '+++ lib/cased.ts',
            '@@ -1,2 +1,2 @@',
            ' export const cased = (t) =>',
            '-  t.toUpperCase();',
            "+  t.toUpperCase().replace('TWO', '2');",
          ].join('\n'),
          added: 1,
          removed: 1,
        },
      },
    ]);
    expect(await say('upper')).toContain("    +  t.toUpperCase().replace('TWO', '2');\n");
    workspace.write('lib/cased.ts', files['lib/cased.ts']);
    workspace.write('lib/sort.ts', files['lib/sort.ts']);
  });

  it('names a package with both versions', async () => {
    workspace.write('package-lock.json', lockfile('1.1.0'));
    const { differences } = await tell('count');
    expect(differences).toEqual([
      { kind: 'package', name: 'tiny', before: ['1.0.0'], after: ['1.1.0'] },
    ]);
    workspace.write('package-lock.json', files['package-lock.json']);
  });

  it('shows the changed lines of an included template', async () => {
    workspace.write('head.njk', 'kind: leaf');
    const { differences } = await tell('page');
    expect(differences).toMatchObject([
      {
        kind: 'module',
        path: 'head.njk',
        patch: { text: expect.stringMatching(/^-kind: page$[\s\S]*^\+kind: leaf$/m) },
      },
    ]);
    workspace.write('head.njk', files['head.njk']);
  });

  it('names a command line with both texts', async () => {
    workspace.edit('pipeline.yaml', 'head -n', 'head --lines');
    const { differences } = await tell('words');
    const text = 'head -n {{ words }} {{ inputs.list }} > {{ outputs.o }}';
    expect(differences).toEqual([
      {
        kind: 'action',
        before: { kind: 'command', text },
        after: { kind: 'command', text: text.replace('-n', '--lines') },
      },
    ]);
    workspace.write('pipeline.yaml', files['pipeline.yaml']);
  });

  it('follows what waits for others to the roots, and adds what differs in itself', async () => {
    const told = await tell('count', ['--set', 'words=2', '--set', 'scale=3']);
    expect(told.state).toBe('depends-on-upstream');
    expect(told.causes).toEqual([
      { chain: ['count'], reason: { kind: 'parameter', name: 'scale', before: 2, after: 3 } },
      {
        chain: ['words', 'upper', 'count'],
        reason: { kind: 'parameter', name: 'words', before: 3, after: 2 },
      },
    ]);
  });

  it('tells a missing and a changed output, and names the files of a folder', async () => {
    workspace.remove('out/count');
    expect((await tell('count')).misplaced).toEqual([
      { output: 'o', path: 'out/count', found: 'missing', files: null, stored: 'sound' },
    ]);
    expect(await say('count')).toContain('out/count is missing; the next run puts it back');
    chmodSync(join(workspace.path, 'out/part1/title'), 0o644);
    workspace.remove('out/part1/title');
    workspace.write('out/part1/title', 'my own');
    const told = await tell('part/1');
    expect(told).toMatchObject({
      state: 'cached',
      misplaced: [
        {
          path: 'out/part1',
          found: 'changed',
          files: [{ path: 'title', change: 'changed', before: 6, after: 6 }],
        },
      ],
    });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0 });
  });

  it('tells that the store lost its bytes too, so that the node will run', async () => {
    const { upper } = await workspace.digests(['upper']);
    chmodSync(join(workspace.path, objectPath(upper?.['o'] ?? '')), 0o644);
    writeFileSync(join(workspace.path, objectPath(upper?.['o'] ?? '')), 'tampered');
    workspace.remove('out/upper');
    const before = workspace.list('.pipeline/cache/objects');
    expect((await tell('upper')).misplaced).toMatchObject([{ stored: 'damaged' }]);
    expect(await say('upper')).toContain('it will run again');
    expect(workspace.list('.pipeline/cache/objects')).toEqual(before);
    const { stdout, executed } = await workspace.run(['--explain']);
    expect(executed).toBe(1);
    expect(stdout).toContain('[why] upper: its result in the cache is damaged or missing');
  });

  it('tells a damaged record', async () => {
    const status = await workspace.status(['page']);
    const path = actionPath(status[0]?.fingerprint ?? '');
    const text = workspace.read(path);
    workspace.write(path, text.slice(0, 80));
    const told = await tell('page');
    expect(told).toMatchObject({ state: 'run', damagedRecord: status[0]?.fingerprint });
    expect(told.causes).toEqual([{ chain: ['page'], reason: { kind: 'damaged-record' } }]);
    workspace.write(path, text);
  });

  it('gives a line for each node of a target, and suggests for an unknown one', async () => {
    const lines = (await say('all', ['--set', 'title=Numbers'])).trim().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['count', 'part/1', 'part/2']);
    expect(lines[1]).toContain('parameter title Counts → Numbers (page → part/1)');
    const unknown = await workspace.start(['why', 'part/3']).result;
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/unknown target "part\/3"[\s\S]*did you mean "part\/[12]"\?/);
  });

  it('changes nothing of the workspace or the results', async () => {
    const look = () => [
      workspace.list('out').map((path) => workspace.read(path)),
      workspace.list('.pipeline/cache/actions'),
      workspace.list('.pipeline/runs'),
    ];
    const before = look();
    await say('all', ['--set', 'words=1']);
    expect(look()).toEqual(before);
  });
});

describe('why, after several runs', () => {
  const { workspace, tell, say } = open();

  beforeAll(async () => {
    expect((await workspace.run()).code).toBe(0);
    const { code } = await workspace.run(['count', '--set', 'scale=3'], { env: { MODE: 'fast' } });
    expect(code).toBe(0);
  });

  it('compares with the run that differs least, not with the last', async () => {
    const near = await tell('count', ['--set', 'scale=3'], { MODE: 'slow' });
    expect(near.differences).toEqual([
      { kind: 'environment', name: 'MODE', before: DIGEST, after: DIGEST },
    ]);
    const other = await tell('count', ['--set', 'scale=4']);
    expect(other.differences).toEqual([{ kind: 'parameter', name: 'scale', before: 2, after: 4 }]);
  });

  it('answers the same without its index, which it makes again', async () => {
    const before = await tell('count', ['--set', 'scale=4']);
    workspace.remove('.pipeline/cache/history');
    expect(await tell('count', ['--set', 'scale=4'])).toEqual(before);
    expect(workspace.list('.pipeline/cache/history')).toHaveLength(5);
    workspace.write('.pipeline/cache/history/count.jsonl', '{"cut":\nnull\n');
    expect((await tell('count', ['--set', 'scale=4'])).causes).toEqual([
      { chain: ['count'], reason: { kind: 'never-run' } },
    ]);
    workspace.remove('.pipeline/cache/history');
  });

  it('run --explain says the same in a line for each node that runs', async () => {
    workspace.edit('lib/cased.ts', 't.toUpperCase()', "t.toUpperCase() + '!'");
    const { stdout } = await workspace.run(['all', '--explain']);
    const lines = stdout.split('\n').filter((line) => line.startsWith('[why]'));
    expect(lines).toEqual([
      '[why] upper: lib/cased.ts changed (+1 −1 lines)',
      '[why] count: lib/cased.ts changed (+1 −1 lines) (upper → count)',
    ]);
    expect((await workspace.run(['words', '--explain', '--force'])).stdout).toContain(
      '[why] words: it has a result, but --force was given',
    );
  });

  it('after the run, says what led from the run before to this one, from its root', async () => {
    const told = await tell('count');
    expect(told.state).toBe('up-to-date');
    expect(told.differences).toMatchObject([
      { kind: 'input', name: 'w', node: 'upper', path: 'out/upper', change: 'changed' },
    ]);
    expect(told.causes).toMatchObject([
      { chain: ['upper', 'count'], reason: { kind: 'module', path: 'lib/cased.ts' } },
    ]);
    expect(await say('count')).toMatch(/Root cause:\n {2}upper → count\n {4}lib\/cased.ts changed/);
  });

  it('follows parameters read from a file to the node that made the file', async () => {
    expect((await workspace.run(['page', '--set', 'title=Numbers'])).code).toBe(0);
    const told = await tell('part/2', ['--set', 'title=Numbers']);
    expect(told.state).toBe('run');
    expect(told.differences).toEqual([
      { kind: 'parameter', name: 'page.title', before: 'Counts', after: 'Numbers' },
    ]);
    expect(told.causes).toEqual([
      {
        chain: ['page', 'part/2'],
        reason: { kind: 'parameter', name: 'title', before: 'Counts', after: 'Numbers' },
      },
    ]);
  });

  it('finds the earlier run of a renamed node by its cell', async () => {
    workspace.edit('pipeline.yaml', 'part.ts, matrix', 'part.ts, name: "no{{ i }}", matrix');
    expect((await tell('part/no2')).differences).toEqual([
      {
        kind: 'node',
        before: { node: 'part/2', cell: { i: 2 } },
        after: { node: 'part/no2', cell: { i: 2 } },
      },
    ]);
  });
});
