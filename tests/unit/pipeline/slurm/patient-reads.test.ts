import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { askPatiently, bearsMark, isBoth } from '../../../../pipeline/slurm/patient-reads.ts';
import { findReplaced, stampPaths } from '../../../../pipeline/slurm/stamp-paths.ts';

/** Paths of which the disk does not answer. */
const failing = vi.hoisted(() => new Set<string>());
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const fail = <T extends (...args: never[]) => unknown>(call: T): T =>
    ((...args: Parameters<T>) => {
      if (!failing.has(String(args[0]))) return call(...args);
      throw Object.assign(new Error('ESTALE: stale file handle'), {
        ...{ code: 'ESTALE', syscall: 'read' },
      });
    }) as T;
  return { ...fs, readFileSync: fail(fs.readFileSync), statSync: fail(fs.statSync) };
});

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'patient-'));
});
afterEach(() => {
  failing.clear();
  rmSync(root, { recursive: true, force: true });
});

test('a job is unwanted by another mark or none, and not by an error of the disk', () => {
  const path = join(root, 'entry.json');
  expect(bearsMark(path, 'nonce', 'a')).toBe(false);
  writeFileSync(path, '{"nonce":"a"}');
  expect(bearsMark(path, 'nonce', 'a')).toBe(true);
  expect(bearsMark(path, 'nonce', 'b')).toBe(false);
  expect(bearsMark(join(path, 'below'), 'nonce', 'a')).toBe(false);
  failing.add(path);
  expect(bearsMark(path, 'nonce', 'a')).toBeUndefined();
  expect(bearsMark(path, 'nonce', 'b')).toBeUndefined();
  expect([isBoth(true, undefined), isBoth(undefined, false), isBoth(true, true)]).toEqual([
    ...[undefined, false, true],
  ]);
});

test('an input counts as replaced where the disk says so, and not where it says nothing', async () => {
  const [one, other] = [join(root, 'one'), join(root, 'other')];
  for (const path of [one, other]) writeFileSync(path, 'data');
  const stamps = stampPaths([root, one, other, join(root, 'absent')]);
  expect(findReplaced(stamps)).toBeNull();
  failing.add(one);
  expect(findReplaced(stamps)).toBeUndefined();
  let asked = 0;
  const ask = () => {
    asked += 1;
    if (asked === 3) failing.clear();
    return findReplaced(stamps);
  };
  expect(await askPatiently(ask, [1, 1, 1])).toBeNull();
  failing.add(one);
  writeFileSync(other, 'more data');
  expect(findReplaced(stamps)).toBe(other);
  await expect(askPatiently(() => undefined, [1])).rejects.toThrow('gives no answer');
});
