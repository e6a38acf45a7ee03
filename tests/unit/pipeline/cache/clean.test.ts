import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { removeOutputs } from '../../../../pipeline/cache/clean.ts';
import { collectOutputs } from '../../../../pipeline/cache/collect-outputs.ts';
import { ObjectStore } from '../../../../pipeline/cache/objects.ts';
import { FileClock } from '../../../../pipeline/fingerprint/file-clock.ts';
import { FileMemo } from '../../../../pipeline/fingerprint/file-memo.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import { makeFolder, removeFolders, writeInto } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

const FILES = { 'made/a': 'one', 'made/sub/b': 'two' };

function list(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

/** The folder `made` as an output that is in the cache and stands in its place. */
async function makeOutput() {
  const folder = makeFolder(FILES);
  const layout = new StateLayout(folder, 'owner');
  const objects = new ObjectStore(layout);
  const files = new FileMemo(layout.memo('files'), new FileClock(() => Date.now() + 60_000, null));
  const path = join(folder, 'made');
  const collected = collectOutputs(
    [{ name: 'o', path: 'made', volatile: false, mutable: [] }],
    { o: path },
    objects,
  );
  const digest = collected.ok ? collected.outputs['o']?.digest : undefined;
  if (!collected.ok || digest === undefined) throw new Error('nothing was collected');
  writeInto(folder, 'beside', '');
  await objects.take(collected.files, join(folder, 'beside'));
  for (const [name, text] of Object.entries(FILES)) writeInto(folder, name, text);
  const output = { node: 'n', path: 'made', keep: null, content: `tree:${digest}` } as const;
  return { folder, clean: () => removeOutputs([output], folder, { objects, files }) };
}

it('removes what was looked at, and nothing that has come or changed since', async () => {
  const { folder, clean } = await makeOutput();
  writeInto(folder, 'made/sub/new', 'mine');
  writeInto(folder, 'made/a', 'mine too');
  expect(clean()).toEqual(['made']);
  expect(list(join(folder, 'made'))).toEqual(['a', 'sub', 'sub/new']);
});

it('empties what a link leads to, which stays with the link', async () => {
  const { folder, clean } = await makeOutput();
  expect(clean()).toEqual([]);
  mkdirSync(join(folder, 'elsewhere'));
  symlinkSync('elsewhere', join(folder, 'made'));
  for (const [name, text] of Object.entries(FILES)) writeInto(folder, name, text);
  expect(list(join(folder, 'elsewhere'))).toEqual(['a', 'sub', 'sub/b']);
  expect(clean()).toEqual([]);
  expect(list(join(folder, 'made'))).toEqual([]);
});
