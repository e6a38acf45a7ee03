/** Executing a stage, inside its process: has zx's failures tell which command failed. */

import { noteProgramFailure } from './describe-program.ts';

type Zx = typeof import('zx/core');
type Command = InstanceType<Zx['ProcessPromise']>;

/** What is private to zx, whose version is pinned. */
interface PrivateCommand {
  /** All commands come here when they end, also those that others feed, and those of `$.sync`. */
  finalize: (this: Command, output: InstanceType<Zx['ProcessOutput']>, legacy?: boolean) => void;
}

/** Frames of a stack that are between a stage and zx, and zx's own. */
const OURS = /\/zx\/build\/|\/(?:worker\.mjs|main\.cjs|note-failures\.ts|bind-shell\.ts):/;

/**
 * Changes a copy of zx so that of each failure is known which command it was: its errors do not tell.
 *
 * @returns the failures by which commands of `$.sync` are rejected
 */
export function noteFailures({ ProcessPromise, Fail }: Zx): WeakSet<object> {
  const rejected = new WeakSet<object>();
  const sources = followPipes(ProcessPromise);
  const nameCommand = (command: Command): string => {
    const source = sources.get(command);
    return source === undefined ? String(command.cmd) : `${nameCommand(source)} | ${command.cmd}`;
  };
  const prototype = ProcessPromise.prototype as unknown as PrivateCommand;
  const { finalize } = prototype;
  prototype.finalize = function (output, legacy) {
    if (!output.ok) {
      const { stdout, stderr, exitCode, signal, cause } = output;
      const isSilent = stderr.trim() === '';
      const isShown = isSilent ? this.isVerbose() : !this.isQuiet();
      noteProgramFailure(output, {
        command: nameCommand(this),
        exitCode,
        // zx ends with SIGTERM what is fed by one that has failed, and gives it that one's status.
        signal: exitCode === null ? signal : null,
        fault: cause instanceof Error ? cause : null,
        unshown: isShown ? '' : isSilent ? stdout : stderr,
        stderr,
      });
    }
    if (this.sync && !output.ok && !this.isNothrow()) {
      rejected.add(output);
      // Nobody else handles that rejection.
      this.catch(() => {});
    }
    finalize.call(this, output, legacy);
  };
  // zx takes the nearest file for the caller's.
  Fail.getCallerLocation = ({ stack = '' } = new Error()) => {
    const frames = stack.split('\n').filter((line) => /^\s+at .*\//.test(line));
    return frames.find((line) => !OURS.test(line))?.replace(/^\s+at /, '') ?? 'unknown';
  };
  return rejected;
}

/** Which command feeds which: one that is fed fails as its source does. */
function followPipes(promise: Zx['ProcessPromise']): WeakMap<Command, Command> {
  const sources = new WeakMap<Command, Command>();
  const own = Object.getOwnPropertyDescriptor(promise.prototype, 'pipe');
  type Pipe = (...args: never[]) => unknown;
  Object.defineProperty(promise.prototype, 'pipe', {
    ...own,
    get(this: Command) {
      const pipe = own?.get?.call(this) as Pipe &
        Readonly<Record<'stdout' | 'stderr' | 'stdall', Pipe>>;
      const follow =
        (feed: Pipe): Pipe =>
        (...args) => {
          const to = feed(...args);
          if (to instanceof promise) sources.set(to, this);
          return to;
        };
      const { stdout, stderr, stdall } = pipe;
      const kinds = { stdout: follow(stdout), stderr: follow(stderr), stdall: follow(stdall) };
      return Object.assign(follow(pipe), kinds);
    },
  });
  return sources;
}
