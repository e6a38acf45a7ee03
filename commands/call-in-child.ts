/** Calls a function in a process of its own: a crash or noise of a native library stays there. */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { lastLines, throwIfInterrupted } from './run-program.ts';

/** What a call came to: a value, or why there is none. */
export type CallResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

const USUAL_PATIENCE_SECONDS = 120;

/**
 * Calls a function that `called-in-child.ts` has by this name; the value travels as JSON. By `fork`, which
 * knows modules of the workspace, and not by `$`, which runs programs.
 *
 * @throws {Interrupted} where `signal` is aborted; nothing else
 */
export async function callInChild<T>(
  name: string,
  argument: string,
  {
    cwd,
    signal,
    patienceSeconds = USUAL_PATIENCE_SECONDS,
  }: { readonly cwd: string; readonly signal?: AbortSignal; readonly patienceSeconds?: number },
): Promise<CallResult<T>> {
  if (signal !== undefined) throwIfInterrupted(signal);
  const module = fileURLToPath(new URL('./called-in-child.ts', import.meta.url));
  const child = fork(module, [name, argument], { cwd, silent: true });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  let sent: CallResult<T> | undefined;
  child.once('message', (message) => {
    sent = message as unknown as CallResult<T>;
  });
  let isLate = false;
  const end = () => child.kill('SIGKILL');
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, patienceSeconds * 1000);
  signal?.addEventListener('abort', end, { once: true });
  const reason = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, killed) => {
      const why = isLate
        ? `it did not end within ${patienceSeconds} s`
        : `it was ended by ${killed}`;
      const fault = killed === null ? null : why;
      resolve(lastLines({ code, ...output, fault }, 4).trim() || `it ended with ${code}`);
    });
  });
  clearTimeout(timer);
  signal?.removeEventListener('abort', end);
  if (signal !== undefined) throwIfInterrupted(signal);
  return sent ?? { ok: false, reason };
}
