import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const writer = (imports: string, text: string) => `
import { readFileSync, writeFileSync } from 'node:fs';
${imports}
export async function run(c) {
  const read = (name) => c.inputs[name].map(({ path }) => readFileSync(path, 'utf8')).join('');
  writeFileSync(c.outputs.o, String(${text}));
}
`;

const files = {
  'pipeline.yaml': `version: 1
default_profile: small
params: { scale: 2, title: Counts, words: 3 }
profiles: { small: {}, large: { params: { words: 5 } } }
stages:
  words: { command: "head -n {{ words }} {{ inputs.list }} > {{ outputs.o }}", inputs: { list: raw/list.txt }, outputs: { o: out/words } }
  upper: { module: upper.ts, inputs: { w: { from: words, output: o } }, outputs: { o: out/upper } }
  count: { module: count.ts, params: [scale], inputs: { w: { from: upper, output: o } }, outputs: { o: out/count } }
  first: { module: first.ts, inputs: { w: { from: upper, output: o } }, outputs: { o: out/first } }
  page: { template: page.njk, outputs: { o: out/page } }
  parts:
    module: parts.ts
    inputs: { w: { from: words, output: o } }
    outputs: { o: out/parts, seconds: { path: out/seconds, volatile: true } }
  report: { command: "cat {{ inputs.all }} | sort > {{ outputs.o }}", inputs: { all: { from: parts, output: seconds } }, outputs: { o: out/report } }
`,
  'raw/list.txt': 'one\ntwo\nthree\nfour\nfive\n',
  'upper.ts': writer("import { up } from './lib/text.ts';", "up(read('w'))"),
  'count.ts': writer(
    "import { count } from './lib/count.ts';",
    "count(read('w')) * c.params.scale",
  ),
  'first.ts': writer('', "read('w')[0]"),
  'parts.ts': `
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
export async function run(c) {
  mkdirSync(c.outputs.o + '/sub', { recursive: true });
  writeFileSync(c.outputs.o + '/a', readFileSync(c.inputs.w[0].path));
  writeFileSync(c.outputs.o + '/sub/b', 'b');
  writeFileSync(c.outputs.seconds, String(process.hrtime.bigint()));
}
`,
  'lib/text.ts':
    "import { upperCase } from './case.ts';\nexport const up = (text) => upperCase(text);\n",
  'lib/case.ts': 'export const upperCase = (text) => text.toUpperCase();\n',
  'lib/count.ts':
    "// Counts lines.\nexport const count = (text) => text.trim().split('\\n').length;\n",
  'page.njk': '{% include "head.njk" %}: {{ title }}\n',
  'head.njk': 'Page',
};

describe('what runs again', () => {
  const workspace = makeWorkspace(files);
  const all = ['count', 'first', 'page', 'parts', 'report', 'upper', 'words'];
  /** Runs, and names the nodes that were executed. */
  const executed = async (...args: string[]) => {
    const result = await workspace.run(['--json', ...args]);
    expect(result.stderr).toBe('');
    expect(result.code).toBe(0);
    return nodesThat(parseEvents(result), 'executed').sort();
  };
  const at = (path: string) => join(workspace.path, path);

  beforeAll(async () => {
    expect(await executed()).toEqual(all);
    expect(workspace.read('out/count')).toBe('6');
  });

  it('is nothing where nothing changed', async () => {
    expect(await executed()).toEqual([]);
  });

  it('is nothing after a comment or a reformatting, of a module or of what it imports', async () => {
    workspace.edit('lib/count.ts', '// Counts lines.', '/** Counts the lines of a text. */');
    workspace.edit(
      'lib/case.ts',
      '(text) => text.toUpperCase();',
      '(text) =>\n  text\n    .toUpperCase()',
    );
    workspace.edit('upper.ts', 'export async', '// Writes.\nexport   async');
    expect(await executed()).toEqual([]);
  });

  it('is nothing where pipeline.yaml is laid out in another way, or asks for other resources', async () => {
    const { 'pipeline.yaml': text } = files;
    workspace.write(
      'pipeline.yaml',
      text
        .replace(
          / {2}words: .*/,
          `  # The first lines.
  words:
    outputs: {o: ./out/words}
    inputs:
      list: raw/list.txt
    resources: { cpus: 1 }
    timeout: 1h
    command: |
      head -n {{words}} {{  inputs.list }} > {{ outputs.o}}
`,
        )
        .replace(
          '{ scale: 2, title: Counts, words: 3 }',
          '{ words: 3.0, unused: 1, title: "Counts", scale: 2 }',
        ),
    );
    expect(await executed()).toEqual([]);
    workspace.write('pipeline.yaml', text);
  });

  it('is exactly what imports an edited helper, and stops where the bytes stay the same', async () => {
    workspace.edit('lib/case.ts', 'toUpperCase()', 'toLocaleUpperCase("en")');
    expect(await executed()).toEqual(['upper']);
    workspace.edit('lib/count.ts', '.length', '.length + 0');
    expect(await executed()).toEqual(['count']);
  });

  it('goes on below where the bytes change, as far as they do', async () => {
    workspace.write(
      'lib/case.ts',
      'export const upperCase = (t) => t.toUpperCase().replace("TWO", "2");\n',
    );
    expect(await executed()).toEqual(['count', 'first', 'upper']);
    workspace.write('lib/case.ts', files['lib/case.ts']);
    expect(await executed()).toEqual([]);
    expect(workspace.read('out/upper')).toBe('ONE\nTWO\nTHREE\n');
  });

  it('is exactly what reads a changed parameter; changed back, nothing', async () => {
    expect(await executed('--set', 'scale=3')).toEqual(['count']);
    expect(workspace.read('out/count')).toBe('9');
    expect(await executed('--set', 'title=Numbers')).toEqual(['page']);
    expect(await executed()).toEqual([]);
    expect(workspace.read('out/count')).toBe('6');
    expect(workspace.read('out/page')).toBe('Page: Counts\n');
  });

  it('follows an edit of a template or of one that it includes', async () => {
    workspace.write('head.njk', 'Leaf');
    expect(await executed()).toEqual(['page']);
    expect(workspace.read('out/page')).toBe('Leaf: Counts\n');
    workspace.write('head.njk', files['head.njk']);
    expect(await executed()).toEqual([]);
  });

  it('follows an input, also under a restored time and the same size', async () => {
    const { atimeMs, mtimeMs } = statSync(at('raw/list.txt'));
    workspace.write('raw/list.txt', files['raw/list.txt'].replace('two', 'six'));
    utimesSync(at('raw/list.txt'), atimeMs / 1000, mtimeMs / 1000);
    expect(await executed()).toEqual(['count', 'first', 'parts', 'upper', 'words']);
    expect(workspace.read('out/upper')).toBe('ONE\nSIX\nTHREE\n');
    workspace.write('raw/list.txt', files['raw/list.txt']);
    expect(await executed()).toEqual([]);
  });

  it('is nothing where an input changes beyond what is read: the bytes upstream stay', async () => {
    workspace.write('raw/list.txt', `${files['raw/list.txt']}six\n`);
    expect(await executed()).toEqual(['words']);
    workspace.write('raw/list.txt', files['raw/list.txt']);
  });

  it('follows the profile, and back', async () => {
    expect(await executed('--profile', 'large')).toEqual([
      'count',
      'first',
      'parts',
      'upper',
      'words',
    ]);
    expect(workspace.read('out/words').trim().split('\n')).toHaveLength(5);
    expect(await executed()).toEqual([]);
    expect(workspace.read('out/words').trim().split('\n')).toHaveLength(3);
    expect(workspace.read('out/parts/a')).toBe('one\ntwo\nthree\n');
  });

  it('is nothing below a volatile output, however its bytes change', async () => {
    const before = workspace.read('out/seconds');
    expect(await executed('parts', '--force')).toEqual(['parts', 'words']);
    expect(workspace.read('out/seconds')).not.toBe(before);
    expect(await executed()).toEqual([]);
  });

  it('is nothing where outputs were deleted or replaced by hand: they are put back', async () => {
    const before = workspace.list('out').map((path) => [path, workspace.read(path)]);
    workspace.remove('out/count');
    workspace.remove('out/first');
    workspace.write('out/first', 'mine');
    workspace.remove('out/page');
    workspace.write('out/page/inner', 'a folder');
    workspace.write('out/parts/extra/file', 'x');
    workspace.remove('out/parts/sub');
    expect(await executed()).toEqual([]);
    expect(workspace.list('out').map((path) => [path, workspace.read(path)])).toEqual(before);
    workspace.remove('out');
    expect(await executed()).toEqual([]);
    expect(workspace.list('out').map((path) => [path, workspace.read(path)])).toEqual(before);
  });

  it('is not what was written into in place: that does not reach the cache', async () => {
    const { atimeMs, mtimeMs } = statSync(at('out/upper'));
    writeFileSync(at('out/upper'), 'one\nTWO\nTHREE\n');
    utimesSync(at('out/upper'), atimeMs / 1000, mtimeMs / 1000);
    const result = await workspace.run();
    expect(result).toMatchObject({ code: 0, executed: 0, failed: 0 });
    expect(workspace.read('out/upper')).toBe('ONE\nTWO\nTHREE\n');
    expect(await executed()).toEqual([]);
  });

  it('is nothing with the state of other runs gone but the cache', async () => {
    for (const folder of ['memo', 'runs', 'tmp', 'scratch', 'code'])
      workspace.remove(`.pipeline/${folder}`);
    workspace.remove('out');
    expect(await executed()).toEqual([]);
  });
});

describe('an input that is edited while its stage runs', () => {
  it('keeps the result from being published, and the next run uses the new content', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  slow: { module: slow.ts, inputs: { i: raw.txt, d: folder }, outputs: { o: out } }
`,
      'slow.ts': `
import { readFileSync, writeFileSync } from 'node:fs';
export async function run(c) {
  const text = readFileSync(c.inputs.i[0].path, 'utf8');
  if (text === 'old') readFileSync(c.workspace + '/gate');
  writeFileSync(c.outputs.o, text);
}
`,
      'raw.txt': 'old',
      'folder/a': 'a',
    });
    workspace.makeGate('gate');
    for (const [path, text, told] of [
      ['raw.txt', 'new', 'raw.txt'],
      ['folder/b', 'b', 'folder (folder/b added)'],
    ] as const) {
      workspace.write('raw.txt', 'old');
      const running = workspace.run();
      const gate = await workspace.arrival('gate');
      workspace.write(path, text);
      await gate.close();
      const { code, stdout } = await running;
      expect(code).toBe(1);
      expect(stdout).toContain(`its input ${told} changed while it ran, so`);
      expect(workspace.exists('out')).toBe(false);
      expect(workspace.list('.pipeline/cache/actions')).toEqual([]);
    }
    workspace.write('raw.txt', 'new');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
    expect(workspace.read('out')).toBe('new');
  });
});
