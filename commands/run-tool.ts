/** Runs the programs that an installation needs: npm, Python, a compiler. Never through a shell. */

import { spawn } from 'node:child_process';

/** How a program ended. */
export interface ToolResult {
  /** Null where it was killed from here; 127 where it could not be started. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it was killed from here; null where it ended by itself. */
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
 * Leads the program's process group and ends it as a whole when its standard input ends: so nothing
 * goes on writing for an installation that was killed and could not clean up.
 */
const GUARD = `
const { spawn } = require('node:child_process');
const [command, ...args] = process.argv.slice(1);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
const end = (code, message) => {
  if (message) process.stderr.write(message + '\\n');
  process.exitCode = code;
  process.stdin.destroy();
};
child.once('error', (error) => end(127, error.message));
child.once('exit', (code, signal) => end(code ?? 128, signal && 'it was ended by ' + signal));
process.stdin.once('end', () => process.kill(-process.pid, 'SIGKILL')).resume();
`;

/**
 * Runs a program to its end, with everything that it starts: all is killed where `signal` is aborted,
 * the time is up, or this process ends, and is gone when this returns.
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
    const child = spawn(process.execPath, ['--eval', GUARD, '--', command, ...args], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
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
