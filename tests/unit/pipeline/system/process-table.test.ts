import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  hasProc,
  makePsTable,
  openProcessTable,
  type RunProgram,
} from '../../../../pipeline/system/process-table.ts';

/** As `ps` and `sysctl` of macOS print by their manuals (not recorded on one), with the arguments that they are asked by. */
const MACOS: RunProgram = (program, args) => {
  if (program === 'sysctl') {
    return args.at(-1) === 'kern.bootsessionuuid' ? '5D0A3C1E-93B8-4C63-8F3E-61C6B2A8D7F4\n' : null;
  }
  const lines = [
    '    1     0     1 Ss   Mon Nov  2 08:00:07 2026',
    '  412     1   412 S+   Fri Nov 27 05:10:11 2026    ',
    ' 9120   412   412 Z    Fri Nov 27 05:10:12 2026    ',
  ];
  const [, pid] = args;
  const shown =
    args[0] === '-p' ? lines.filter((line) => line.trim().split(' ')[0] === pid) : lines;
  return shown.length === 0 ? null : `${shown.join('\n')}\n`;
};

describe('the table that ps makes', () => {
  it('is read as macOS prints it', () => {
    const table = makePsTable(MACOS);
    expect(table.list()).toEqual([
      {
        pid: 1,
        parent: 0,
        group: 1,
        state: 'Ss',
        start: String(Date.UTC(2026, 10, 2, 8, 0, 7) / 1000),
      },
      { pid: 412, parent: 1, group: 412, state: 'S+', start: '1795756211' },
      { pid: 9120, parent: 412, group: 412, state: 'Z', start: '1795756212' },
    ]);
    expect(table.find(9120)).toMatchObject({ pid: 9120, state: 'Z' });
    expect(table.find(7)).toBeNull();
    expect(table.readRealm()).toBe('5D0A3C1E-93B8-4C63-8F3E-61C6B2A8D7F4 pid:[0]');
  });

  it('tells nothing where the programs are missing or say something else', () => {
    for (const said of [null, '', 'sysctl: unknown oid\n', '  PID TTY TIME CMD\n']) {
      const table = makePsTable(() => said);
      expect([table.list(), table.find(1), table.readRealm()]).toEqual([[], null, null]);
    }
  });

  it.skipIf(!hasProc())('agrees with /proc on who is whose (needs /proc and ps)', () => {
    const ps = makePsTable((program, args) => {
      const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
      return spawnSync(program, [...args], { encoding: 'utf8', env }).stdout;
    });
    for (const table of [ps, openProcessTable()]) {
      const own = table.find(process.pid);
      expect(own).toMatchObject({ pid: process.pid, parent: process.ppid });
      expect(own?.start).toMatch(/^[1-9]\d*$/);
      expect(table.list()).toContainEqual({ ...own, state: expect.any(String) });
      expect(table.find(2 ** 30)).toBeNull();
    }
    expect(ps.find(process.pid)?.group).toBe(openProcessTable().find(process.pid)?.group);
  });
});
