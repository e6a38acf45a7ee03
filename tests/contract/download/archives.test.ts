import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TransferLimits } from '../../../stages/download/transfer.ts';
import {
  buildTar,
  buildTarGz,
  cifarEntries,
  hexDigest,
  paxRecord,
  RECORD_BYTES,
  type TarEntry,
} from '../../fixtures/tar.ts';
import { serve } from './server.ts';
import { openWorkspace, type Workspace } from './stage.ts';

let stage: Workspace;

beforeEach(async () => {
  stage = await openWorkspace();
});

afterEach(() => stage.remove());

/** Gives the stage this archive with its right checksum, and the message that it must fail with. */
async function refuse(archive: Buffer, limits: Partial<TransferLimits> = {}): Promise<string> {
  await writeFile(join(stage.workspace, 'archive.tar.gz'), archive);
  const message = await stage.fail(
    { url: 'archive.tar.gz', sha256: hexDigest('sha256', archive) },
    { limits },
  );
  expect(await stage.leftovers()).toEqual([]);
  return message;
}

/** A good archive with an entry added after its fourth file, while earlier ones are being written. */
function withEntry(...added: TarEntry[]): Buffer {
  return buildTarGz(cifarEntries().toSpliced(4, 0, ...added));
}

function replace(name: string, change: (entry: TarEntry) => TarEntry[]): Buffer {
  return buildTarGz(
    cifarEntries().flatMap((entry) => (entry.path.endsWith(`/${name}`) ? change(entry) : [entry])),
  );
}

describe('an archive that would write outside its folder is refused whole, by the name of the entry', () => {
  const data = Buffer.from('x');
  it.each<[string, TarEntry[], string]>([
    ['a path with ..', [{ path: '../evil', data }], '"../evil" has a path with ".."'],
    [
      'a path with .. further in',
      [{ path: 'cifar-10-batches-bin/../../evil', data }],
      '"cifar-10-batches-bin/../../evil" has a path with ".."',
    ],
    ['a path with ..\\', [{ path: 'a\\..\\evil', data }], 'has a path with ".."'],
    ['an absolute path', [{ path: '/tmp/evil', data }], '"/tmp/evil" has an absolute path'],
    ['an absolute path of Windows', [{ path: 'C:\\evil', data }], 'has an absolute path'],
    [
      'a path with .. in a pax header',
      [
        { path: 'pax', type: 'x', data: paxRecord('path', '../evil') },
        { path: 'harmless', data },
      ],
      '"../evil" has a path with ".."',
    ],
    [
      'a symbolic link',
      [{ path: 'cifar-10-batches-bin/link', type: '2', target: '/etc/passwd' }],
      '"cifar-10-batches-bin/link" is no regular file but of type SymbolicLink to "/etc/passwd"',
    ],
    [
      'a symbolic link in place of a record file',
      [{ path: 'other/test_batch.bin', type: '2', target: '/etc/passwd' }],
      '"other/test_batch.bin" is no regular file but of type SymbolicLink',
    ],
    [
      'a hard link',
      [{ path: 'link', type: '1', target: 'data_batch_1.bin' }],
      '"link" is no regular file but of type Link to "data_batch_1.bin"',
    ],
    ['a character device', [{ path: 'null', type: '3' }], 'of type CharacterDevice'],
    ['a FIFO', [{ path: 'fifo', type: '6' }], 'of type FIFO'],
    ['an entry of an unknown type', [{ path: 'odd', type: 'Z' }], '"odd" is no regular file'],
  ])('%s', async (_, added, expected) => {
    const message = await refuse(withEntry(...added));
    expect(message).toContain('archive.tar.gz is refused: entry ');
    expect(message).toContain(expected);
  });
});

describe('an archive that is not what it should be is refused', () => {
  it('where an entry comes twice', async () => {
    const readme = { path: 'readme.html', data: Buffer.from('x') };
    expect(await refuse(withEntry(readme, readme))).toContain('"readme.html" comes twice');
  });

  it('where a record file comes twice, in two folders', async () => {
    const second = { path: 'other/data_batch_1.bin', data: Buffer.alloc(RECORD_BYTES) };
    expect(await refuse(withEntry(second))).toContain(
      '"other/data_batch_1.bin" is a second data_batch_1.bin',
    );
  });

  it('where its files exceed the limit together, whatever a global pax header claims', async () => {
    const size = 3 * 1024 ** 2;
    const message = await refuse(
      buildTarGz([
        ...cifarEntries(),
        { path: 'pax', type: 'g', data: paxRecord('size', '10') },
        { path: 'pax', type: 'x', data: paxRecord('size', `${size}`) },
        { path: 'large', data: Buffer.alloc(size) },
      ]),
      { unpackedBytes: 2 * 1024 ** 2 },
    );
    expect(message).toContain('"large" exceeds the limit of 2.0 MiB unpacked');
  });

  it('where it holds very many entries', async () => {
    const many = Array.from({ length: 1100 }, (_, index) => ({ path: `file ${index}` }));
    expect(await refuse(withEntry(...many))).toContain('the limit is 1000 entries');
  });

  it('where a record file is missing', async () => {
    const message = await refuse(replace('data_batch_3.bin', () => []));
    expect(message).toContain('archive.tar.gz lacks data_batch_3.bin; expected the binary version');
  });

  it('where a record file is cut within a record', async () => {
    const message = await refuse(
      replace('test_batch.bin', (entry) => [{ ...entry, data: Buffer.alloc(RECORD_BYTES + 5) }]),
    );
    expect(message).toContain(
      `has ${RECORD_BYTES + 5} bytes; expected one or more records of 3073`,
    );
  });

  it('where a record file is empty', async () => {
    const message = await refuse(replace('test_batch.bin', ({ path }) => [{ path }]));
    expect(message).toContain('has 0 bytes');
  });

  it('where it is the Python version', async () => {
    const message = await refuse(
      buildTarGz([{ path: 'cifar-10-batches-py/data_batch_1', data: Buffer.alloc(10) }]),
    );
    expect(message).toContain('lacks data_batch_1.bin, data_batch_2.bin');
  });

  it('where the gzip stream is truncated', async () => {
    const archive = buildTarGz(cifarEntries());
    const message = await refuse(archive.subarray(0, archive.length >> 1));
    expect(message).toContain('archive.tar.gz is truncated or no tar.gz archive');
  });

  it('where the tar within it is truncated', async () => {
    const tar = buildTar(cifarEntries());
    const message = await refuse(gzipSync(tar.subarray(0, 100_000)));
    expect(message).toContain('archive.tar.gz is truncated or no tar.gz archive');
  });

  it('where a byte of the gzip stream is flipped', async () => {
    const archive = Buffer.from(buildTarGz(cifarEntries()));
    archive[archive.length - 6] = (archive[archive.length - 6] ?? 0) ^ 1;
    expect(await refuse(archive)).toContain('is truncated or no tar.gz archive');
  });

  it('where it is a web page', async () => {
    const message = await refuse(Buffer.from('<html>Please sign in</html>'.repeat(100)));
    expect(message).toContain('is truncated or no tar.gz archive');
  });

  it('where it is empty', async () => {
    expect(await refuse(Buffer.alloc(0))).toContain('is truncated or no tar.gz archive');
  });

  it('wherever it is cut', async () => {
    const archive = buildTarGz(cifarEntries({ perBatch: 1, test: 1 }));
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), async (length) => {
        expect(await refuse(archive.subarray(0, length))).toContain('archive.tar.gz');
      }),
      { numRuns: 40, seed: 3 },
    );
  });

  it('or unpacked, whichever byte of the tar is another one, and leaves no part of it', async () => {
    const tar = buildTar(cifarEntries({ perBatch: 1, test: 1 }));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(tar.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, mask) => {
          const changed = Buffer.from(tar);
          changed[at] = (tar[at] ?? 0) ^ mask;
          await writeFile(join(stage.workspace, 'changed.tar'), changed);
          const dataset = { url: 'changed.tar', sha256: hexDigest('sha256', changed) };
          const error = await stage.run(dataset).then(
            () => null,
            (reason: unknown) => reason,
          );
          if (error === null) {
            expect(await stage.leftovers()).toHaveLength(9);
            await rm(stage.records, { recursive: true });
          } else {
            expect(error).toHaveProperty('name', 'StageFailure');
            expect(await stage.leftovers()).toEqual([]);
          }
        },
      ),
      { numRuns: 100, seed: 3 },
    );
  });

  it('and a download of it is not kept', async () => {
    const archive = withEntry({ path: '../evil', data: Buffer.from('x') });
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': archive.length, etag: '"v1"' }).end(archive);
    });
    try {
      const message = await stage.fail({ mirrors: [server.url], md5: hexDigest('md5', archive) });
      expect(message).toContain('"../evil" has a path with ".."');
      expect(await stage.leftovers()).toEqual([]);
    } finally {
      await server.close();
    }
  });
});
