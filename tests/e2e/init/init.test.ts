import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { THEME } from '../../../experiment/plot/theme.ts';
import { REPOSITORY } from '../../fixtures/project.ts';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';
import { PYTHON, SHELL, useTemplate } from './templates.ts';

afterAll(removeWorkspaces);

it('makes a workspace of shell commands that runs, reruns what an edit touches, and is reported', async () => {
  const outer = makeWorkspace({});
  const folder = await useTemplate(outer, SHELL);
  const schemas = JSON.parse(readFileSync(join(folder, '.vscode/settings.json'), 'utf8')) as {
    'yaml.schemas': Record<string, string>;
  };
  const [schema = ''] = Object.keys(schemas['yaml.schemas']);
  expect(existsSync(join(folder, schema))).toBe(true);
  const text = readFileSync(join(folder, 'pipeline.yaml'), 'utf8');
  expect(text.startsWith(`# yaml-language-server: $schema=${schema}\n`)).toBe(true);
  const table = outer.read('shell/results/common.txt');
  const args = ['run', '--directory', 'shell', '--set', 'most=3', '--as', 'short'];
  expect(await outer.start(args).result).toMatchObject({ code: 0, stderr: '' });
  expect(outer.read('shell/explorations/short/results/common.txt').trimEnd().split('\n')).toEqual(
    table.split('\n').slice(0, 3),
  );
  expect(outer.read('shell/results/common.txt')).toBe(table);
});

it('makes a sweep in Python with a figure', async () => {
  await useTemplate(makeWorkspace({}), PYTHON);
});

it('leaves what npm has put into a folder, and depends on no folder of this machine', async () => {
  const workspace = makeWorkspace({
    'package.json':
      '{ "name": "mine", "type": "commonjs", "dependencies": { "rederive": "file:x.tgz" } }',
  });
  mkdirSync(join(workspace.path, 'node_modules'));
  expect((await workspace.start(['init']).result).code).toBe(0);
  expect(JSON.parse(workspace.read('package.json'))).toMatchObject({
    name: 'mine',
    type: 'commonjs',
    dependencies: { rederive: 'file:x.tgz', vega: expect.any(String) },
  });
  const { stdout } = await workspace.start(['init', 'next', '-t', 'shell']).result;
  expect(stdout).toContain(`npm install --no-save ${REPOSITORY}/pipeline\n`);
  const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'pipeline/package.json'), 'utf8'));
  expect(JSON.parse(workspace.read('next/package.json'))).toEqual({
    private: true,
    dependencies: { rederive: `^${version}` },
  });

  const before = workspace.list('next');
  const again = await workspace.start(['init', 'next']).result;
  expect([again.code, again.stderr]).toEqual([
    2,
    expect.stringContaining('next is not an empty folder: it has .gitignore'),
  ]);
  expect(workspace.list('next')).toEqual(before);
  const onFile = await workspace.start(['init', 'next/README.md']).result;
  expect([onFile.code, onFile.stderr]).toEqual([2, expect.stringContaining('is a file')]);
});

it('gives figures the theme of the house', () => {
  const theme = 'pipeline/init/templates/drawing/figures/theme.json';
  expect(JSON.parse(readFileSync(join(REPOSITORY, theme), 'utf8'))).toEqual(THEME);
});
