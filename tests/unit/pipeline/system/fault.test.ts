import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { describeFault, Obstacle } from '../../../../pipeline/system/fault.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

describe('what is told of something thrown', () => {
  it('is the message of an error that was foreseen, and nothing is written', () => {
    const path = join(makeFolder(), 'errors.log');
    expect(describeFault(new Obstacle('no way'), path)).toBe('no way');
    const full = Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC', syscall: 'write' });
    expect(describeFault(full, path)).toBe('ENOSPC: no space');
    expect(() => readFileSync(path)).toThrow('ENOENT');
  });

  it('is, of a bug, that it is one and where its stack trace is, in one line', () => {
    const path = join(makeFolder(), 'run', 'errors.log');
    const told = describeFault(new TypeError('first\nsecond'), path);
    expect(told).toMatch(/^a bug of pipeline itself.*TypeError: first; its stack trace is in /);
    expect(told).toContain(path);
    expect(told).not.toContain('\n');
    expect(readFileSync(path, 'utf8')).toMatch(/TypeError: first\nsecond\n\s+at /);
    describeFault(new RangeError('third'), path);
    expect(readFileSync(path, 'utf8')).toMatch(/first[\s\S]*third/);
    expect(describeFault('thrown text', path)).toContain('string thrown');
  });

  it('names a file elsewhere where its place cannot be written', () => {
    const file = join(makeFolder(), 'file');
    writeFileSync(file, '');
    const told = describeFault(new Error('odd'), join(file, 'errors.log'));
    const [, kept = ''] = /its stack trace is in (.*)$/.exec(told) ?? [];
    expect(kept).not.toContain(file);
    expect(readFileSync(kept, 'utf8')).toContain('odd');
    rmSync(kept);
  });
});
