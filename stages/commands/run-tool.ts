/** Runs the programs that an installation needs: npm, Python, a compiler. Never through a shell. */

import { spawn } from 'node:child_process';

/** How a program ended. */
export interface ToolResult {
  /** Null where it was ended by a signal, or could not be started. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it could not be started or went on too long; null where neither is so. */
  readonly fault: string | null;
}

/** Where a program runs, and what ends it early. */
export interface ToolOptions {
  readonly cwd?: string;
  /** Added to this process's variables. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Ends it after so many milliseconds. */
  readonly timeout?: number;
}

/** The installation was interrupted by this signal. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/** Throws {@link Interrupted} where the signal was aborted. */
export function throwIfInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new Interrupted(signal.reason as NodeJS.Signals);
}

/**
 * Runs a program to its end. It leads a process group, which is killed as a whole where `signal` is
 * aborted or the time is up, and is gone when this returns.
 *
 * @throws {@link Interrupted} where `signal` was aborted
 */
export async function runTool(
  command: string,
  args: readonly string[],
  { cwd, env, signal, timeout }: ToolOptions = {},
): Promise<ToolResult> {
  if (signal !== undefined) throwIfInterrupted(signal);
  const result = await new Promise<ToolResult>((resolve) => {
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let fault: string | null = null;
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    const stop = () => killGroup(child.pid);
    const timer = setTimeout(
      () => {
        fault = `it did not end within ${(timeout ?? 0) / 1000} s`;
        stop();
      },
      timeout ?? 2 ** 31 - 1,
    );
    signal?.addEventListener('abort', stop, { once: true });
    const settle = (code: number | null) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      resolve({ code, ...output, fault });
    };
    child.once('error', (error) => {
      fault = error.message;
      // Without a process there is no event "close".
      if (child.pid === undefined) settle(null);
    });
    child.once('close', (code, killed) => {
      if (killed !== null) fault ??= `it was ended by ${killed}`;
      settle(code);
    });
  });
  if (signal !== undefined) throwIfInterrupted(signal);
  return result;
}

/** The last lines that a program printed, on standard error or else on standard output. */
export function lastLines({ stdout, stderr, fault }: ToolResult, count = 12): string {
  const text = stderr.trim() === '' ? stdout : stderr;
  const lines = text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  return [...lines.slice(-count), ...(fault === null ? [] : [fault])]
    .map((line) => `  ${line}`)
    .join('\n');
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
