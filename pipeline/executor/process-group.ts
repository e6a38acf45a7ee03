import type { ChildProcess } from 'node:child_process';

/** How long a stage may take to end after SIGTERM before it is killed. */
const GRACE_MS = 5_000;

/** Signals a process that leads a group, and all the group. */
export function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** Asks a group to end, and forces it after a grace period. @returns what calls that off */
export function endGroup(child: ChildProcess): () => void {
  killGroup(child, 'SIGTERM');
  const timer = setTimeout(() => killGroup(child, 'SIGKILL'), GRACE_MS);
  return () => clearTimeout(timer);
}

/** Why a process that did not end well did not. */
export function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exited with status ${code}` : `was ended by ${signal}`;
}
