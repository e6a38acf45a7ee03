/** The stage `claims`: judges the paper's findings by the experiments of a profile. */

import { readFile, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { StageContext } from 'rederive/contract';
import { formatClaimsMarkdown, judgeClaims } from '../../experiment/claims/claims-report.ts';
import { parseClaims } from '../../experiment/claims/read-claims.ts';
import { parseRows, parseSolutions } from '../../experiment/claims/read-rows.ts';
import { fail } from '../../experiment/data/failure.ts';

/**
 * Runs the stage. Reads the inputs `claims` (claims.yaml), `experiments` and, where there is one, `solutions` (JSON lines), and the
 * parameter `profile`; writes the outputs `json` and `markdown`.
 *
 * @throws StageFailure where parameters, inputs or outputs are not as the stage needs them
 */
export async function run(context: StageContext): Promise<void> {
  const profile = context.params['profile'];
  if (typeof profile !== 'string') fail(`${context.node}: the parameter 'profile' is not declared`);
  const read = async (name: string) => {
    const path = context.inputs[name]?.[0]?.path;
    if (path === undefined) return fail(`${context.node}: the input '${name}' is missing`);
    return { file: relative(context.workspace, path), text: await readFile(path, 'utf8') };
  };
  const [claims, experiments] = await Promise.all([read('claims'), read('experiments')]);
  const solutions = context.inputs['solutions'] === undefined ? null : await read('solutions');
  const report = judgeClaims(parseClaims(claims.file, claims.text), String(profile), [
    ...parseRows(experiments.file, experiments.text),
    ...(solutions === null ? [] : parseSolutions(solutions.file, solutions.text)),
  ]);
  const write = (name: string, text: string) => {
    const path = context.outputs[name];
    if (path === undefined) return fail(`${context.node}: the output '${name}' is missing`);
    return writeFile(path, text);
  };
  await write('json', `${JSON.stringify(report, null, 1)}\n`);
  await write('markdown', formatClaimsMarkdown(report));
  const found = Object.entries(report.counts).filter(([, count]) => count > 0);
  context.emit({ type: 'summary', values: Object.fromEntries(found) });
}
