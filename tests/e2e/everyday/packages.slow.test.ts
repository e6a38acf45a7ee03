import { cpSync, mkdirSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder, removeFolders, writeInto } from '../../fixtures/folder.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(() => {
  removeWorkspaces();
  removeFolders();
});

const STAGE = {
  'pipeline.yaml': `version: 1
stages:
  a: { module: a.mjs, outputs: { o: a.txt } }
`,
  'a.mjs': `import { writeFileSync } from 'node:fs';
import { value } from 'helper';
export const run = ({ outputs }) => writeFileSync(outputs.o, value);
`,
};

/** A package that gives a text, its own or with that of another package. */
const makePackage = (name: string, text: string, needs?: string) => ({
  'package.json': JSON.stringify({
    name,
    version: '1.0.0',
    type: 'module',
    exports: './index.js',
    ...(needs === undefined ? {} : { dependencies: { [needs]: '*' } }),
  }),
  'index.js':
    needs === undefined
      ? `export const value = '${text}';\n`
      : `import { value as inner } from '${needs}';\nexport const value = '${text}' + inner;\n`,
});

/** Files below a folder. */
const below = (folder: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to);
}

/** Runs, which must give a text, by running the stage or not. */
async function expectRun(workspace: Workspace, text: string, executed: number): Promise<void> {
  const result = await workspace.run();
  expect(result).toMatchObject({ code: 0, executed, failed: 0 });
  expect(workspace.read('a.txt')).toBe(text);
}

const lockOf = (packages: object) => JSON.stringify({ lockfileVersion: 3, packages });

describe('packages that are linked', () => {
  it('count by their content, with what they need: workspaces and file: dependencies', async () => {
    const workspace = makeWorkspace({
      ...STAGE,
      ...below('packages/helper', makePackage('helper', 'h1', 'deep')),
      ...below('packages/deep', makePackage('deep', 'd1')),
      'package.json': '{"workspaces":["packages/*"]}',
      'package-lock.json': lockOf({
        '': { workspaces: ['packages/*'] },
        'node_modules/deep': { resolved: 'packages/deep', link: true },
        'node_modules/helper': { resolved: 'packages/helper', link: true },
        'packages/deep': { version: '1.0.0' },
        'packages/helper': { version: '1.0.0', dependencies: { deep: '*' } },
      }),
    });
    for (const name of ['helper', 'deep']) {
      link(`../packages/${name}`, join(workspace.path, 'node_modules', name));
    }
    await expectRun(workspace, 'h1d1', 1);
    await expectRun(workspace, 'h1d1', 0);
    workspace.edit('packages/helper/index.js', 'h1', 'h2');
    await expectRun(workspace, 'h2d1', 1);
    workspace.edit('packages/deep/index.js', 'd1', 'd2');
    const why = await workspace.start(['why', 'a']).result;
    expect(why.stdout).toMatch(/will run: package deep 1\.0\.0 \(linked \w+\) → 1\.0\.0 \(linked /);
    await expectRun(workspace, 'h2d2', 1);
    // A test's report, or packages of its own, are no content of it.
    workspace.write('packages/deep/.nyc_output/x', 'x');
    workspace.edit('packages/deep/index.js', 'd2', 'd1');
    workspace.edit('packages/helper/index.js', 'h2', 'h1');
    await expectRun(workspace, 'h1d1', 0);
  });

  it('count by their content where npm link has put one in the place of a locked one', async () => {
    const outside = makeFolder(below('helper', makePackage('helper', 'linked1')));
    const workspace = makeWorkspace({
      ...STAGE,
      'package-lock.json': lockOf({
        'node_modules/helper': { version: '1.0.0', integrity: 'sha512-x' },
      }),
    });
    link(join(outside, 'helper'), join(workspace.path, 'node_modules/helper'));
    await expectRun(workspace, 'linked1', 1);
    await expectRun(workspace, 'linked1', 0);
    writeInto(outside, 'helper/index.js', makePackage('helper', 'linked2')['index.js']);
    await expectRun(workspace, 'linked2', 1);
  });
});

describe('installed packages', () => {
  it('count by content where no lockfile of npm knows them, with what they need', async () => {
    const workspace = makeWorkspace({
      ...STAGE,
      ...below('node_modules/helper', makePackage('helper', 'h1', 'deep')),
      ...below('node_modules/helper/node_modules/deep', makePackage('deep', 'd1')),
    });
    await expectRun(workspace, 'h1d1', 1);
    workspace.edit('node_modules/helper/node_modules/deep/index.js', 'd1', 'd2');
    await expectRun(workspace, 'h1d2', 1);
    await expectRun(workspace, 'h1d2', 0);
    // One that comes to lie nearer is another.
    workspace.remove('node_modules/helper/node_modules');
    for (const [name, text] of Object.entries(makePackage('deep', 'd3'))) {
      workspace.write(`node_modules/deep/${name}`, text);
    }
    await expectRun(workspace, 'h1d3', 1);
  });

  it('count by content where a lockfile knows them too: edits show, whatever npm does next', async () => {
    const locked = { version: '1.0.0', integrity: 'sha512-x' };
    const lock = lockOf({ 'node_modules/helper': locked });
    const workspace = makeWorkspace({
      ...STAGE,
      ...below('node_modules/helper', makePackage('helper', 'h1')),
      'package-lock.json': lock,
      'node_modules/.package-lock.json': lock,
    });
    await expectRun(workspace, 'h1', 1);
    const first = (await workspace.status())[0]?.fingerprint;
    // Installed again, at another time and with other stamps.
    workspace.remove('node_modules');
    for (const [name, text] of Object.entries(makePackage('helper', 'h1'))) {
      workspace.write(`node_modules/helper/${name}`, text);
    }
    workspace.write('node_modules/.package-lock.json', lock);
    await expectRun(workspace, 'h1', 0);
    workspace.edit('node_modules/helper/index.js', 'h1', 'h2');
    await expectRun(workspace, 'h2', 1);
    await expectRun(workspace, 'h2', 0);
    // npm leaves the edit, and is done later than it: as after `npm install another`.
    workspace.remove('node_modules/.package-lock.json');
    workspace.write('node_modules/.package-lock.json', lock);
    await expectRun(workspace, 'h2', 0);
    // As `cp -p` of a patched file, or `rsync -a`.
    const { mtime } = statSync(join(workspace.path, 'node_modules/helper/package.json'));
    workspace.edit('node_modules/helper/index.js', 'h2', 'h3');
    utimesSync(join(workspace.path, 'node_modules/helper/index.js'), mtime, mtime);
    await expectRun(workspace, 'h3', 1);
    // A copy in which all times are those of copying is what was copied.
    const copy = makeWorkspace({ ...STAGE, 'package-lock.json': lock });
    writeInto(copy.path, 'node_modules/.package-lock.json', lock);
    const old = new Date(Date.now() - 60_000);
    utimesSync(join(copy.path, 'node_modules/.package-lock.json'), old, old);
    const fresh = makeFolder(below('helper', makePackage('helper', 'h1')));
    cpSync(fresh, join(copy.path, 'node_modules'), { recursive: true });
    await copy.run();
    expect((await copy.status())[0]?.fingerprint).toBe(first);
  });

  it('are not taken for what the lockfile says where another version is installed', async () => {
    const lockWith = (integrity: string) =>
      lockOf({ 'node_modules/helper': { version: '1.0.0', integrity } });
    const workspace = makeWorkspace({
      ...STAGE,
      ...below('node_modules/helper', makePackage('helper', 'old')),
      'package-lock.json': lockWith('sha512-old'),
      'node_modules/.package-lock.json': lockWith('sha512-old'),
    });
    await expectRun(workspace, 'old', 1);
    // Someone pulled a new lockfile and has not installed yet.
    workspace.write('package-lock.json', lockWith('sha512-new'));
    await expectRun(workspace, 'old', 1);
    workspace.write('node_modules/helper/index.js', makePackage('helper', 'new')['index.js']);
    workspace.write('node_modules/.package-lock.json', lockWith('sha512-new'));
    await expectRun(workspace, 'new', 1);
  });
});

describe('packages that are installed while a run is under way', () => {
  const stages = `version: 1
stages:
  install: { command: "sh {{ inputs.how }}; echo done > {{ outputs.o }}", inputs: { how: how.sh }, outputs: { o: b.txt } }
  a: { module: a.mjs, needs: [install], outputs: { o: a.txt } }
`;

  it('cost the result of what would run with them, until the next run', async () => {
    const workspace = makeWorkspace({
      ...STAGE,
      'pipeline.yaml': stages,
      'how.sh': 'rm -r node_modules/helper; cp -r new/helper node_modules/helper\n',
      ...below('node_modules/helper', makePackage('helper', 'h1')),
      ...below('new/helper', makePackage('helper', 'h2')),
    });
    const first = await workspace.run();
    expect(first).toMatchObject({ code: 1, failed: 1 });
    expect(first.stdout).toContain('the package in node_modules/helper changed after this run');
    await expectRun(workspace, 'h2', 1);
    workspace.edit('node_modules/helper/index.js', 'h2', 'h1');
    await expectRun(workspace, 'h1', 1);
  });

  it('cost nothing where they are the same', async () => {
    const workspace = makeWorkspace({
      ...STAGE,
      'pipeline.yaml': stages,
      'how.sh': 'mv node_modules old; mkdir node_modules; cp -r old/helper node_modules/helper\n',
      ...below('node_modules/helper', makePackage('helper', 'h1')),
    });
    await expectRun(workspace, 'h1', 2);
    await expectRun(workspace, 'h1', 0);
  });
});
