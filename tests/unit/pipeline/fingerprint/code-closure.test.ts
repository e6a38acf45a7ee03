import { afterAll, describe, expect, it } from 'vitest';
import { type TracedCode, traceCode } from '../../../../pipeline/fingerprint/code-closure.ts';
import type { Lockfile } from '../../../../pipeline/fingerprint/lockfile.ts';
import { makeFolder, removeFolders, writeInto } from '../../../fixtures/folder.ts';
import { placeOf } from '../../../fixtures/graph.ts';

afterAll(removeFolders);

const files = {
  'stage.ts': `
import { first } from './lib/first.ts';
import settings from './settings.json' with { type: 'json' };
import prompt from './prompt.txt';
export async function run(): Promise<void> {
  console.log(first(settings.size), prompt);
}
`,
  'lib/first.ts': `import { second } from './second.ts';\nexport const first = (n: number) => second(n);\n`,
  'lib/second.ts': `import { third } from './third.ts';\nexport const second = (n: number) => third(n) + 1;\n`,
  'lib/third.ts': `// Doubles.\nexport function third(value: number): number {\n  return value * 2;\n}\n`,
  'lib/unused.ts': 'export const unused = 1;\n',
  'settings.json': '{ "size": 3, "name": "a" }\n',
  'prompt.txt': 'Hello\n',
};

async function trace(
  folder: string,
  entry = 'stage.ts',
  lockfile: Lockfile = {},
): Promise<TracedCode> {
  const result = await traceCode(folder, entry, lockfile);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics, null, 1));
  return result.value;
}

async function digestOf(changes: Record<string, string> = {}): Promise<string> {
  return (await trace(makeFolder({ ...files, ...changes }))).digest;
}

async function mistakesOf(changes: Record<string, string>): Promise<string[]> {
  const result = await traceCode(makeFolder({ ...files, ...changes }), 'stage.ts', {});
  return result.ok
    ? []
    : result.diagnostics.map(
        (found) => `${found.location.file} ${placeOf(found)} ${found.message}`,
      );
}

describe('the digest of a stage module', () => {
  it('covers exactly the files that it reaches', async () => {
    const { closure } = await trace(makeFolder(files));
    expect(Object.keys(closure.modules)).toEqual([
      'lib/first.ts',
      'lib/second.ts',
      'lib/third.ts',
      'prompt.txt',
      'settings.json',
      'stage.ts',
    ]);
  });

  it.each([
    [
      'a comment',
      'lib/third.ts',
      '/** Twice. */\nexport function third(value: number): number {\n  return value * 2; // ×2\n}\n',
    ],
    [
      'a reformatting',
      'lib/third.ts',
      'export function third(\n\tvalue: number,\n): number { return (value*2) }',
    ],
    [
      'other quotes',
      'lib/first.ts',
      'import { second } from "./second.ts";\nexport const first = (n: number) => second(n)\n',
    ],
    [
      'types',
      'lib/third.ts',
      'type N = number;\nexport interface X { a: N }\nexport function third(value: N): N {\n  return (value as N) * 2;\n}\n',
    ],
    [
      'a type import',
      'lib/third.ts',
      "import type { unused } from './unused.ts';\nexport function third(value: number): number {\n  return value * 2;\n}\nexport type U = typeof unused;\n",
    ],
    ['a file that is not reached', 'lib/unused.ts', 'export const unused = 2;\n'],
    ['the white space of JSON', 'settings.json', '{"size":3,"name":"a"}'],
  ])('stays through an edit of %s', async (_, path, text) => {
    expect(await digestOf({ [path]: text })).toBe(await digestOf());
  });

  it.each([
    [
      'a helper three imports away',
      'lib/third.ts',
      'export function third(value: number): number {\n  return value * 3;\n}\n',
    ],
    [
      'the name of a local, which may be seen',
      'lib/third.ts',
      'export function third(other: number): number {\n  return other * 2;\n}\n',
    ],
    ['a value of JSON', 'settings.json', '{ "size": 4, "name": "a" }'],
    [
      'the order of keys in JSON, which code can see',
      'settings.json',
      '{ "name": "a", "size": 3 }',
    ],
    ['an imported text', 'prompt.txt', 'Hello \n'],
    [
      'an import for its effects',
      'lib/third.ts',
      "import './unused.ts';\nexport function third(value: number): number {\n  return value * 2;\n}\n",
    ],
    [
      'a string that looks like a comment',
      'lib/third.ts',
      "export function third(value: number): number {\n  return value * 2 + '// x'.length;\n}\n",
    ],
  ])('changes with %s', async (_, path, text) => {
    expect(await digestOf({ [path]: text })).not.toBe(await digestOf());
  });

  it('does not depend on where the workspace is', async () => {
    expect(await digestOf()).toBe(await digestOf());
  });

  it('follows circles of imports', async () => {
    const circle = {
      'lib/third.ts':
        "import { first } from './first.ts';\nexport const third = (n: number): number => (n < 0 ? first(n) : n);\n",
    };
    expect(await digestOf(circle)).toBe(await digestOf(circle));
    expect(await digestOf(circle)).not.toBe(await digestOf());
  });

  it('bundles the bytes that were hashed into a module that runs', async () => {
    const folder = makeFolder({
      ...files,
      'stage.ts': files['stage.ts'].replace(
        'export async',
        'export const six = first(settings.size);\nexport async',
      ),
    });
    const [bundle = ''] = (await trace(folder)).bundles;
    writeInto(folder, 'bundle.mjs', bundle);
    const module = (await import(`${folder}/bundle.mjs`)) as { six: number };
    expect(module.six).toBe(7);
  });

  it('follows import() of a literal and of a pattern in a folder', async () => {
    const stage = `
      export const run = (name: string) => [import('./lib/third.ts'), import('./models/' + name + '.ts')];
    `;
    const models = { 'models/a.ts': 'export const a = 1;', 'models/b.ts': 'export const b = 1;' };
    const all = { 'stage.ts': stage, ...models };
    const { closure } = await trace(makeFolder({ ...files, ...all }));
    expect(Object.keys(closure.modules)).toEqual([
      'lib/third.ts',
      'models/a.ts',
      'models/b.ts',
      'stage.ts',
    ]);
    expect(await digestOf({ ...all, 'models/b.ts': 'export const b = 2;' })).not.toBe(
      await digestOf(all),
    );
  });
});

describe('packages of a stage module', () => {
  const stage = { 'stage.ts': "import a from 'pkg';\nexport const run = () => a;\n" };
  const locked = (version: string, integrity: string): Lockfile => ({
    'node_modules/pkg': { version: '1.0.0', integrity: 'same', dependencies: { dep: '*' } },
    'node_modules/dep': { version, integrity },
  });

  it('enter with version and integrity, their dependencies included', async () => {
    const folder = makeFolder(stage);
    const digest = async (...dep: [string, string]) =>
      (await trace(folder, 'stage.ts', locked(...dep))).digest;
    const before = await digest('1.0.0', 'sha512-a');
    expect(await digest('1.0.0', 'sha512-a')).toBe(before);
    expect(await digest('1.0.1', 'sha512-a')).not.toBe(before);
    expect(await digest('1.0.0', 'sha512-b')).not.toBe(before);
  });

  it('enter where they are only resolved, not imported', async () => {
    const folder = makeFolder({
      'stage.ts': "export const run = () => import.meta.resolve('pkg');\n",
    });
    const { closure } = await trace(folder, 'stage.ts', locked('1.0.0', 'x'));
    expect(Object.keys(closure.packages)).toEqual(['pkg@1.0.0', 'dep@1.0.0']);
  });

  it('that are built into Node do not', async () => {
    const folder = makeFolder({
      'stage.ts': "import 'fs';\nimport 'node:path';\nexport const run = 1;\n",
    });
    expect((await trace(folder)).closure.packages).toEqual({});
  });
});

describe('what cannot be followed is a mistake with its place', () => {
  it('but not what only looks like a computed import', async () => {
    const folder = makeFolder({
      'stage.ts':
        "export class State { import(x: unknown) { return x; } }\nnew State().import(1);\nexport const text = 'import(x)';\nexport const run = () => import('./other.ts');\n",
      'other.ts': 'export const other = 1;\n',
    });
    expect(Object.keys((await trace(folder)).closure.modules)).toEqual(['other.ts', 'stage.ts']);
  });

  it.each([
    [
      'a package that is not installed',
      { 'lib/third.ts': "export const third = (n: number) => n;\nimport 'not-there';\n" },
      'lib/third.ts bad-import 2:8 the package "not-there" is not installed',
    ],
    [
      'a computed import',
      {
        'lib/third.ts':
          'export const third = (n: number) => n;\nexport const load = (p: string) => import(p);\n',
      },
      'lib/third.ts bad-import 2:36 a computed import',
    ],
    [
      'an import of a file that is not there',
      { 'lib/third.ts': "import './fourth.ts';\nexport const third = (n: number) => n;\n" },
      'lib/third.ts bad-import 1:8 Could not resolve "./fourth.ts"',
    ],
    [
      'a syntax error',
      { 'lib/third.ts': 'export const third = (n: number) => n;\nexport const = 1;\n' },
      'lib/third.ts bad-import 2:14 Expected identifier',
    ],
    ['JSON that is none', { 'settings.json': '{ "size": }' }, 'settings.json bad-import 1:11'],
    [
      'a kind of file that code cannot import',
      {
        'lib/third.ts': "import './style.css';\nexport const third = (n: number) => n;\n",
        'lib/style.css': 'a{}',
      },
      'lib/third.ts bad-import 1:8 a stage cannot import "lib/style.css"',
    ],
  ])('%s', async (_, changes, expected) => {
    const mistakes = await mistakesOf(changes as Record<string, string>);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]?.slice(0, expected.length)).toBe(expected);
  });

  it('all of them are reported', async () => {
    const mistakes = await mistakesOf({
      'lib/second.ts':
        "import 'absent-a';\nimport { third } from './third.ts';\nexport const second = third;\n",
      'lib/third.ts': "import 'absent-b';\nexport const third = (n: number) => n;\n",
    });
    expect(mistakes).toHaveLength(2);
  });
});
