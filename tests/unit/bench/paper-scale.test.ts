import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { verifyFolder } from '../../../bench/paper-scale/verify.ts';
import { REPOSITORY } from '../../fixtures/project.ts';

const COMMITTED = join(REPOSITORY, 'docs/paper-scale');
const CLAIMS = join(REPOSITORY, 'claims.yaml');
const folder = mkdtempSync(join(tmpdir(), 'paper-scale-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A text of a file, and what stands in its place in a copy. */
type Change = readonly [file: string, from: RegExp, to: string];

/** Verifies a copy that was changed. */
async function verifyChanged(...changes: readonly Change[]): Promise<string[]> {
  cpSync(COMMITTED, folder, { recursive: true });
  for (const [file, from, to] of changes) {
    const text = readFileSync(join(folder, file), 'utf8');
    expect(text).toMatch(from);
    writeFileSync(join(folder, file), text.replace(from, to));
  }
  return verifyFolder(folder, CLAIMS);
}

const TABLE = 'figure1c-generalization-error.csv';

it('every figure is traced, and tables, verdicts and page are those of its results, whatever their last bits', async () => {
  expect(await verifyChanged([TABLE, /,(0\.\d+),,\n/, ',$10000000000001,,\n'])).toEqual([]);
});

it('a changed number, digest, fingerprint or page is found', async () => {
  const found = await verifyChanged(
    [TABLE, /,0\.(\d)\d*,,\n/, ',0.9$1,,\n'],
    ['evaluations/MLP1_0.5_none.json', /"train_loss":/, '"train_loss":1'],
    ['results.jsonl', /("node":"evaluate\/MLP1_0\.0_none","fingerprint":")./, '$1g'],
    ['README.md', /\| MLP1 \| neither/, '| MLP1 | both'],
  );
  expect(found.filter((line) => line.startsWith(TABLE))).toEqual([
    expect.stringContaining(`${TABLE}:2: test_error is`),
  ]);
  expect(found).toContain('evaluations/MLP1_0.5_none.json is not what evaluate/MLP1_0.5_none made');
  expect(found).toContainEqual(
    expect.stringMatching(/figure1c.*\.png: evaluate\/MLP1_0\.0_none .* is not recorded/),
  );
  expect(found).toContain('README.md: its tables are not those of the results');
});
