import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { IgnoreRules } from '../../../../pipeline/ignore/ignore-rules.ts';
import { makePathFilter } from '../../../../pipeline/watch/watched-paths.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

const workspace = makeFolder({
  'pipeline.yaml': '',
  'stages/train.ts': '',
  'data/a': '',
  'out/figure': '',
});
const at = (path: string) => join(workspace, path);
const ignored = new IgnoreRules(workspace, ['*.bak']);
const filter = makePathFilter(workspace, {
  ignored,
  files: new Set(['pipeline.yaml', 'stages/train.ts', 'lib/late.js', 'lib/bare'].map(at)),
  inputs: new Set([at('data')]),
});

describe('the filter of watched paths', () => {
  it.each([
    ['pipeline.yaml', true],
    ['stages/train.ts', true],
    ['stages/other.ts', false],
    ['data/a', true],
    ['data/deep/new', true],
    ['out/figure', false],
    ['.pipeline/memo/files.json', false],
  ])('takes an event at %s for an edit: %s', (path, counts) => {
    expect(filter.counts(at(path))).toBe(counts);
  });

  it.each([
    ['lib/late.js', true],
    ['lib/late.ts', true],
    ['lib/bare.ts', true],
    ['lib/bare/index.ts', true],
    ['lib/later.ts', false],
  ])(
    'of a file that does not exist yet, knows what it may be meant for: %s: %s',
    (path, counts) => {
      expect(filter.counts(at(path))).toBe(counts);
    },
  );

  it('knows a path by any letters where the disk does, and in any form of Unicode everywhere', () => {
    const paths = {
      ignored,
      files: new Set(['Stages/Train.ts', 'lib/Late.js', 'caf\u00e9.ts'].map(at)),
      inputs: new Set([at('Data')]),
    };
    const folds = makePathFilter(workspace, paths, true);
    const tells = makePathFilter(workspace, paths);
    const events = ['stages/train.ts', 'lib/late.ts', 'data/A', 'data/x.bak', 'stages/other.ts'];
    expect(events.filter((path) => folds.counts(at(path)))).toEqual(events.slice(0, 3));
    expect(folds.admits(at('stages'))).toBe(true);
    expect(events.filter((path) => tells.counts(at(path)))).toEqual([]);
    for (const filter of [folds, tells]) expect(filter.counts(at('cafe\u0301.ts'))).toBe(true);
  });

  it('admits the folders that lead there, and no others', () => {
    const folders = ['', 'stages', 'data', 'lib', 'lib/bare', 'out', '.pipeline', 'node_modules'];
    expect(folders.filter((path) => filter.admits(at(path)))).toEqual([
      '',
      'stages',
      'data',
      'lib',
      'lib/bare',
    ]);
  });

  it('leaves out what does not count in a folder, unless it is itself named', () => {
    const inputs = new Set(['data', 'data/.git/refs', 'data/x.bak'].map(at));
    const { admits, counts } = makePathFilter(workspace, { files: new Set(), inputs, ignored });
    const junk = ['data/.a.swp', 'data/.git/HEAD', 'data/deep/y.bak', 'data/__pycache__/m.pyc'];
    expect(junk.map(at).filter((path) => admits(path) || counts(path))).toEqual([]);
    expect(['data/a', 'data/.git/refs/main', 'data/x.bak'].map(at).every(counts)).toBe(true);
  });

  it('counts what a link to nothing leads to', () => {
    symlinkSync('../elsewhere/file', at('data/link'));
    const files = new Set([at('data/link')]);
    const { admits, counts } = makePathFilter(workspace, { files, inputs: new Set(), ignored });
    expect([counts(at('elsewhere/file')), admits(at('elsewhere'))]).toEqual([true, true]);
  });

  it('starts at the workspace, or at the nearest folder of what lies outside', () => {
    const outside = join(workspace, '..', 'absent-folder', 'shared.ts');
    const { roots, admits, counts } = makePathFilter(workspace, {
      files: new Set([outside, join(workspace, 'inner', 'file')]),
      inputs: new Set(),
      ignored,
    });
    // A folder inside another would be watched twice.
    expect(roots).toEqual([join(workspace, '..')]);
    expect(admits(workspace)).toBe(true);
    expect(counts(join(workspace, 'inner', 'file'))).toBe(true);
    expect(admits(join(workspace, '..', 'somebody-else'))).toBe(false);
    const near = join(workspace, 'file');
    const inner = makePathFilter(workspace, { files: new Set([near]), inputs: new Set(), ignored });
    expect(inner.roots).toEqual([workspace]);
  });
});
