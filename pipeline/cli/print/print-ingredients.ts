/** What a result was made from, a line for each: the record whose digest its fingerprint is. */

import type { FingerprintRecord, InputRecord } from '../../fingerprint/record.ts';
import { stageOf } from '../../graph/node-name.ts';
import { flattenValues } from '../../pipeline-file/flatten-values.ts';
import { cleanLine } from '../../progress/text.ts';
import { showName } from '../../system/byte-names.ts';
import { wordCell } from './print-cells.ts';

/** So many results of one stage, or files, are named; more are counted. */
const NAMED = 3;

/** The lines, without indentation; `code` ends with the start of the digest of all that the program imports. */
export function formatIngredients(record: FingerprintRecord): readonly string[] {
  const { run, code, params, env, inputs, paths } = record;
  const [text = '', ...more] = run.text.trim().split('\n');
  const imports = code === null ? '' : `, its code ${code.slice(0, 12)}`;
  const lines = [`${run.kind} ${cleanLine(text)}${more.length === 0 ? '' : ' …'}${imports}`];
  for (const [name, sources] of Object.entries(inputs)) {
    lines.push(`input ${name}: ${wordSources(sources, paths[name] ?? [])}`);
  }
  const values = Object.entries(flattenValues(params));
  if (values.length > 0) {
    lines.push(
      `parameters ${values.map(([name, value]) => `${name}=${wordCell(value)}`).join(', ')}`,
    );
  }
  const variables = Object.keys(env);
  if (variables.length > 0) lines.push(`variables ${variables.join(', ')}`);
  return lines;
}

/** `train/a, train/b`, `24 results of train`, `data/a.csv`. */
function wordSources(sources: readonly InputRecord[], paths: readonly string[]): string {
  const nodes = sources.flatMap(({ node }) => (node === null ? [] : [node]));
  if (nodes.length === 0)
    return wordSome(
      paths.map((path) => cleanLine(showName(path))),
      'files',
    );
  const stages = [...new Set(nodes.map(stageOf))];
  return stages
    .map((stage) => {
      const own = nodes.filter((node) => stageOf(node) === stage);
      return wordSome(own, `results of ${stage}`);
    })
    .join(', ');
}

function wordSome(names: readonly string[], what: string): string {
  return names.length > NAMED ? `${names.length} ${what}` : names.join(', ');
}
