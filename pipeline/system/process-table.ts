/**
 * The processes of this machine and what tells its boots apart: from `/proc` where there is one (Linux),
 * else as `ps` and `sysctl` tell (macOS).
 */

import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process; its number may later be another's, its number and start may not. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** A letter first, as `ps` shows it: `Z` is one that has ended and was not waited for. */
  readonly state: string;
  /** When it started: digits, in ticks of its boot or in seconds since the epoch. */
  readonly start: string;
}

/** Where processes are looked up. */
export interface ProcessTable {
  /** All processes; none where nothing tells. */
  readonly list: () => ProcessEntry[];
  /** One by its number; null where it is not there, or hidden, or nothing tells. */
  readonly find: (pid: number) => ProcessEntry | null;
  /** The boot and the name space that numbers belong to, as `<boot> pid:[<number>]`; null where unknown. */
  readonly readRealm: () => string | null;
}

/** Runs a program to its end. @returns what it printed; null where it is missing or has failed */
export type RunProgram = (program: string, args: readonly string[]) => string | null;

let opened: ProcessTable | undefined;

/** The table of this machine, chosen once. */
export function openProcessTable(): ProcessTable {
  opened ??= hasProc() ? procTable : makePsTable(runProgram);
  return opened;
}

/** Whether this system shows its processes as files. */
export function hasProc(): boolean {
  return existsSync('/proc/self/stat');
}

const procTable: ProcessTable = {
  list() {
    try {
      return readdirSync('/proc').flatMap((name) =>
        /^\d+$/.test(name) ? (procTable.find(Number(name)) ?? []) : [],
      );
    } catch {
      return [];
    }
  },
  find(pid) {
    try {
      return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      // It has ended.
      return null;
    }
  },
  readRealm() {
    try {
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
    } catch {
      return null;
    }
  },
};

/** `/proc/<pid>/stat` (proc_pid_stat(5)) → the process; null where it is something else. */
function parseStat(pid: number, text: string): ProcessEntry | null {
  // The command's name, in parentheses, may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, group] = fields;
  const start = fields[19];
  return start === undefined
    ? null
    : { pid, parent: Number(parent), group: Number(group), state, start };
}

/** A header for each, empty: BSD's `ps` takes all behind the first `=` of an argument for a header. */
const COLUMNS = ['pid', 'ppid', 'pgid', 'state', 'lstart'].flatMap((name) => ['-o', `${name}=`]);

/** The table that `ps` and `sysctl` make, with the options that those of macOS and of Linux have. */
export function makePsTable(run: RunProgram): ProcessTable {
  return {
    list: () => parseLines(run('ps', ['-A', ...COLUMNS])),
    find: (pid) => parseLines(run('ps', ['-p', String(pid), ...COLUMNS]))[0] ?? null,
    readRealm() {
      // Not `kern.boottime`, which moves when the clock is set. There is one name space.
      const boot = run('sysctl', ['-n', 'kern.bootsessionuuid'])?.trim() ?? '';
      return /^[\dA-Fa-f-]{12,}$/.test(boot) ? `${boot} pid:[0]` : null;
    },
  };
}

function parseLines(text: string | null): ProcessEntry[] {
  return (text ?? '').split('\n').flatMap((line) => {
    const [, pid, parent, group, state, time] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S.*\S)\s*$/.exec(line) ?? [];
    const start = Date.parse(`${time} UTC`) / 1000;
    if (state === undefined || !Number.isInteger(start)) return [];
    const numbers = { pid: Number(pid), parent: Number(parent), group: Number(group) };
    return [{ ...numbers, state, start: String(start) }];
  });
}

function runProgram(program: string, args: readonly string[]): string | null {
  // Not imported: hardly any process starts one, and every worker would load it.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { status, stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: Number.POSITIVE_INFINITY,
    // Times in the same words for every user and time zone.
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
  });
  return status === 0 ? stdout : null;
}
