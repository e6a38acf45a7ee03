import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compareResults, type PublishedResults } from '../../../../commands/publish/compare.ts';
import { formatComparison } from '../../../../commands/publish/format-comparison.ts';
import { placeFiles } from '../../../../commands/publish/place.ts';
import { makeManifest, type PublishedFile } from '../../../../commands/publish/publication.ts';
import { makeFolder, removeFolders, writeInto } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

function file(path: string, text: string, isVolatile = false): PublishedFile {
  return { path, content: Buffer.from(text), isVolatile };
}

/** A publication of these files, as it is placed. */
function publish(folder: string, files: readonly PublishedFile[]): Promise<void> {
  const manifest = JSON.stringify(makeManifest('quick', files));
  return placeFiles(folder, [...files, file('manifest.json', manifest)]);
}

describe('makeManifest', () => {
  it('digests what is not volatile, in whatever order', () => {
    const one = makeManifest('quick', [file('b', '2'), file('a', '1'), file('t', '3 s', true)]);
    const other = makeManifest('quick', [file('a', '1'), file('t', '4 s', true), file('b', '2')]);
    expect(one.digest).toBe(other.digest);
    expect(one.files.map(({ path }) => path)).toEqual(['a', 'b', 't']);
    expect(makeManifest('quick', [file('a', '1'), file('b', '1')]).digest).not.toBe(one.digest);
  });
});

describe('placeFiles', () => {
  it('replaces an earlier publication whole', async () => {
    const folder = join(makeFolder(), 'dist');
    await publish(folder, [file('old/page.html', 'old'), file('same.txt', 'a')]);
    await publish(folder, [file('page.html', 'new'), file('same.txt', 'b')]);
    expect(readdirSync(folder).sort()).toEqual(['manifest.json', 'page.html', 'same.txt']);
    expect(readFileSync(join(folder, 'same.txt'), 'utf8')).toBe('b');
    expect(readdirSync(join(folder, '..'))).toEqual(['dist']);
  });

  it('refuses a folder with other files, and leaves it and nothing beside it', async () => {
    const parent = makeFolder({ 'dist/mine.txt': 'mine' });
    const folder = join(parent, 'dist');
    await expect(publish(folder, [file('a', '1')])).rejects.toThrow('mine.txt');
    expect(readdirSync(parent, { recursive: true })).toEqual(['dist', 'dist/mine.txt']);
    const published = join(parent, 'other');
    await publish(published, [file('a', '1')]);
    writeInto(published, 'notes.txt', 'mine');
    await expect(publish(published, [file('a', '2')])).rejects.toThrow('notes.txt');
    expect(readFileSync(join(published, 'a'), 'utf8')).toBe('1');
  });
});

describe('compareResults', () => {
  const results = (step: number, verdict: 'reproduced' | 'not reproduced'): PublishedResults => ({
    profile: 'quick',
    digest: `${step}`.repeat(12),
    claims: [{ id: 'c', statement: 'So it is.', verdict, reason: '' }],
    rows: [
      { experiment: 'A', reached: true, step, test_error: 0.5 },
      { experiment: `only ${step}`, step },
    ],
  });

  it('says which claims and values moved, and by how much', () => {
    const comparison = compareResults(results(100, 'reproduced'), results(130, 'not reproduced'));
    expect(comparison).toMatchObject({
      claims: [{ id: 'c', from: 'reproduced', to: 'not reproduced' }],
      values: [{ experiment: 'A', field: 'step', from: 100, to: 130, change: 30 }],
      added: ['only 130'],
      removed: ['only 100'],
    });
    const text = formatComparison(comparison);
    expect(text).toContain('| So it is. | reproduced | not reproduced |');
    expect(text).toContain('| A | step | 100 | 130 | +30 |');
  });

  it('finds nothing between equal results', () => {
    const comparison = compareResults(results(100, 'reproduced'), results(100, 'reproduced'));
    expect(comparison).toMatchObject({ claims: [], values: [], added: [], removed: [] });
    expect(formatComparison(comparison)).toContain('No claim, test error or number of steps');
  });
});
