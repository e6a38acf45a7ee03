/** A figure's verification, in text. */

import type { Json } from '../../contract/values.ts';
import type { Palette } from '../../progress/style.ts';
import { cleanLine } from '../../progress/text.ts';
import { countOf } from '../../progress/units.ts';
import type { FieldDifference, RowDifference } from '../../provenance/compare-files.ts';
import { formatRows } from '../../provenance/map-marks.ts';
import type { EditedInput, Verification, VerifiedOutput } from '../../provenance/verify.ts';

/** So many rows of a file are named, more are counted. */
const NAMED_ROWS = 8;
/** Values longer than this are cut. */
const VALUE_LENGTH = 60;
/** What an element of an SVG is called. */
const LABEL = 'aria-label';

/** A verification for people: a line a file, below it the rows that differ. */
export function formatVerification(verification: Verification, palette: Palette): string {
  const { node, failure, outputs, edited, fields } = verification;
  const title =
    failure === null
      ? 'made again from the cache:'
      : palette.bad(`could not be made again: ${cleanLine(failure)}`);
  return [
    `${palette.strong(node)} ${title}`,
    ...outputs.flatMap((output) => formatOutput(output, fields, palette)),
    ...edited.flatMap((input) => formatEdited(input, fields, palette)),
    summarise(verification),
  ].join('\n');
}

function summarise({ node, failure, outputs, edited }: Verification): string {
  const count = (wanted: VerifiedOutput['verdict']) =>
    outputs.filter(({ verdict }) => verdict === wanted).length;
  const findings = [
    `${countOf(count('equal'), 'file')} ${failure === null ? 'equal' : 'as the cache holds them'}`,
    ...(count('differs') > 0 ? [`${count('differs')} not as made`] : []),
    ...(count('not-reproduced') > 0 ? [`${count('not-reproduced')} not reproduced`] : []),
    ...(edited.length > 0 ? [`${countOf(edited.length, 'result')} upstream edited`] : []),
  ];
  const isChanged = count('differs') + edited.length > 0;
  return findings.join(', ') + (isChanged ? `; pipeline run ${node} puts them back` : '');
}

const VERDICTS: Readonly<Record<VerifiedOutput['verdict'], string>> = {
  equal: 'equal',
  differs: 'differs',
  missing: 'missing',
  volatile: 'volatile, not compared',
  'not-reproduced': 'not reproduced: it is not what the cache holds',
};

function formatOutput(
  { path, verdict, difference }: VerifiedOutput,
  names: readonly string[],
  palette: Palette,
): string[] {
  const isBad = verdict === 'differs' || verdict === 'not-reproduced';
  const paint = isBad ? palette.bad : verdict === 'equal' ? palette.good : palette.faint;
  const elsewhere = difference?.elsewhere ?? null;
  const where = elsewhere === null ? '' : `, first at ${elsewhere}`;
  return [
    `  ${cleanLine(path)}  ${paint(VERDICTS[verdict])}${where}`,
    ...formatDifferences(difference?.rows ?? [], 'row', names),
  ];
}

function formatEdited(input: EditedInput, names: readonly string[], palette: Palette): string[] {
  const { path, node, rows, changes, failure } = input;
  const lines = [`  ${cleanLine(path)}  ${palette.bad(`edited: not what ${node} made`)}`];
  if (failure !== null) lines.push(`    the figure cannot be drawn from it: ${cleanLine(failure)}`);
  if (changes !== null && changes.length > 0)
    lines.push(...formatDifferences(changes, 'mark', names));
  else if (rows.length > 0) {
    lines.push(`    ${rows.length === 1 ? 'mark' : 'marks'} ${formatRows(rows)} rest on it`);
  }
  return lines;
}

/** @param names the fields that a reader knows a row by */
function formatDifferences(
  rows: readonly RowDifference[],
  noun: string,
  names: readonly string[],
): string[] {
  const lines = rows.slice(0, NAMED_ROWS).map(({ kind, place, change, fields, values }) => {
    const name = `${kind === 'element' ? 'element' : noun} ${place}${nameRow(values, names)}`;
    const changes = change === 'changed' ? fields.map(wordField).join(', ') : change;
    return `    ${name}: ${changes}`;
  });
  const rest = rows.length - lines.length;
  return rest > 0 ? [...lines, `    and ${rest} more`] : lines;
}

/** What a reader knows a row by: its run, or the label of what is drawn, else its first values. */
function nameRow(values: RowDifference['values'], names: readonly string[]): string {
  const field = [...names, LABEL].find((name) => values[name] != null);
  const shown =
    field !== undefined
      ? values[field]
      : Object.values(values).slice(0, 3).map(wordValue).join(' ');
  return ` (${wordValue(shown)})`;
}

function wordField({ name, made, found }: FieldDifference): string {
  return `${cleanLine(name)} ${wordValue(made)} → ${wordValue(found)}`;
}

function wordValue(value: Json | undefined): string {
  const text =
    typeof value === 'string' ? value : value === undefined ? 'nothing' : JSON.stringify(value);
  const clean = cleanLine(text);
  return clean.length > VALUE_LENGTH ? `${clean.slice(0, VALUE_LENGTH - 1)}…` : clean;
}
