/** `pipeline trace`: arguments → `traceFile` → what is printed. */

import type { WorkspaceOptions } from '../session/open-session.ts';
import { traceFile } from '../session/trace-figure.ts';
import { type Output, openOutputPalette } from './output.ts';
import { formatTrace } from './print/print-trace.ts';

/**
 * `pipeline trace <figure>`: maps every mark of a figure to the results behind it. Changes nothing.
 *
 * @returns the exit code: 0, or 1 where a mark names no run or a result is not in the cache
 * @throws {UserMistakes} where it is no figure, and with what is wrong in the pipeline
 */
export async function traceCommand(
  path: string,
  options: WorkspaceOptions & { readonly json?: boolean; readonly verbose?: boolean },
  output: Output,
): Promise<number> {
  const trace = await traceFile(path, options);
  const text =
    options.json === true
      ? JSON.stringify(trace, null, 1)
      : formatTrace(trace, openOutputPalette(output), options.verbose === true);
  output.print(`${text}\n`);
  const isWhole =
    trace.marks.every(({ explained }) => explained) &&
    trace.runs.every(({ lost }) => lost.length === 0);
  return isWhole ? 0 : 1;
}
