import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureFreeSpace, formatBytes } from '../../../../experiment/data/disk-space.ts';

describe('the check of free disk space', () => {
  it('passes where there is room, also in a folder that does not exist yet', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'space-'));
    await ensureFreeSpace(folder, 1024, 'a file');
    await ensureFreeSpace(join(folder, 'not', 'there'), 1024, 'a file');
    await rm(folder, { recursive: true });
  });

  it('fails where there is none, and says what for, where, how much and how much is free', async () => {
    const { blocks, bsize } = await statfs(tmpdir());
    const tooMuch = ensureFreeSpace(join(tmpdir(), 'sub'), blocks * bsize + 1, 'cifar.tar.gz');
    await expect(tooMuch).rejects.toMatchObject({ name: 'StageFailure' });
    await expect(tooMuch).rejects.toThrow(
      /^not enough disk space for cifar\.tar\.gz: it needs .+ in .+sub, where .+ are free\./,
    );
  });
});

describe('a number of bytes for people', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [170_498_071, '162.6 MiB'],
    [1024 ** 3, '1.0 GiB'],
  ])('%i is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
