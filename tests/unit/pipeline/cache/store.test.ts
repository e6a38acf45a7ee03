import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { collectOutputs } from '../../../../pipeline/cache/collect-outputs.ts';
import { ObjectStore } from '../../../../pipeline/cache/objects.ts';
import { replaceAt } from '../../../../pipeline/cache/replace.ts';
import { isInPlace, rememberFiles, unpackOutput } from '../../../../pipeline/cache/restore.ts';
import type { ResultOutput } from '../../../../pipeline/cache/results.ts';
import { lookAtStanding } from '../../../../pipeline/cache/standing.ts';
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
  const publishSound = async (path: string): Promise<ResultOutput> => {
    const result = collect(path);
    const output = result.ok ? result.outputs['o'] : undefined;
    if (!result.ok || output === undefined) throw new Error('nothing was collected');
    writeInto(folder, 'beside', '');
    await objects.take(result.files, at('beside'));
    return output;
  };
  /** Puts an output at its place, as a run does, to which nothing there is known but that output. */
  const place = async (path: string, output: ResultOutput) => {
    const from = objects.temporaryPath();
    const unpacked = await unpackOutput(from, output, objects, at(path));
    if (!unpacked.ok) return unpacked;
    const look = () =>
      lookAtStanding(at(path), path, [{ content: `${output.kind}:${output.digest}`, path }], [], {
        objects,
        files: memo,
      });
    const keep = { folder: layout.kept('run'), run: 'run' };
    const kept = replaceAt({ from, to: at(path), name: path }, look, keep);
    rememberFiles(at(path), unpacked, memo);
    return { ok: true, kept: kept === null ? null : relative(folder, kept) };
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
  return { folder, layout, objects, memo, at, collect, publishSound, place, flip, list };
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
    expect(result).toMatchObject({ ok: false, fault: { kind: 'not-written', outputs: ['b'] } });
    expect(existsSync(join(folder, '.pipeline/cache/objects'))).toBe(false);
  });

  it('refuses symbolic links that leave, through which the store could be changed', () => {
    const { collect, at } = openStore({ outside: 'mine', 'made/a': '1' });
    symlinkSync('../outside', at('made/link'));
    expect(collect('made')).toMatchObject({
      ok: false,
      fault: { what: expect.stringMatching(/link that leaves it at link: → \.\.\/outside/) },
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

  it('lets those read bytes who may read any of the files that have them', async () => {
    const { publishSound, layout, at } = openStore({ 'made/a': 'one', 'made/b': 'one' });
    chmodSync(at('made/a'), 0o600);
    chmodSync(at('made/b'), 0o644);
    await publishSound('made');
    const modeOf = (text: string) => statSync(layout.object(hashBytes(text))).mode & 0o777;
    expect(modeOf('one')).toBe(0o444);
    // At the same time, when the first is not yet in its place.
    writeInto(at('.'), 'hidden', 'two');
    writeInto(at('.'), 'open', 'two');
    chmodSync(at('hidden'), 0o600);
    chmodSync(at('open'), 0o644);
    await Promise.all([publishSound('hidden'), publishSound('open')]);
    expect(modeOf('two')).toBe(0o444);
  });

  it('mends a damaged object when its content comes by again', async () => {
    const { publishSound, objects, flip } = openStore({ a: 'text', b: 'text' });
    const { digest } = await publishSound('a');
    flip(digest);
    expect((await publishSound('b')).digest).toBe(digest);
    expect(objects.verify(digest)).toBe('sound');
  });

  it('mends the damaged list of a folder likewise', async () => {
    const { publishSound, objects, folder, flip } = openStore(tree);
    const { digest } = await publishSound('made');
    flip(digest);
    for (const [path, text] of Object.entries(tree)) writeInto(folder, path, text);
    expect((await publishSound('made')).digest).toBe(digest);
    expect(objects.verify(digest)).toBe('sound');
  });
});

describe('restoring', () => {
  it('brings back exactly what was published', async () => {
    const { publishSound, place, memo, at, list } = openStore(tree);
    const output = await publishSound('made');
    expect(await place('out/again', output)).toEqual({ ok: true, kept: null });
    expect(list('out/again')).toEqual(['a', 'sub', 'sub/b', 'sub/c']);
    expect(readFileSync(at('out/again/sub/c'), 'utf8')).toBe('one');
    expect(isInPlace(at('out/again'), output, memo)).toBe(true);
  });

  it('replaces and never merges, and keeps what it does not know', async () => {
    const { publishSound, place, memo, at, list } = openStore({
      ...tree,
      'out/a': 'one',
      'out/extra': 'x',
      'out/sub/b': 'old',
    });
    const output = await publishSound('made');
    expect(isInPlace(at('out'), output, memo)).toBe(false);
    expect(await place('out', output)).toEqual({ ok: true, kept: '.pipeline/kept/run/out' });
    expect(list('out')).toEqual(['a', 'sub', 'sub/b', 'sub/c']);
    expect(list('.pipeline/kept/run/out')).toEqual(['extra', 'sub', 'sub/b']);
    writeInto(at('out'), 'new', 'extra file');
    expect(isInPlace(at('out'), output, memo)).toBe(false);
    expect(await place('out', output)).toEqual({ ok: true, kept: '.pipeline/kept/run/out.2' });
  });

  it.each(['a folder', 'a file', 'nothing', 'an empty folder'])(
    'puts a file where %s stands, and loses none',
    async (standing) => {
      const { publishSound, place, at, list } = openStore({ made: 'text' });
      const output = await publishSound('made');
      if (standing === 'a folder') writeInto(at('out'), 'inner', 'x');
      if (standing === 'a file') writeFileSync(at('out'), 'x');
      if (standing === 'an empty folder') mkdirSync(at('out/inner'), { recursive: true });
      const isKept = standing === 'a folder' || standing === 'a file';
      const kept = isKept ? '.pipeline/kept/run/out' : null;
      expect(await place('out', output)).toEqual({ ok: true, kept });
      expect(readFileSync(at('out'), 'utf8')).toBe('text');
      if (standing === 'a folder') expect(list('.pipeline/kept/run/out')).toEqual(['inner']);
      if (standing === 'a file') expect(readFileSync(at(kept ?? ''), 'utf8')).toBe('x');
    },
  );

  it('gives each place a file of its own, writable, and the store one that it leads to from none', async () => {
    const { publishSound, place, objects, memo, at } = openStore({ made: 'text' });
    const output = await publishSound('made');
    for (const path of ['x', 'y', 'x', 'z']) await place(path, output);
    const inodes = ['x', 'y', 'z'].map((path) => statSync(at(path)).ino);
    expect(new Set([...inodes, statSync(objects.path(output.digest)).ino]).size).toBe(4);
    for (const path of ['x', 'y', 'z']) {
      expect(isInPlace(at(path), output, memo)).toBe(true);
      expect(statSync(at(path)).mode & 0o200).toBe(0o200);
    }
    writeFileSync(at('x'), 'TEXT');
    expect(['x', 'y'].map((path) => isInPlace(at(path), output, memo))).toEqual([false, true]);
    expect(objects.verify(output.digest)).toBe('sound');
  });

  it('copies large files whole, several at a time', async () => {
    const files = Array.from({ length: 6 }, (_, i) => [`made/${i}`, `${i}`.repeat(1_500_000)]);
    const { publishSound, place, at, flip, list } = openStore(Object.fromEntries(files));
    const output = await publishSound('made');
    expect(await place('out', output)).toMatchObject({ ok: true });
    for (const [i] of files.entries()) {
      expect(readFileSync(at(`out/${i}`), 'utf8')).toBe(`${i}`.repeat(1_500_000));
    }
    flip(hashBytes('5'.repeat(1_500_000)));
    expect(await place('again', output)).toMatchObject({ ok: false, fault: 'damaged' });
    expect(list('.')).not.toContain('again');
  });

  it('leaves nothing aside', async () => {
    const { publishSound, place, at, layout } = openStore(tree);
    const output = await publishSound('made');
    await place('out', output);
    writeInto(at('out'), 'a', 'one');
    await place('out', output);
    expect(readdirSync(layout.temporary)).toEqual([]);
    expect(existsSync(layout.kept('run'))).toBe(false);
  });

  it('touches nothing when one of its objects is damaged, and puts that aside', async () => {
    const { publishSound, place, at, layout, flip } = openStore({ ...tree, 'out/mine': 'x' });
    const output = await publishSound('made');
    const digest = hashBytes('two');
    flip(digest);
    expect(await place('out', output)).toEqual({ ok: false, fault: 'damaged', digest });
    expect(readFileSync(at('out/mine'), 'utf8')).toBe('x');
    expect(readdirSync(layout.quarantine)).toHaveLength(1);
    expect(await place('out', output)).toMatchObject({ fault: 'missing' });
    expect(readdirSync(layout.temporary)).toEqual([]);
  });

  it('notices a damaged manifest', async () => {
    const { publishSound, place, flip } = openStore(tree);
    const output = await publishSound('made');
    flip(output.digest);
    expect(await place('out', output)).toMatchObject({ fault: 'damaged' });
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
