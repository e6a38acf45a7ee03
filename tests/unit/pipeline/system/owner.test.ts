import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeOwnerName, ownerState, removeOrphans } from '../../../../pipeline/system/owner.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

const own = makeOwnerName();
const [, host = '', pid = '', boot = '', space = '', started = ''] =
  /^(.*)-(\d+)-(\w+)\.(\d+)-(\d+)-\w+$/.exec(own) ?? [];
const nonce = '0123456789abcdef';
const { pid: dead } = spawnSync(process.execPath, ['--version']);

describe('removeOrphans', () => {
  it("removes what dead processes of this host left, and nobody else's", () => {
    const others = [
      // Another process of this program, by the same number in another container or on another host.
      `${host}-${dead}-${boot}.1${space}-${started}-${nonce}`,
      `elsewhere-${dead}-0a1b2c3d4e5f.${space}-${started}-${nonce}`,
      `${host}-${dead}-${nonce}`,
      'mine-by-hand',
      own,
    ];
    const orphans = [
      `${host}-${dead}-${boot}.${space}-${started}-${nonce}`,
      // The host has had another name.
      `before-${dead}-${boot}.${space}-${started}-${nonce}`,
      // The number is another process's by now.
      `${host}-${pid}-${boot}.${space}-1-${nonce}`,
    ];
    const folder = makeFolder();
    for (const name of [...others, ...orphans])
      mkdirSync(join(folder, name, 'inner'), { recursive: true });
    removeOrphans(folder, own);
    expect(readdirSync(folder).sort()).toEqual(others.sort());
    removeOrphans(join(folder, 'absent'), own);
  });

  it('removes what was there before this host was started again', () => {
    const folder = makeFolder();
    const names = [`${host}-${dead}-0a1b2c3d4e5f.${space}-5-${nonce}`, `other-7-0a1b.1-5-${nonce}`];
    for (const name of names) {
      mkdirSync(join(folder, name));
      utimesSync(join(folder, name), 1, 1);
    }
    removeOrphans(folder, own);
    expect(readdirSync(folder)).toEqual(names.slice(1));
  });
});

describe('ownerState', () => {
  it('knows a living process of this host, and that it does not know those elsewhere', () => {
    expect(ownerState(own, own)).toBe('alive');
    expect(ownerState(own.replace(/\w+$/, nonce), own)).toBe('alive');
    expect(ownerState(`elsewhere-1-0a1b2c3d4e5f.2-3-${nonce}`, own)).toBe('unknown');
  });
});
