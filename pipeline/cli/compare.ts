/** `pipeline compare`: arguments → `tabulateCells` → a table in the form that is asked for. */

import { cleanLine } from '../progress/text.ts';
import { type CompareOptions, tabulateCells } from '../session/compare-cells.ts';
import { fitText, type Output } from './output.ts';
import {
  describeCells,
  formatCells,
  formatCellsCsv,
  formatCellsMarkdown,
} from './print/print-cells.ts';

/**
 * `pipeline compare [targets]`: what the cells of targets gave, side by side. Changes nothing.
 *
 * @returns the exit code
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export async function compareCommand(
  targets: readonly string[],
  options: CompareOptions & {
    readonly json?: boolean;
    readonly csv?: boolean;
    readonly markdown?: boolean;
  },
  output: Output,
): Promise<number> {
  const table = await tabulateCells(targets, options);
  const { isTTY, columns = 80 } = output.stream;
  const text =
    options.json === true
      ? JSON.stringify(describeCells(table), null, 1)
      : options.csv === true
        ? formatCellsCsv(table)
        : options.markdown === true
          ? formatCellsMarkdown(table)
          : fitText(formatCells(table, isTTY === true ? columns : null), output);
  for (const warning of table.warnings) output.complain(`[warning] ${cleanLine(warning)}\n`);
  output.print(`${text}\n`);
  return 0;
}
