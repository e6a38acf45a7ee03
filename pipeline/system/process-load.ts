/** What processes of this machine use, CPU time and memory, where the system shows that in `/proc` (Linux). */

import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';

/** What a process uses. */
export interface ProcessLoad {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** CPU time of its own and of the children that it has waited for. */
  readonly cpuSeconds: number;
  /** Bytes of memory that it has now. */
  readonly memory: number;
}

/** What `/proc` counts in. */
interface Units {
  readonly ticksPerSecond: number;
  readonly bytesPerPage: number;
}

/** All processes; none where nothing tells. */
export function listProcessLoads(): ProcessLoad[] {
  try {
    return readdirSync('/proc').flatMap((name) =>
      /^\d+$/.test(name) ? (readProcessLoad(Number(name)) ?? []) : [],
    );
  } catch {
    return [];
  }
}

/** One process by its number; null where it is not there, has ended, or nothing tells. */
export function readProcessLoad(pid: number): ProcessLoad | null {
  const fields = readStat(String(pid));
  const units = readUnits();
  if (fields === null || units === null || fields[STATE] === 'Z') return null;
  const ticks = sum(fields, [USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM]);
  return {
    pid,
    parent: Number(fields[PARENT]),
    group: Number(fields[GROUP]),
    cpuSeconds: ticks / units.ticksPerSecond,
    memory: Number(fields[PAGES]) * units.bytesPerPage,
  };
}

/** CPU seconds of the children of this process that have ended, with theirs; null where nothing tells. */
export function readChildrenSeconds(): number | null {
  const fields = readStat('self');
  const units = readUnits();
  if (fields === null || units === null) return null;
  return sum(fields, [CHILDREN_USER, CHILDREN_SYSTEM]) / units.ticksPerSecond;
}

// Places of fields of proc_pid_stat(5) behind the command's name.
const STATE = 0;
const PARENT = 1;
const GROUP = 2;
const USER = 11;
const SYSTEM = 12;
const CHILDREN_USER = 13;
const CHILDREN_SYSTEM = 14;
const PAGES = 21;

/** Longer than any line of it. One for all: a run of many short stages reads several a stage. */
const line = Buffer.alloc(4096);

/** The fields behind the command's name, which may itself hold spaces and parentheses. */
function readStat(name: string): readonly string[] | null {
  let file: number;
  try {
    file = openSync(`/proc/${name}/stat`, 'r');
  } catch {
    // It has ended.
    return null;
  }
  try {
    const text = line.toString('latin1', 0, readSync(file, line, 0, line.length, 0));
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields.length > PAGES ? fields : null;
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

function sum(fields: readonly string[], places: readonly number[]): number {
  return places.reduce((total, place) => total + Number(fields[place]), 0);
}

// Keys of getauxval(3).
const AT_PAGESZ = 6n;
const AT_CLKTCK = 17n;
const PAIR_BYTES = 16;

let units: Units | null | undefined;

/** As the kernel tells every process at its start. */
function readUnits(): Units | null {
  if (units !== undefined) return units;
  try {
    const pairs = readFileSync('/proc/self/auxv');
    const values = new Map<bigint, number>();
    for (let at = 0; at + PAIR_BYTES <= pairs.length; at += PAIR_BYTES) {
      values.set(pairs.readBigUInt64LE(at), Number(pairs.readBigUInt64LE(at + PAIR_BYTES / 2)));
    }
    const ticksPerSecond = values.get(AT_CLKTCK) ?? 0;
    const bytesPerPage = values.get(AT_PAGESZ) ?? 0;
    units = ticksPerSecond > 0 && bytesPerPage > 0 ? { ticksPerSecond, bytesPerPage } : null;
  } catch {
    units = null;
  }
  return units;
}
