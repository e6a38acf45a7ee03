import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { endWatching, Watching } from '../../fixtures/watching.ts';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

const folder = mkdtempSync(join(tmpdir(), 'folding disk '));
const disk = mountFolding();
afterAll(() => {
  endWatching();
  removeWorkspaces();
  if (disk !== null) spawnSync('umount', [disk]);
  rmSync(folder, { recursive: true, force: true });
});

/** Mounts a disk on which `Data` and `data` are one file; null where that cannot be done. */
function mountFolding(): string | null {
  const [image, place] = ['image', 'disk'].map((name) => join(folder, name));
  if (image === undefined || place === undefined) return null;
  mkdirSync(place);
  try {
    const quiet = { stdio: 'ignore' } as const;
    execFileSync('truncate', ['-s', '32M', image], quiet);
    execFileSync('mkfs.ntfs', ['-F', '-q', image], quiet);
    execFileSync('lowntfs-3g', ['-o', 'ignore_case', image, place], quiet);
    return place;
  } catch {
    return null;
  }
}

/** Two outputs, an output and an input, and an output in another, that differ in letters alone. */
const FILES = {
  'pipeline.yaml': `version: 1
stages:
  one: { command: "echo 1 > {{ outputs.o }}", outputs: { o: Data/x.txt } }
  two:
    command: "echo 2 > {{ outputs.o }}"
    outputs: { o: data/X.txt }
  cells: { command: "echo {{ c }} > {{ outputs.o }}", matrix: { c: [b, B] }, outputs: { o: "cells/{{ c }}" } }
  reads: { command: "cp {{ inputs.i }} {{ outputs.o }}", inputs: { i: raw }, outputs: { o: RAW/copy } }
`,
  raw: 'raw\n',
};
const APART = FILES['pipeline.yaml']
  .replace('data/X.txt', 'data/Y.txt')
  .replace('[b, B]', '[b, C]');

describe.skipIf(disk === null)('a disk that folds case (needs lowntfs-3g and FUSE)', () => {
  it('is told of where outputs differ in letters alone, with both places, and else works', async () => {
    const workspace = makeWorkspace(FILES, disk ?? '');
    const { code, stdout, stderr } = await workspace.run();
    expect([code, stdout]).toEqual([2, '']);
    const mistakes = stderr.split('\n').filter((line) => line.includes(' are in one place: '));
    const reason = 'are in one place: on this disk capital and small letters are the same';
    expect(mistakes).toEqual([
      `pipeline.yaml:6:19: the output data/X.txt of two and the output Data/x.txt of one (pipeline.yaml:3:61) ${reason}`,
      expect.stringMatching(
        /^pipeline\.yaml:7:\d+: the output cells\/B of cells\/B and the output cells\/b /,
      ),
      expect.stringMatching(
        /^pipeline\.yaml:8:\d+: the output RAW\/copy of reads and the input raw of reads /,
      ),
    ]);
    workspace.write('pipeline.yaml', APART.replace('RAW/copy', 'RAW.copy'));
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 5 });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 5 });
    expect(workspace.read('DATA/x.txt')).toBe('1\n');
  });

  it('has its files watched whatever the letters are that they are named by', async () => {
    const workspace = makeWorkspace(
      {
        'pipeline.yaml': `version: 1
stages:
  module: { module: Stage.mjs, outputs: { o: out/module } }
  reads: { command: "cp {{ inputs.i }} {{ outputs.o }}", inputs: { i: Words.txt }, outputs: { o: out/copy } }
`,
        'stage.mjs': `import { writeFileSync } from 'node:fs';
import { word } from './Helper.mjs';
export const run = ({ outputs }) => writeFileSync(outputs.o, word);
`,
        'helper.mjs': `export const word = 'one';\n`,
        'words.txt': 'words\n',
      },
      disk ?? '',
    );
    const watching = new Watching(workspace);
    expect(await watching.untilDone()).toMatchObject({ executed: ['module', 'reads'] });
    workspace.edit('helper.mjs', 'one', 'two');
    expect(await watching.untilDone()).toMatchObject({ executed: ['module'] });
    workspace.edit('words.txt', 'words', 'other words');
    expect(await watching.untilDone()).toMatchObject({ executed: ['reads'] });
    await watching.interrupt();
  });
});

it('a disk that tells letters apart has a place for each', async () => {
  const workspace = makeWorkspace(FILES);
  expect(await workspace.run()).toMatchObject({ code: 0, executed: 5 });
  expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 5 });
  expect([workspace.read('Data/x.txt'), workspace.read('data/X.txt')]).toEqual(['1\n', '2\n']);
});
