/** Ctrl-C and its like: a run ends in order, at the second one at once. */

import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Reporter } from '../progress/events.ts';
import { UserInterruption } from '../session/user-interruption.ts';
import { describeFault } from '../system/fault.ts';
import type { Output } from './output.ts';

/** Signals that end a run in order. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Leaves the signals to what they do by themselves. */
  readonly dispose: () => void;
}

/**
 * The first Ctrl-C, SIGTERM or, where a terminal closes, SIGHUP stops the run in order; a second one
 * ends the process at once. Under `nohup` a run goes on when the terminal closes.
 */
export function watchSignals(reporter: Pick<Reporter, 'report'>): Interruption {
  const abort = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    if (abort.signal.aborted) process.exit(130);
    reporter.report({ type: 'run-interrupted', time: Date.now(), signal });
    abort.abort(new UserInterruption(signal));
  };
  const isDeaf = outlivesTerminal();
  const onHangUp = (signal: NodeJS.Signals) => {
    if (!isDeaf) onSignal(signal);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onHangUp);
  return {
    signal: abort.signal,
    dispose: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('SIGHUP', onHangUp);
    },
  };
}

/**
 * While a run is under way, ends the program with a word about any error that nobody has caught: what
 * goes on after one is not to be trusted. Stages that run end with it.
 *
 * @returns what takes that back
 */
export function watchBugs({ complain }: Pick<Output, 'complain'>): () => void {
  const onBug = (error: unknown) => {
    complain(`pipeline: the run ends by ${describeFault(error, null)}\n`);
    process.exit(1);
  };
  process.on('uncaughtException', onBug);
  return () => process.off('uncaughtException', onBug);
}

/**
 * Whether this process was started to outlive its terminal. Node forgets that SIGHUP was ignored when
 * it started, so what tells is that `nohup` leaves none of the standard streams on a terminal, as
 * daemons and schedulers do; or that the shell which started it ignores the signal itself.
 */
function outlivesTerminal(): boolean {
  return ![0, 1, 2].some((fd) => isatty(fd)) || ignoresHangUp(process.ppid);
}

/** Whether a process ignores SIGHUP; unknown counts as no. */
function ignoresHangUp(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const [, mask = '0'] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status) ?? [];
    // SIGHUP is signal 1: the lowest bit.
    return (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return false;
  }
}
