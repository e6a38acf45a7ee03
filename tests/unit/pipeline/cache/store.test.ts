import {
  chmodSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ActionOutput } from '../../../../pipeline/cache/actions.ts';
import { ObjectStore } from '../../../../pipeline/cache/objects.ts';
import { collectOutputs } from '../../../../pipeline/cache/publish.ts';
import { isInPlace, restoreOutput } from '../../../../pipeline/cache/restore.ts';
import { hashBytes } from '../../../../pipeline/fingerprint/canonical.ts';
import { FileClock } from '../../../../pipeline/fingerprint/file-clock.ts';
import { FileMemo } from '../../../../pipeline/fingerprint/file-memo.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import { makeFolder, removeFolders, writeInto } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

function openStore(files: Record<string, string> = {}) {
  const folder = makeFolder(files);
  const layout = new StateLayout(folder, 'owner');
  const objects = new ObjectStore(layout);
  const memo = new FileMemo(layout.memo('files'), new FileClock(() => Date.now() + 60_000, null));
  const at = (path: string) => join(folder, path);
  /** Collects a file or folder of the workspace as an output named `o`. */
  const collect = (path: string) =>
    collectOutputs([{ name: 'o', path, volatile: false, mutable: [] }], { o: at(path) }, objects);
  /** Collects it, and takes it into the store. */
  const publishSound = async (path: string): Promise<ActionOutput> => {
    const result = collect(path);
    const output = result.ok ? result.outputs['o'] : undefined;
    if (!result.ok || output === undefined) throw new Error('nothing was collected');
    writeInto(folder, 'beside', '');
    await objects.take(result.files, at('beside'));
    return output;
  };
  const flip = (digest: string) => {
    const path = layout.object(digest);
    const bytes = readFileSync(path);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    chmodSync(path, 0o644);
    writeFileSync(path, bytes);
  };
  const list = (path: string) =>
    readdirSync(at(path), { recursive: true, encoding: 'utf8' }).sort();
  return { folder, layout, objects, memo, at, collect, publishSound, flip, list };
}

const tree = { 'made/a': 'one', 'made/sub/b': 'two', 'made/sub/c': 'one' };

describe('publishing', () => {
  it('keeps each distinct content once, read-only, under its digest', async () => {
    const { layout, publishSound, list } = openStore(tree);
    const output = await publishSound('made');
    expect(output).toMatchObject({ kind: 'tree', size: 9, volatile: false });
    for (const text of ['one', 'two']) {
      const path = layout.object(hashBytes(text));
      expect(readFileSync(path, 'utf8')).toBe(text);
      expect(statSync(path).mode & 0o222).toBe(0);
    }
    // Two contents and the manifest.
    expect(list('.pipeline/cache/objects').filter((name) => name.includes('/'))).toHaveLength(3);
  });

  it('names an output that was not written and keeps none of them', () => {
    const { objects, at, folder } = openStore({ a: '1' });
    const outputs = ['a', 'b'].map((name) => ({ name, path: name, volatile: false, mutable: [] }));
    const result = collectOutputs(outputs, { a: at('a'), b: at('b') }, objects);
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining('output b') });
    expect(existsSync(join(folder, '.pipeline/cache/objects'))).toBe(false);
  });

  it('refuses symbolic links that leave, through which the store could be changed', () => {
    const { collect, at } = openStore({ outside: 'mine', 'made/a': '1' });
    symlinkSync('../outside', at('made/link'));
    expect(collect('made')).toMatchObject({
      ok: false,
      message: expect.stringMatching(/link that leaves it at link: → \.\.\/outside/),
      retryable: false,
    });
    expect(statSync(at('outside')).mode & 0o200).toBe(0o200);
    symlinkSync('outside', at('alone'));
    expect(collect('alone').ok).toBe(false);
  });

  it("copies a hard link, so that the user's file of the same bytes stays apart", async () => {
    const { publishSound, objects, at } = openStore({ mine: 'text' });
    linkSync(at('mine'), at('made'));
    const { digest } = await publishSound('made');
    writeFileSync(at('mine'), 'changed');
    expect(objects.verify(digest)).toBe('sound');
  });

  it('mends a damaged object when its content comes by again', async () => {
    const { publishSound, objects, flip } = openStore({ a: 'text', b: 'text' });
    const { digest } = await publishSound('a');
    flip(digest);
    expect((await publishSound('b')).digest).toBe(digest);
    expect(objects.verify(digest)).toBe('sound');
  });
});

describe('restoring', () => {
  it('brings back exactly what was published', async () => {
    const { publishSound, objects, memo, at, list } = openStore(tree);
    const output = await publishSound('made');
    expect(restoreOutput(at('out/again'), output, objects, memo)).toEqual({ ok: true });
    expect(list('out/again')).toEqual(['a', 'sub', 'sub/b', 'sub/c']);
    expect(readFileSync(at('out/again/sub/c'), 'utf8')).toBe('one');
    expect(isInPlace(at('out/again'), output, memo)).toBe(true);
  });

  it('replaces and never merges', async () => {
    const { publishSound, objects, memo, at, list } = openStore({
      ...tree,
      'out/extra': 'x',
      'out/sub/b': 'old',
    });
    const output = await publishSound('made');
    expect(isInPlace(at('out'), output, memo)).toBe(false);
    expect(restoreOutput(at('out'), output, objects, memo).ok).toBe(true);
    expect(list('out')).toEqual(['a', 'sub', 'sub/b', 'sub/c']);
    writeInto(at('out'), 'new', 'extra file');
    expect(isInPlace(at('out'), output, memo)).toBe(false);
  });

  it.each(['a folder', 'a file', 'a link', 'nothing'])(
    'puts a file where %s stands',
    async (standing) => {
      const { publishSound, objects, memo, at } = openStore({ made: 'text', other: 'x' });
      const output = await publishSound('made');
      if (standing === 'a folder') writeInto(at('out'), 'inner', 'x');
      if (standing === 'a file') writeFileSync(at('out'), 'x');
      if (standing === 'a link') symlinkSync('other', at('out'));
      expect(restoreOutput(at('out'), output, objects, memo)).toEqual({ ok: true });
      expect(readFileSync(at('out'), 'utf8')).toBe('text');
      expect(readFileSync(at('other'), 'utf8')).toBe('x');
    },
  );

  it('puts the same content at several places, all of which stay known', async () => {
    const { publishSound, objects, memo, at } = openStore({ made: 'text' });
    const output = await publishSound('made');
    for (const place of ['x', 'y', 'x', 'z']) restoreOutput(at(place), output, objects, memo);
    for (const place of ['x', 'y', 'z']) expect(isInPlace(at(place), output, memo)).toBe(true);
  });

  it('leaves nothing aside', async () => {
    const { publishSound, objects, memo, at, layout } = openStore({ ...tree, 'out/extra': 'x' });
    const output = await publishSound('made');
    restoreOutput(at('out'), output, objects, memo);
    restoreOutput(at('out'), output, objects, memo);
    expect(readdirSync(layout.temporary)).toEqual([]);
  });

  it('touches nothing when one of its objects is damaged, and puts that aside', async () => {
    const { publishSound, objects, memo, at, layout, flip } = openStore({
      ...tree,
      'out/mine': 'x',
    });
    const output = await publishSound('made');
    const digest = hashBytes('two');
    flip(digest);
    expect(restoreOutput(at('out'), output, objects, memo)).toEqual({
      ok: false,
      fault: 'damaged',
      digest,
    });
    expect(readFileSync(at('out/mine'), 'utf8')).toBe('x');
    expect(readdirSync(layout.quarantine)).toHaveLength(1);
    expect(restoreOutput(at('out'), output, objects, memo)).toMatchObject({ fault: 'missing' });
  });

  it('notices a damaged manifest', async () => {
    const { publishSound, objects, memo, at, flip } = openStore(tree);
    const output = await publishSound('made');
    flip(output.digest);
    expect(restoreOutput(at('out'), output, objects, memo)).toMatchObject({ fault: 'damaged' });
  });

  it('mends an output that was changed by hand, which does not reach the store', async () => {
    const { publishSound, objects, memo, at } = openStore({ made: 'text' });
    const output = await publishSound('made');
    restoreOutput(at('out'), output, objects, memo);
    writeFileSync(at('out'), 'TEXT');
    expect(isInPlace(at('out'), output, memo)).toBe(false);
    expect(restoreOutput(at('out'), output, objects, memo)).toEqual({ ok: true });
    expect(readFileSync(at('out'), 'utf8')).toBe('text');
  });
});

describe('a copy of a log', () => {
  it('is an object of its own, and the log stays', async () => {
    const { objects, at } = openStore({ log: 'line\n' });
    const { path, digest, mode } = objects.copy(at('log'));
    await objects.take([{ path, digest, mode }], at('log'));
    expect(digest).toBe(hashBytes('line\n'));
    writeFileSync(at('log'), 'more');
    expect(objects.verify(digest)).toBe('sound');
  });
});
