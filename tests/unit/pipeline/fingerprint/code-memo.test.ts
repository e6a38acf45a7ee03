import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { keepForRuns } from '../../../../pipeline/cache/code-sinks.ts';
import { ObjectStore } from '../../../../pipeline/cache/objects.ts';
import { CodeMemo } from '../../../../pipeline/fingerprint/code-memo.ts';
import { FileClock } from '../../../../pipeline/fingerprint/file-clock.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import { readJsonMemo } from '../../../../pipeline/system/memo-file.ts';
import { makeFolder, removeFolders, setModified, writeInto } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

const stage = "import { two } from './two.ts';\nexport const run = () => two;\n";

/** The digest of stage.ts as the next run of the program finds it. */
async function digestIn(
  folder: string,
  now = () => Date.now() + 60_000,
  module = 'stage.ts',
): Promise<string> {
  const layout = new StateLayout(folder, 'owner');
  const memo = new CodeMemo(
    layout,
    keepForRuns(new ObjectStore(layout), layout),
    new FileClock(now, null),
  );
  const result = await memo.digestModule(module);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  memo.save();
  expect(statSync(layout.code(result.value.digest)).size).toBeGreaterThan(0);
  return result.value.digest;
}

describe('CodeMemo', () => {
  it('gives the same digest with and without a memo', async () => {
    const folder = makeFolder({ 'stage.ts': stage, 'two.ts': 'export const two = 2;' });
    const first = await digestIn(folder);
    expect(await digestIn(folder)).toBe(first);
    writeInto(folder, '.pipeline/memo/code', '{"stage.ts": tru');
    expect(await digestIn(folder)).toBe(first);
  });

  it('notices an edit of any file of the closure, even under a restored time', async () => {
    const folder = makeFolder({ 'stage.ts': stage, 'two.ts': 'export const two = 2;' });
    const first = await digestIn(folder);
    const time = statSync(join(folder, 'two.ts')).mtimeMs;
    writeInto(folder, 'two.ts', 'export const two = 3;');
    setModified(join(folder, 'two.ts'), time);
    expect(await digestIn(folder)).not.toBe(first);
  });

  it('notices a change of the lockfile', async () => {
    const lock = (version: string) =>
      JSON.stringify({ packages: { 'node_modules/pkg': { version, integrity: 'x' } } });
    const folder = makeFolder({
      'stage.ts': "import 'pkg';\nexport const run = 1;\n",
      'package-lock.json': lock('1.0.0'),
    });
    const first = await digestIn(folder);
    writeInto(folder, 'package-lock.json', lock('1.0.1'));
    expect(await digestIn(folder)).not.toBe(first);
  });

  it('notices another version of a package that no lockfile knows', async () => {
    const folder = makeFolder({
      'stage.ts': "import 'pkg';\nexport const run = 1;\n",
      'node_modules/pkg/package.json': '{"version":"1.0.0"}',
    });
    const first = await digestIn(folder);
    writeInto(folder, 'node_modules/pkg/package.json', '{"version":"1.0.1"}');
    expect(await digestIn(folder)).not.toBe(first);
  });

  it('does not remember code that was saved while it was traced', async () => {
    const folder = makeFolder({ 'stage.ts': stage, 'two.ts': 'export const two = 2;' });
    await digestIn(folder, () => statSync(join(folder, 'two.ts')).ctimeMs + 1);
    const layout = new StateLayout(folder, 'owner');
    expect(statSync(layout.memo('code'), { throwIfNoEntry: false })).toBeUndefined();
  });

  it('forgets modules that nobody asks for in a month, and no others', async () => {
    const folder = makeFolder({ 'stage.ts': stage, 'two.ts': 'export const two = 2;' });
    const day = 24 * 60 * 60 * 1000;
    const keptAfter = async (days: number, asked: readonly string[]) => {
      for (const module of asked)
        await digestIn(folder, () => Date.now() + 60_000 + days * day, module);
      const memo = readJsonMemo(new StateLayout(folder, 'owner').memo('code'));
      return (memo as { entries: [string, unknown][] }).entries.map(([module]) => module).sort();
    };
    expect(await keptAfter(0, ['stage.ts', 'two.ts'])).toEqual(['stage.ts', 'two.ts']);
    expect(await keptAfter(20, ['stage.ts'])).toEqual(['stage.ts', 'two.ts']);
    expect(await keptAfter(40, ['stage.ts'])).toEqual(['stage.ts']);
  });

  it('makes a bundle again that was removed', async () => {
    const folder = makeFolder({ 'stage.ts': stage, 'two.ts': 'export const two = 2;' });
    const first = await digestIn(folder);
    rmSync(new StateLayout(folder, 'owner').code(first));
    expect(await digestIn(folder)).toBe(first);
  });
});
