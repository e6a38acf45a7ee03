import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { collectOutputs } from '../../../../pipeline/cache/collect-outputs.ts';
import { ObjectStore } from '../../../../pipeline/cache/objects.ts';
import { isInPlace, restoreOutput } from '../../../../pipeline/cache/restore.ts';
import { staysInside } from '../../../../pipeline/fingerprint/inner-links.ts';
import { readContent } from '../../../../pipeline/fingerprint/read-content.ts';
import { formatTree, parseTree } from '../../../../pipeline/fingerprint/tree-manifest.ts';
import { decodeName, nativePath, showName } from '../../../../pipeline/system/byte-names.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import { describeTree } from '../../../fixtures/tree.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

type Entry =
  | { readonly kind: 'file'; readonly text: string; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'folder'; readonly mode: number; readonly entries: Entries };
type Entries = readonly (readonly [Uint8Array, Entry])[];

/** Names are bytes: anything but a slash and zero. */
const name = fc
  .oneof(
    fc.constantFrom(
      'a',
      'A',
      'b',
      '0',
      '10',
      '2',
      '__proto__',
      'é',
      'e\u0301',
      '😀',
      '-x',
      '\n',
      '\\',
    ),
    fc.uint8Array({ minLength: 1, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  )
  .map((one) => Buffer.from(one))
  .filter((one) => !one.includes(0) && !one.includes(0x2f) && !['.', '..'].includes(`${one}`));
const { entries } = fc.letrec<{ entries: Entries; entry: Entry }>((tie) => ({
  entries: fc.uniqueArray(fc.tuple(name, tie('entry')), {
    maxLength: 4,
    selector: ([bytes]) => Buffer.from(bytes).toString('hex'),
  }),
  entry: fc.oneof(
    { maxDepth: 3 },
    fc.record({
      kind: fc.constant('file' as const),
      text: fc.constantFrom('', 'x', 'long '.repeat(1000)),
      mode: fc.constantFrom(0o644, 0o755, 0o600, 0o700, 0o444, 0o555, 0o744, 0o640),
    }),
    fc.record({
      kind: fc.constant('link' as const),
      target: fc.constantFrom('a', './a/', 'a/b', 'nowhere', '.'),
    }),
    fc.record({
      kind: fc.constant('folder' as const),
      mode: fc.constantFrom(0o755, 0o700, 0o750),
      entries: tie('entries'),
    }),
  ),
}));

function write(folder: Buffer, list: Entries): void {
  for (const [bytes, entry] of list) {
    const path = Buffer.concat([folder, Buffer.from('/'), bytes]);
    if (entry.kind === 'link') symlinkSync(entry.target, path);
    else if (entry.kind === 'file') {
      writeFileSync(path, entry.text);
      chmodSync(path, entry.mode);
    } else {
      mkdirSync(path);
      write(path, entry.entries);
      chmodSync(path, entry.mode);
    }
  }
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pipeline-trees-'));
  folders.push(folder);
  return folder;
}

describe('any folder', () => {
  it('comes back from the store as it was, with the same digest', async () => {
    const folder = makeFolder();
    const layout = new StateLayout(folder, 'owner');
    const objects = new ObjectStore(layout);
    const files = { read: (path: string) => readContent(path), remember: () => {} };
    let nth = 0;
    await fc.assert(
      fc.asyncProperty(entries, async (list) => {
        const [made, again] = [join(folder, `made${nth}`), join(folder, `again${nth++}`)];
        mkdirSync(made);
        write(Buffer.from(made), list);
        const before = describeTree(made);
        const content = readContent(made);
        const output = { name: 'o', path: 'o', volatile: false, mutable: [] };
        const collected = collectOutputs([output], { o: made }, objects);
        if (!collected.ok) throw new Error(JSON.stringify(collected.fault));
        writeFileSync(join(folder, 'beside'), '');
        await objects.take(collected.files, join(folder, 'beside'));
        const result = collected.outputs['o'];
        if (result === undefined) throw new Error('no output');
        expect(await restoreOutput(again, result, objects, files as never)).toEqual({ ok: true });
        expect(describeTree(again)).toEqual(before);
        expect(isInPlace(again, result, files)).toBe(true);
        expect(content).toMatchObject({ kind: 'tree', digest: result.digest });
      }),
      { numRuns: 60 },
    );
  });

  it('has one digest wherever it stands, and its list says all that the digest does', () => {
    const folder = makeFolder();
    let nth = 0;
    fc.assert(
      fc.property(entries, (list) => {
        const made = join(folder, `one${nth++}`);
        mkdirSync(made);
        write(Buffer.from(made), list);
        const content = readContent(made);
        if (content.kind !== 'tree') throw new Error('no folder');
        expect(parseTree(formatTree(content.manifest))).toEqual(content.manifest);
        const copy = join(folder, 'deeper', `copy${nth}`);
        mkdirSync(copy, { recursive: true });
        write(Buffer.from(copy), [...list].reverse());
        expect(readContent(copy)).toMatchObject({ digest: content.digest });
      }),
      { numRuns: 60 },
    );
  });
});

describe('names of bytes', () => {
  it('are told apart and come back, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const native = nativePath(decodeName(Buffer.from(bytes)));
        expect(Buffer.from(native)).toEqual(Buffer.from(bytes));
      }),
    );
    expect(showName(decodeName(Buffer.from('caf\xe9', 'latin1')))).toBe('caf\\xE9');
    expect(showName('café 😀')).toBe('café 😀');
  });
});

describe('a link that stays inside', () => {
  it.each([
    ['l', 'a', true],
    ['l', '.', true],
    ['l', './/a/./b/', true],
    ['d/l', '..', true],
    ['d/l', '../a', true],
    ['d/e/l', '../../a', true],
    ['l', '..', false],
    ['l', '../o/a', false],
    ['d/l', '../../a', false],
    ['l', '/a', false],
    ['d/e/l', 'a/../b', false],
    ['l', '..a', true],
  ])('%s → %s: %s', (link, target, stays) => {
    expect(staysInside(link, target)).toBe(stays);
  });
});
