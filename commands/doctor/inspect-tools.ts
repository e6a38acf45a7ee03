/** The programs that `pipeline engines install` uses. */

import type { Shell } from 'rederive/contract';
import {
  findCompiler,
  findNpm,
  findPip,
  findPython,
  TOOL_REMEDIES,
} from '../engines/find-tools.ts';

/** A program; its command and version are null where it is missing. */
export interface ToolReport {
  readonly tool: string;
  readonly found: { readonly command: string; readonly version: string } | null;
  readonly remedy: string | null;
}

/** Looks for npm, a C++ compiler, Python and pip. */
export async function inspectTools($: Shell): Promise<readonly ToolReport[]> {
  const [npm, compiler, python] = await Promise.all([findNpm($), findCompiler($), findPython($)]);
  const pip = python === null ? null : await findPip($, python);
  const found = { npm, compiler, python, pip };
  return Object.entries(found).map(([tool, program]) => {
    if (program === null)
      return { tool, found: null, remedy: TOOL_REMEDIES[tool as keyof typeof found] };
    const command = [program.command, ...program.args].join(' ');
    return { tool, found: { command, version: program.version }, remedy: null };
  });
}
