/** `pipeline graph`: arguments → a plan → a diagram, printed or in a file. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { WorkspaceOptions } from '../session/open-session.ts';
import { planForDrawing } from '../session/plan-targets.ts';
import type { Output } from './output.ts';
import { type DiagramFormat, drawPlan, formatOfFile } from './print/print-diagram.ts';
import { tellUnreadable } from './tell-plan.ts';

/** Options of `pipeline graph`. */
export interface GraphCommandOptions extends WorkspaceOptions {
  /** Undefined: as the output file's name ends, else mermaid. */
  readonly format?: DiagramFormat;
  readonly expand?: boolean;
  readonly output?: string;
}

/**
 * `pipeline graph [targets]`: draws the graph, coloured by state.
 *
 * @returns the exit code: 2 where a node cannot run
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export async function graphCommand(
  targets: readonly string[],
  { format, expand, output: file, ...options }: GraphCommandOptions,
  output: Output,
): Promise<number> {
  const states = await planForDrawing(targets, options);
  const text = drawPlan(states.plan, format ?? formatOfFile(file), expand === true);
  if (file === undefined) output.print(text);
  else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return tellUnreadable(states, output);
}
