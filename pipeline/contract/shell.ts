/**
 * The contract on `context.$`, with which modules run programs: the `$` of zx 8
 * (https://google.github.io/zx), so far as it is promised. The values are zx's own; the types stand here
 * so that a workspace needs none of zx's.
 */

import type { StdioOptions } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/**
 * Runs a command in bash with `errexit`, `nounset` and `pipefail`:
 * `` await $`sort ${path} | head -n ${count}` ``. What is put into it arrives as one argument, whatever
 * characters it has, and a list as one for each element. It is rejected with the {@link ProcessOutput}
 * where the command does not end with 0; not caught, that fails the stage with the command and what it
 * said last.
 *
 * `$({ … })` is a `$` with other settings; setting `$.verbose = false` changes those of all that follows.
 */
export interface Shell extends ShellSettings {
  (pieces: TemplateStringsArray, ...args: readonly unknown[]): ProcessPromise;
  (settings: Partial<ShellSettings>): Shell;
  /** The same, to the end of the command before it returns; nothing else happens meanwhile. */
  readonly sync: (pieces: TemplateStringsArray, ...args: readonly unknown[]) => ProcessOutput;
}

/** How commands run; see zx for what each means. Times are in milliseconds or like `'5s'`. */
export interface ShellSettings {
  /** The folder in which they begin: the workspace. */
  cwd?: string;
  /** Their variables: those of this process. */
  env: Record<string, string | undefined>;
  /** What is written to their standard input, which is otherwise an open pipe. */
  input?: string | Buffer | Readable | ProcessOutput | ProcessPromise;
  stdio: StdioOptions;
  /** Their output goes to the log too: true in a stage, false in a command of the workspace. */
  verbose: boolean;
  /** Nothing of theirs goes to the log. */
  quiet: boolean;
  /** A command that fails is no failure: its `exitCode` tells. */
  nothrow: boolean;
  /** Ends them when it is aborted. A stage that is stopped ends all of its commands anyway. */
  signal?: AbortSignal;
  timeout?: number | `${number}` | `${number}s` | `${number}ms` | `${number}m`;
  timeoutSignal?: NodeJS.Signals;
  killSignal?: NodeJS.Signals;
  /**
   * Each leads a process group of its own, out of reach of the terminal's Ctrl-C. All of the group is
   * killed when the command has ended, and when this process has.
   */
  detached: boolean;
  /** Looks for programs in `node_modules/.bin` first. */
  preferLocal: boolean | string | string[];
}

/** A command under way; awaited, its output. */
export interface ProcessPromise extends Promise<ProcessOutput> {
  readonly cmd: string;
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exitCode: Promise<number | null>;
  /** Feeds what it prints to another command, a stream or a file. */
  pipe(pieces: TemplateStringsArray, ...args: readonly unknown[]): ProcessPromise;
  pipe(to: ProcessPromise): ProcessPromise;
  pipe(to: Writable | string): PromiseLike<ProcessOutput>;
  quiet(on?: boolean): this;
  verbose(on?: boolean): this;
  nothrow(on?: boolean): this;
  timeout(after: NonNullable<ShellSettings['timeout']>, signal?: NodeJS.Signals): this;
  /** Signals it and all that it has started. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  text(): Promise<string>;
  lines(): Promise<string[]>;
  json<T>(): Promise<T>;
  [Symbol.asyncIterator](): AsyncIterator<string>;
}

/** What a command has printed and how it ended. Its methods read both streams, in the order of arrival. */
export interface ProcessOutput extends Error {
  readonly stdout: string;
  readonly stderr: string;
  /** Null where a signal ended it, or it could not be started. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly ok: boolean;
  /** In milliseconds. */
  readonly duration: number;
  text(): string;
  lines(): string[];
  json<T>(): T;
}
