/** Whether this machine can trace commands, and how. */

import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Access, Grants } from './access.ts';
import { AccessFilter } from './access-filter.ts';
import { unhookedDisk } from './hook-fs.ts';
import { StraceReader, TRACED_CALLS } from './strace-reader.ts';

/** How commands are traced on this machine. */
export interface Tracer {
  /** What is put before a command line, so that what it does is written to a file. */
  readonly prefix: (tracePath: string) => readonly string[];
  /** From such a file, what the command did beyond its grants. It began in the workspace. */
  readonly findUndeclared: (tracePath: string, grants: Grants) => Promise<readonly Access[]>;
}

/** Calls that are not traced then run at full speed; from strace 5.3 on. */
const FAST = '--seccomp-bpf';

/**
 * Looks for strace and tries it: a container may forbid what it does.
 *
 * @returns how to trace, or why that cannot be done
 */
export function findTracer(
  environment: Readonly<Record<string, string | undefined>>,
): { readonly tracer: Tracer } | { readonly missing: string } {
  let missing = 'strace does not work here';
  for (const extra of [[FAST], []]) {
    const [file = '', ...args] = commandOf('/dev/null', extra);
    const { error, status } = spawnSync(file, [...args, 'true'], {
      env: { PATH: environment['PATH'] },
      stdio: 'ignore',
    });
    if (error !== undefined) missing = 'there is no strace here';
    else if (status === 0) {
      return { tracer: { prefix: (path) => commandOf(path, extra), findUndeclared } };
    }
  }
  return { missing };
}

/**
 * `-D`: the command remains the engine's own child, so that it ends, or is killed, as if nobody
 * looked, and is not waited for by strace with what it left running.
 */
function commandOf(tracePath: string, extra: readonly string[]): readonly string[] {
  const what = ['-e', `trace=${TRACED_CALLS}`, '-e', 'signal=none'];
  return ['strace', '-D', '-f', '-y', '-qq', ...extra, ...what, '-o', tracePath, '--'];
}

async function findUndeclared(tracePath: string, grants: Grants): Promise<readonly Access[]> {
  const undeclared: Access[] = [];
  const filter = new AccessFilter(grants, (access) => undeclared.push(access), unhookedDisk);
  const reader = new StraceReader(grants.workspace, (kind, path) => filter.note(kind, path));
  const lines = createInterface({ input: createReadStream(tracePath), crlfDelay: Infinity });
  for await (const line of lines) reader.readLine(line);
  return undeclared;
}
