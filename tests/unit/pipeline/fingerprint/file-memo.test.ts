import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hashBytes } from '../../../../pipeline/fingerprint/canonical.ts';
import { FileClock } from '../../../../pipeline/fingerprint/file-clock.ts';
import { FileMemo } from '../../../../pipeline/fingerprint/file-memo.ts';
import { KeptStamps } from '../../../../pipeline/fingerprint/kept-stamps.ts';
import { readContent } from '../../../../pipeline/fingerprint/read-content.ts';
import { formatTree, parseTree } from '../../../../pipeline/fingerprint/tree-manifest.ts';
import { decodeName } from '../../../../pipeline/system/byte-names.ts';
import { dayOf } from '../../../../pipeline/system/memo-age.ts';
import { readMemo, writeMemo } from '../../../../pipeline/system/memo-file.ts';
import { makeFolder, removeFolders, setModified } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

/** Long after anything that the tests write, so that no file counts as just touched. */
const later = () => Date.now() + 60_000;

/** A memo over a folder, with the file that keeps it, reopened as the next run does. */
function openMemo(folder: string, now = later): FileMemo {
  return new FileMemo(join(folder, 'memo'), new FileClock(now, null));
}

describe('FileMemo', () => {
  it('gives the SHA-256 of a file', () => {
    const folder = makeFolder({ a: 'text' });
    expect(openMemo(folder).digestFile(join(folder, 'a'))).toBe(hashBytes('text'));
  });

  it('remembers between runs: a known stamp is not hashed again', () => {
    const folder = makeFolder({ a: 'text' });
    const path = join(folder, 'a');
    const memo = openMemo(folder);
    memo.digestFile(path);
    memo.save(folder);
    // A stamp with the digest of other bytes shows whether the bytes are read.
    const kept = new KeptStamps(
      readMemo(join(folder, 'memo'))?.content ?? Buffer.alloc(0),
      dayOf(later()),
    );
    const entry = kept.entryOf(path);
    if (entry === null) throw new Error('nothing was kept');
    const forged = new Map([[path, { ...entry, digest: hashBytes('forged') }]]);
    writeMemo(join(folder, 'memo'), kept.repack(forged), folder);
    expect(openMemo(folder).digestFile(path)).toBe(hashBytes('forged'));
  });

  it('forgets files that nobody asks for in a month, and no others', () => {
    const folder = makeFolder({ often: 'text', once: 'text' });
    const day = 24 * 60 * 60 * 1000;
    const keptAfter = (days: number, asked: readonly string[]) => {
      const memo = openMemo(folder, () => later() + days * day);
      for (const name of asked) memo.digestFile(join(folder, name));
      memo.save(folder);
      const pack = readMemo(join(folder, 'memo'))?.content ?? Buffer.alloc(0);
      const kept = new KeptStamps(pack, 0);
      return ['often', 'once'].filter((name) => kept.placeOf(join(folder, name)) !== undefined);
    };
    expect(keptAfter(0, ['often', 'once'])).toEqual(['often', 'once']);
    expect(keptAfter(20, ['often'])).toEqual(['often', 'once']);
    expect(keptAfter(40, ['often'])).toEqual(['often']);
  });

  it('notices new content of the same size under a restored modification time', () => {
    const folder = makeFolder({ a: 'text' });
    const path = join(folder, 'a');
    const time = statSync(path).mtimeMs;
    const memo = openMemo(folder);
    memo.digestFile(path);
    memo.save(folder);
    waitForClockTick(folder);
    writeFileSync(path, 'TEXT');
    setModified(path, time);
    expect(openMemo(folder).digestFile(path)).toBe(hashBytes('TEXT'));
  });

  it('notices another file renamed over the first with the same size and time', () => {
    const folder = makeFolder({ a: 'text', b: 'TEXT' });
    const path = join(folder, 'a');
    setModified(path, 1e12);
    setModified(join(folder, 'b'), 1e12);
    const memo = openMemo(folder);
    memo.digestFile(path);
    renameSync(join(folder, 'b'), path);
    expect(memo.digestFile(path)).toBe(hashBytes('TEXT'));
  });

  it('does not trust a file that was touched just before it was hashed', () => {
    const folder = makeFolder({ a: 'text' });
    const path = join(folder, 'a');
    const memo = openMemo(folder, () => statSync(path).ctimeMs + 1);
    memo.digestFile(path);
    memo.save(folder);
    // A change within the clock's granularity would leave this same stamp.
    expect(existsSync(join(folder, 'memo'))).toBe(false);
  });

  it.each(['', '{', 'null', 'x'.repeat(200), '\0'.repeat(64)])(
    'starts afresh from a damaged memo: %s',
    (text) => {
      const folder = makeFolder({ memo: text, a: 'text' });
      expect(openMemo(folder).digestFile(join(folder, 'a'))).toBe(hashBytes('text'));
    },
  );

  it('does not remember a digest for a file that another process put there meanwhile', () => {
    const folder = makeFolder({ a: 'theirs' });
    const path = join(folder, 'a');
    const memo = openMemo(folder);
    memo.remember(path, hashBytes('mine'), statSync(path).ino + 1);
    expect(memo.digestFile(path)).toBe(hashBytes('theirs'));
    memo.remember(join(folder, 'gone'), hashBytes('mine'), 1);
  });
});

describe('readContent', () => {
  it('tells files, folders and nothing apart', () => {
    const folder = makeFolder({ 'd/a': '1', 'd/e/b': '22' });
    const content = readContent(join(folder, 'd'));
    expect(content).toMatchObject({
      kind: 'tree',
      manifest: {
        files: new Map([
          ['a', { digest: hashBytes('1'), size: 1, executable: false }],
          ['e/b', { digest: hashBytes('22'), size: 2, executable: false }],
        ]),
      },
    });
    expect(readContent(join(folder, 'd/a'))).toMatchObject({ kind: 'file', size: 1 });
    expect(readContent(join(folder, 'x'))).toEqual({ kind: 'none' });
    expect(readContent(join(folder, 'd/a/x'))).toEqual({ kind: 'none' });
  });

  it('gives folders of equal files one digest, and changes with any name or byte', () => {
    const digest = (files: Record<string, string>) => {
      const content = readContent(makeFolder(files));
      return content.kind === 'tree' ? content.digest : null;
    };
    const files = { a: '1', 'b/c': '2' };
    expect(digest(files)).toBe(digest({ 'b/c': '2', a: '1' }));
    const others = [
      { a: '1', 'b/d': '2' },
      { a: '1', 'b/c': '3' },
      { ...files, e: '' },
      { a: '1' },
    ];
    expect(new Set([files, ...others].map(digest)).size).toBe(5);
  });

  it('follows links to files and folders elsewhere', () => {
    const folder = makeFolder({ 'real/a': '1', 'tree/b': '2' });
    symlinkSync('../real', join(folder, 'tree/linked'));
    symlinkSync('../real/a', join(folder, 'tree/file'));
    const content = readContent(join(folder, 'tree'));
    expect(content.kind === 'tree' && [...content.manifest.files.keys()].sort()).toEqual([
      'b',
      'file',
      'linked/a',
    ]);
  });

  it('takes a link that stays inside for content, also a broken one, which it names', () => {
    const folder = makeFolder({ 'd/a': '1', 'd/e/b': '2' });
    const links = { 'd/x': 'a', 'd/e/y': '../e/./b', 'd/gone': 'nowhere', 'd/z': 'e' };
    for (const [path, target] of Object.entries(links)) symlinkSync(target, join(folder, path));
    expect(readContent(join(folder, 'd'))).toMatchObject({
      manifest: {
        links: new Map([
          ['x', 'a'],
          ['e/y', '../e/./b'],
          ['gone', 'nowhere'],
          ['z', 'e'],
        ]),
      },
      dangling: { path: join(folder, 'd/gone'), what: 'a link to nothing' },
    });
  });

  it('names a link inside that leads round in a circle, as one that leads to nothing', () => {
    for (const target of ['.', 'self']) {
      const folder = makeFolder({ a: '' });
      symlinkSync(target, join(folder, 'self'));
      expect(readContent(folder)).toMatchObject({
        kind: 'tree',
        dangling: { path: join(folder, 'self'), what: 'a link in a circle' },
      });
    }
  });

  it('follows a link in a folder that was itself entered by a link, where it leaves that', () => {
    const folder = makeFolder({ 'real/sub/a': '1', 'tree/top': '2', other: '3' });
    symlinkSync('../real/sub', join(folder, 'tree/linked'));
    symlinkSync('a', join(folder, 'real/sub/inside'));
    // In the tree that would be `tree/top`; on disk it is what stands beside `sub`.
    symlinkSync('../top', join(folder, 'real/sub/outside'));
    symlinkSync('../other', join(folder, 'real/top'));
    expect(readContent(join(folder, 'tree'))).toMatchObject({
      manifest: {
        files: new Map([
          ['linked/a', { digest: hashBytes('1'), size: 1, executable: false }],
          ['linked/outside', { digest: hashBytes('3'), size: 1, executable: false }],
          ['top', { digest: hashBytes('2'), size: 1, executable: false }],
        ]),
        links: new Map([['linked/inside', 'a']]),
      },
    });
  });

  it('gives a file that may be executed, a link and an empty folder a digest of their own', () => {
    const variants = [
      () => {},
      (folder: string) => chmodSync(join(folder, 'a'), 0o755),
      (folder: string) => mkdirSync(join(folder, 'logs')),
      (folder: string) => mkdirSync(join(folder, 'logs/more'), { recursive: true }),
      (folder: string) => symlinkSync('a', join(folder, 'logs')),
      (folder: string) => symlinkSync('./a', join(folder, 'logs')),
    ];
    const digests = variants.map((vary) => {
      const folder = makeFolder({ a: '1', 'b/c': '2' });
      vary(folder);
      const content = readContent(folder);
      return content.kind === 'tree' ? content.digest : null;
    });
    expect(new Set(digests).size).toBe(variants.length);
  });

  it('tells files apart whose names are not UTF-8, or differ only in case or form', () => {
    const names = [
      Buffer.from('caf\xe9', 'latin1'),
      Buffer.from('caf\xe8', 'latin1'),
      'caf\u00e9',
      'cafe\u0301',
      'CAF\u00c9',
      '\uFFFD',
      '__proto__',
      'constructor',
      '-rf',
      'line\nend',
      'back\\slash',
      ' ',
      'x'.repeat(255),
      '\u{1F600}',
    ].map((name) => Buffer.from(name));
    const folder = makeFolder({});
    for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), name]), name);
    const content = readContent(folder);
    if (content.kind !== 'tree') throw new Error('no folder');
    expect(content.manifest.files.size).toBe(names.length);
    const again = parseTree(formatTree(content.manifest));
    expect(again).toEqual(content.manifest);
    for (const name of names) {
      expect(again.files.get(decodeName(name))?.digest).toBe(hashBytes(name));
    }
  });

  it('names what has no content: a link in a circle, a pipe', () => {
    const folder = makeFolder({ 'circle/a': '', 'pipe/a': '' });
    symlinkSync('../circle', join(folder, 'circle/link'));
    execFileSync('mkfifo', [join(folder, 'pipe/fifo')]);
    const unreadable = (path: string) => {
      const content = readContent(join(folder, path));
      return content.kind === 'unreadable' ? content.path.slice(folder.length + 1) : content.kind;
    };
    expect(unreadable('circle')).toBe('circle/link');
    expect(unreadable('pipe')).toBe('pipe/fifo');
    expect(unreadable('pipe/fifo')).toBe('pipe/fifo');
    mkdirSync(join(folder, 'empty'));
    expect(unreadable('empty')).toBe('tree');
  });
});

/** Until the file system's clock gives a new file another time than files have now. */
function waitForClockTick(folder: string): void {
  const probe = join(folder, 'probe');
  writeFileSync(probe, '');
  const before = statSync(probe).ctimeMs;
  while (statSync(probe).ctimeMs === before) writeFileSync(probe, 'x');
}
