import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { isErrorCode } from '../system/files.ts';

const STANDARD = [0, 1, 2];

/** What became of standard output and standard error. */
export interface StreamWatch {
  /** Why output was lost although somebody may still want it (a full disk); null where none was. */
  readonly fault: () => Error | null;
}

let watch: StreamWatch | undefined;

/**
 * Lets the program go on when nobody can be told any more: a reader that has seen enough
 * (`pipeline status | head`), a terminal that is gone, a full disk behind a redirection.
 */
export function watchStreams(): StreamWatch {
  watch ??= openStreamWatch();
  return watch;
}

function openStreamWatch(): StreamWatch {
  let fault: Error | null = null;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (!isErrorCode(error, 'EPIPE', 'EIO')) fault ??= error;
    });
  }
  const terminals = STANDARD.filter((fd) => isatty(fd));
  // Node puts terminals back into their first mode when it ends, and aborts where one is gone.
  if (terminals.length > 0) process.on('exit', () => replaceLost(terminals));
  return { fault: () => fault };
}

function replaceLost(terminals: readonly number[]): void {
  for (const fd of terminals) {
    if (isatty(fd)) continue;
    closeSync(fd);
    // Takes the lowest free number: the one that was just closed.
    openSync('/dev/null', 'r+');
  }
}
