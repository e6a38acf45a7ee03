/** A run's console: its reporter and its signals, for as long as the run goes on. */

import { chooseReporter } from '../progress/choose-reporter.ts';
import { combineReporters } from '../progress/combine-reporters.ts';
import type { WithConsole } from '../session/run-targets.ts';
import { askForKey } from './ask-for-key.ts';
import type { Output } from './output.ts';
import { watchBugs, watchSignals } from './watch-signals.ts';

/** How runs are to be shown. */
export interface ConsoleOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Shows runs as the options ask, and ends them in order at Ctrl-C and the like. */
export function openWithConsole(
  { json, quiet, verbose }: ConsoleOptions,
  output: Output,
): WithConsole {
  const complain = (error: unknown) =>
    output.complain(`pipeline: this run is not reported in full: ${String(error)}\n`);
  return async (use) => {
    const shown = chooseReporter({
      json: json === true,
      quiet: quiet === true,
      isVerbose: verbose === true,
      isTerminal: output.stream.isTTY === true,
      env: process.env,
      stream: output.stream,
    });
    const console = combineReporters([shown], complain);
    const interruption = watchSignals(console);
    const leaveBugs = watchBugs(output);
    try {
      const ask = (question: string, keys: readonly string[]) => {
        const time = Date.now();
        return askForKey(keys, output, () =>
          console.report({ type: 'warning', time, node: null, text: question }),
        );
      };
      return await use({ report: console.report, complain, ask }, interruption.signal);
    } finally {
      console.close();
      interruption.dispose();
      leaveBugs();
    }
  };
}
