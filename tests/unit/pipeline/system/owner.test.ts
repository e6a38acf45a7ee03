import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeOwnerName, removeOrphans } from '../../../../pipeline/system/owner.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

describe('removeOrphans', () => {
  it("removes what dead processes of this host left, and nobody else's", () => {
    const { pid: dead } = spawnSync(process.execPath, ['--version']);
    const nonce = '0123456789abcdef';
    const own = makeOwnerName();
    const others = [
      `${hostname()}-${process.ppid}-${nonce}`,
      `elsewhere-${dead}-${nonce}`,
      'mine-by-hand',
      own,
    ];
    // In a container the dead process may have had this one's number.
    const orphans = [`${hostname()}-${dead}-${nonce}`, `${hostname()}-${process.pid}-${nonce}`];
    const folder = makeFolder();
    for (const name of [...others, ...orphans])
      mkdirSync(join(folder, name, 'inner'), { recursive: true });
    removeOrphans(folder, own);
    expect(readdirSync(folder).sort()).toEqual(others.sort());
    removeOrphans(join(folder, 'absent'), own);
  });
});
