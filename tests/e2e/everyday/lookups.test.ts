import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** The module of a stage, which writes the value that it imports. */
const importing = (specifier: string) => `import { writeFileSync } from 'node:fs';
import { value } from '${specifier}';
export const run = ({ outputs }) => writeFileSync(outputs.o, value);
`;

const textOf = (text: string) => `export const value = '${text}';\n`;

/** A folder of the workspace with a stage of its own. */
interface Place {
  readonly link: (path: string, target: string) => void;
  readonly write: (path: string, text: string) => void;
  readonly edit: (path: string, from: string, to: string) => void;
}

function openPlace(workspace: Workspace, folder: string): Place {
  return {
    link(path, target) {
      const at = join(workspace.path, folder, path);
      mkdirSync(dirname(at), { recursive: true });
      rmSync(at, { force: true });
      symlinkSync(target, at);
    },
    write: (path, text) => workspace.write(`${folder}/${path}`, text),
    edit: (path, from, to) => workspace.edit(`${folder}/${path}`, from, to),
  };
}

interface Lookup {
  /** What the module of the stage imports; or all of its text. */
  readonly specifier?: string;
  readonly module?: string;
  readonly files: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly change: (place: Place) => void;
}

const LOOKUPS: Readonly<Record<string, Lookup>> = {
  'a helper that is a link to another file now': {
    specifier: './h.ts',
    files: { 'stages/one.ts': textOf('1'), 'stages/two.ts': textOf('2') },
    links: { 'stages/h.ts': 'one.ts' },
    change: (place) => place.link('stages/h.ts', 'two.ts'),
  },
  'a folder of helpers that is a link to another one now': {
    specifier: './lib/h.ts',
    files: { 'stages/one/h.ts': textOf('1'), 'stages/two/h.ts': textOf('2') },
    links: { 'stages/lib': 'one' },
    change: (place) => place.link('stages/lib', 'two'),
  },
  'a helper that comes before the one of the same name': {
    specifier: './h',
    files: { 'stages/h.js': textOf('1') },
    change: (place) => place.write('stages/h.ts', textOf('2')),
  },
  'a helper that comes before the folder of the same name': {
    specifier: './h',
    files: { 'stages/h/index.ts': textOf('1') },
    change: (place) => place.write('stages/h.ts', textOf('2')),
  },
  'a helper that fits the pattern of an import': {
    module: `import { writeFileSync } from 'node:fs';
export const run = async ({ outputs }) => {
  const name = ['new'].join('');
  let found = { value: '1' };
  try { found = await import(\`./models/\${name}.ts\`); } catch {}
  writeFileSync(outputs.o, found.value);
};
`,
    files: { 'stages/models/old.ts': textOf('0') },
    change: (place) => place.write('stages/models/new.ts', textOf('2')),
  },
  'a folder of which another file is the main one now': {
    specifier: './h',
    files: {
      'stages/h/package.json': '{"main":"one.js"}',
      'stages/h/one.js': textOf('1'),
      'stages/h/two.js': textOf('2'),
    },
    change: (place) => place.edit('stages/h/package.json', 'one', 'two'),
  },
  'a folder that #names lead to and that is a link to another one now': {
    specifier: '#lib/h.ts',
    files: {
      'package.json': '{"type":"module","imports":{"#lib/*":{"node":"./lib/*"}}}',
      'one/h.ts': textOf('1'),
      'two/h.ts': textOf('2'),
    },
    links: { lib: 'one' },
    change: (place) => place.link('lib', 'two'),
  },
  'a package that a #name leads to': {
    specifier: '#helper',
    files: {
      'package.json':
        '{"type":"module","imports":{"#helper":{"require":"none","default":"helper"}}}',
      'node_modules/helper/package.json': '{"type":"module","exports":"./h.js"}',
      'node_modules/helper/h.js': textOf('1'),
    },
    change: (place) => place.edit('node_modules/helper/h.js', '1', '2'),
  },
  'a linked package in TypeScript that exports another file now': {
    specifier: 'helper/x',
    files: {
      'packages/helper/package.json': '{"name":"helper","exports":{"./x":"./one.ts"}}',
      'packages/helper/one.ts': textOf('1'),
      'packages/helper/two.ts': textOf('2'),
    },
    links: { 'node_modules/helper': '../packages/helper' },
    change: (place) => place.edit('packages/helper/package.json', 'one', 'two'),
  },
  'a package in TypeScript that is linked to another folder now': {
    specifier: 'helper',
    files: { 'one/index.ts': textOf('1'), 'two/index.ts': textOf('2') },
    links: { 'node_modules/helper': '../one' },
    change: (place) => place.link('node_modules/helper', '../two'),
  },
  'a package that comes to lie nearer than the locked one': {
    specifier: 'helper',
    files: {
      'node_modules/helper/package.json': '{"version":"1.0.0","type":"module","main":"index.js"}',
      'node_modules/helper/index.js': textOf('1'),
    },
    change: (place) => {
      place.write('stages/node_modules/helper/index.js', textOf('2'));
      place.write(
        'stages/node_modules/helper/package.json',
        '{"version":"1.0.0","type":"module","main":"index.js"}',
      );
    },
  },
  'a linked package of which a folder is a link to where it was built': {
    specifier: 'helper',
    files: {
      'packages/helper/package.json': '{"type":"module","exports":"./dist/h.js"}',
      'built/h.js': textOf('1'),
    },
    links: { 'node_modules/helper': '../packages/helper', 'packages/helper/dist': '../../built' },
    change: (place) => place.edit('built/h.js', '1', '2'),
  },
  'a linked package that is built into a hidden folder': {
    specifier: 'helper',
    files: {
      'packages/helper/package.json': '{"type":"module","exports":"./.build/h.js"}',
      'packages/helper/.build/h.js': textOf('1'),
    },
    links: { 'node_modules/helper': '../packages/helper' },
    change: (place) => place.edit('packages/helper/.build/h.js', '1', '2'),
  },
};

const NAMES = Object.keys(LOOKUPS);
const folderOf = (name: string) => `case${NAMES.indexOf(name)}`;

describe('what an import leads to is looked for again', () => {
  let workspace: Workspace;
  const executed: (number | null)[] = [];

  beforeAll(async () => {
    const files = Object.entries(LOOKUPS).flatMap(([name, { specifier = '', module, files }]) => [
      [`${folderOf(name)}/stages/a.ts`, module ?? importing(specifier)],
      ...Object.entries(files).map(([path, text]) => [`${folderOf(name)}/${path}`, text]),
    ]);
    const locked = folderOf('a package that comes to lie nearer than the locked one');
    workspace = makeWorkspace({
      'package.json': '{"type":"module"}',
      'package-lock.json': JSON.stringify({
        packages: {
          [`${locked}/node_modules/helper`]: { version: '1.0.0', integrity: 'sha512-x' },
        },
      }),
      'pipeline.yaml': `version: 1
stages:
${NAMES.map(folderOf)
  .map((folder) => `  ${folder}: { module: ${folder}/stages/a.ts, outputs: { o: ${folder}.txt } }`)
  .join('\n')}
`,
      ...Object.fromEntries(files),
    });
    for (const [name, { links = {} }] of Object.entries(LOOKUPS)) {
      const place = openPlace(workspace, folderOf(name));
      for (const [path, target] of Object.entries(links)) place.link(path, target);
    }
    executed.push((await workspace.run()).executed);
    for (const name of NAMES) LOOKUPS[name]?.change(openPlace(workspace, folderOf(name)));
    executed.push((await workspace.run()).executed);
    executed.push((await workspace.run()).executed);
  });

  it('by nothing but what changed', () => {
    expect(executed).toEqual([NAMES.length, NAMES.length, 0]);
  });

  it.each(NAMES)('%s', (name) => {
    expect(workspace.read(`${folderOf(name)}.txt`)).toBe('2');
  });
});
