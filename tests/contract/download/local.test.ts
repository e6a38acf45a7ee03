import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildTar, buildTarGz, cifarEntries, hexDigest } from '../../fixtures/tar.ts';
import { openWorkspace, type Workspace } from './stage.ts';

const archive = buildTarGz(cifarEntries());
const sha256 = hexDigest('sha256', archive);

let stage: Workspace;
let path: string;

beforeEach(async () => {
  stage = await openWorkspace();
  path = join(stage.root, 'data', 'a copy.tar.gz');
  await mkdir(join(stage.root, 'data'));
  await writeFile(path, archive);
});

afterEach(() => stage.remove());

describe('a source of dataset.url on this machine', () => {
  it.each([
    ['a path relative to the workspace', () => '../data/a copy.tar.gz'],
    ['an absolute path', () => path],
    ['a file: URL', () => pathToFileURL(path).href],
  ])('may be %s, is read where it lies, and needs no network', async (_, url) => {
    await stage.run({ url: url(), sha256: sha256.toUpperCase() }, { offline: true });
    expect(await readdir(stage.records)).toHaveLength(8);
    expect(await readdir(stage.scratch)).toEqual([]);
    expect((await readFile(path)).equals(archive)).toBe(true);
  });

  it('replaces the mirrors, and their MD5 with them', async () => {
    await stage.run({
      mirrors: ['http://mirror.invalid/a'],
      md5: '0'.repeat(32),
      url: path,
      sha256,
    });
    expect(await readdir(stage.records)).toHaveLength(8);
  });

  it('may be a tar that is not compressed', async () => {
    const tar = buildTar(cifarEntries());
    await writeFile(path, tar);
    await stage.run({ url: path, sha256: hexDigest('sha256', tar) });
    expect(await readdir(stage.records)).toHaveLength(8);
  });

  it('gives the same bytes every time', async () => {
    const other = await openWorkspace();
    await stage.run({ url: path, sha256 });
    await other.run({ url: path, sha256 });
    for (const name of await readdir(stage.records)) {
      const bytes = await readFile(join(other.records, name));
      expect((await readFile(join(stage.records, name))).equals(bytes)).toBe(true);
    }
    await other.remove();
  });

  it('needs its SHA-256, and says how to compute and to pass it', async () => {
    const message = await stage.fail({ url: '../data/a copy.tar.gz' });
    expect(message).toContain('dataset.sha256 is not set');
    expect(message).toContain(`sha256sum '${path}'`);
    expect(message).toContain('--set dataset.sha256=<the 64 digits>');
    expect(await stage.leftovers()).toEqual([]);
  });

  it('is refused with a wrong SHA-256, and stays', async () => {
    const message = await stage.fail({ url: path, sha256: '0'.repeat(64) });
    expect(message).toContain(
      `${path}: wrong checksum: expected SHA-256 ${'0'.repeat(64)}, found ${sha256}`,
    );
    expect(await stage.leftovers()).toEqual([]);
    expect((await stat(path)).size).toBe(archive.length);
  });

  it('is refused where there is no such file', async () => {
    const message = await stage.fail({ url: 'missing.tar.gz', sha256 });
    expect(message).toContain(
      `missing.tar.gz: there is no file ${join(stage.workspace, 'missing.tar.gz')}`,
    );
  });

  it('is refused where it is a folder', async () => {
    const message = await stage.fail({ url: '../data', sha256 });
    expect(message).toContain(`${join(stage.root, 'data')} is no regular file`);
  });
});

describe('the subset of CIFAR-10', () => {
  const subset = resolve(import.meta.dirname, '../../../../shared/data/cifar-10-subset.tar.gz');

  it.skipIf(!existsSync(subset))(
    'is unpacked to 10,000 and 2,000 records (skipped where it is absent)',
    async () => {
      const digest = 'f87fdc18618f663d8d23c742fb8787e39c5d03950e416498eba4c180fbe2ee7f';
      await stage.run({ url: subset, sha256: digest });
      expect(stage.events.at(-1)).toMatchObject({
        type: 'summary',
        values: { train: 10_000, test: 2_000 },
      });
      expect((await stat(join(stage.records, 'test_batch.bin'))).size).toBe(2_000 * 3_073);
      const classes = await readFile(join(stage.records, 'batches.meta.txt'), 'utf8');
      expect(classes.split('\n').slice(0, 2)).toEqual(['airplane', 'automobile']);
    },
  );
});
