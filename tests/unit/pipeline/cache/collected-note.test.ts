import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { collectOutputs } from '../../../../pipeline/cache/collect-outputs.ts';
import { findCollected, noteCollected } from '../../../../pipeline/cache/collected-note.ts';
import { ObjectStore } from '../../../../pipeline/cache/objects.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An attempt that wrote a folder of two files, one of them a program, and was collected. */
function collect() {
  const root = mkdtempSync(join(tmpdir(), 'collected-'));
  folders.push(root);
  const layout = new StateLayout(root, 'test');
  const objects = new ObjectStore(layout);
  const tree = join(root, 'attempt', 'tree');
  mkdirSync(tree, { recursive: true });
  writeFileSync(join(tree, 'data'), 'data');
  writeFileSync(join(tree, 'tool'), 'tool');
  chmodSync(join(tree, 'tool'), 0o755);
  const common = { volatile: false, mutable: [], metrics: false };
  const output = { ...common, name: 'tree', path: 'out/tree' };
  const paths = { tree };
  const collectAgain = () => collectOutputs([output], paths, objects);
  const collected = collectAgain();
  if (!collected.ok) throw new Error('nothing was collected');
  const note = join(root, 'attempt', 'note.json');
  noteCollected(note, collected, layout.temporary);
  return { objects, collected, collectAgain, note };
}

it('finds the whole of what was collected when a part has been moved into the store', async () => {
  const { objects, collected, collectAgain, note } = collect();
  await objects.take(collected.files.slice(0, 1));
  // What is left in its place is another folder.
  expect(collectAgain()).not.toMatchObject({ outputs: collected.outputs });
  const found = findCollected(note, objects);
  expect(found).toEqual({ ...collected, files: collected.files.slice(1) });
  await objects.take(collected.files.slice(1));
  expect(findCollected(note, objects)).toEqual({ ...collected, files: [] });
});

it('finds a whole result of equal files, of which the store has removed all but one', async () => {
  const { objects, collected, note } = collect();
  const [first] = collected.files;
  if (first === undefined) throw new Error('nothing was collected');
  const twin = { ...first, path: `${first.path}-twin` };
  copyFileSync(first.path, twin.path);
  const both = { ...collected, files: [first, twin, ...collected.files.slice(1)] };
  noteCollected(note, both, dirname(note));
  for (const gone of [first, twin]) {
    expect(findCollected(note, objects)).toEqual(both);
    // Killed between the removal of one and the move of the other.
    renameSync(gone.path, `${gone.path}-aside`);
    const files = both.files.filter((file) => file !== gone);
    expect(findCollected(note, objects)).toEqual({ ...both, files });
    renameSync(`${gone.path}-aside`, gone.path);
  }
  for (const { path } of [first, twin]) rmSync(path);
  expect(findCollected(note, objects)).toMatchObject({ ok: false });
});

it('takes nothing for a result of which a part is lost or other than it was', async () => {
  const { objects, collected, note } = collect();
  expect(findCollected(`${note}.other`, objects)).toBeNull();
  writeFileSync(collected.files[0]?.path ?? '', 'more');
  expect(findCollected(note, objects)).toMatchObject({ ok: false, retryable: true });
});
