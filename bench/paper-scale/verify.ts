/** Holds docs/paper-scale against itself: every figure is traced to results, and what can be made again is. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClaimsReport, judgeClaims } from '../../experiment/claims/claims-report.ts';
import { parseClaims } from '../../experiment/claims/read-claims.ts';
import { drawSteps } from '../../experiment/plot/convergence-figures.ts';
import type { CsvValue } from '../../experiment/plot/csv.ts';
import { tabulateTable1 } from '../../experiment/plot/table1-rows.ts';
import type { Evaluation } from '../../experiment/recorded/evaluation.ts';
import { parseCsv } from '../../pipeline/provenance/csv.ts';
import { mapMarks } from '../../pipeline/provenance/map-marks.ts';
import { readFigure } from '../../pipeline/provenance/read-figure.ts';
import { drawGeneralizationError } from '../../stages/figures/generalization-error.ts';
import {
  FILES,
  listRows,
  type RecordedResult,
  readEvaluations,
  readRecorded,
  readSolutions,
} from './folder.ts';
import { renewBlocks } from './page.ts';

/** Numbers are equal that differ by less than this share: bits may differ between machines. */
const TOLERANCE = 1e-9;

/**
 * Looks for what does not agree in a folder: marks of figures whose runs are not recorded, files whose digest is another,
 * tables and verdicts that its evaluations do not give, a page that tells otherwise.
 *
 * @returns a line for each; none where all agrees
 * @throws StageFailure where a file is missing or is not what it should be
 */
export async function verifyFolder(folder: string, claimsFile: string): Promise<string[]> {
  const results = readRecorded(folder);
  const evaluations = await readEvaluations(folder);
  const text = readFileSync(claimsFile, 'utf8');
  const rows = listRows(evaluations, readSolutions(folder));
  const claims = judgeClaims(parseClaims(claimsFile, text), 'paper', rows);
  const told = JSON.parse(readFileSync(join(folder, FILES.claims), 'utf8')) as ClaimsReport;
  const page = readFileSync(join(folder, FILES.page), 'utf8');
  const renewed = renewBlocks(page, { folder, evaluations, claims, results });
  return [
    ...checkDigests(folder, evaluations, results),
    ...readdirSync(folder)
      .filter((name) => name.endsWith('.png') || name.endsWith('.pdf'))
      .flatMap((name) => traceFigure(join(folder, name), results)),
    ...compareTables(folder, evaluations),
    ...compareEpochs(folder, evaluations),
    ...claims.claims
      .filter(({ id, verdict }) => told.claims.find((one) => one.id === id)?.verdict !== verdict)
      .map(({ id, verdict }) => `${FILES.claims}: ${id} is ${verdict} by the evaluations`),
    ...(renewed === page ? [] : [`${FILES.page}: its tables are not those of the results`]),
  ];
}

/** The evaluations are those that were recorded. */
function checkDigests(
  folder: string,
  evaluations: readonly Evaluation[],
  results: readonly RecordedResult[],
): string[] {
  return evaluations.flatMap(({ experiment }) => {
    const bytes = readFileSync(join(folder, FILES.evaluations, `${experiment}.json`));
    const result = results.find(({ node }) => node === `evaluate/${experiment}`);
    const digest = createHash('sha256').update(bytes).digest('hex');
    return result?.digests['evaluation'] === digest
      ? []
      : [`${FILES.evaluations}/${experiment}.json is not what evaluate/${experiment} made`];
  });
}

/** Every mark rests on runs that are recorded with the same bytes. */
function traceFigure(path: string, results: readonly RecordedResult[]): string[] {
  const figure = readFigure(path);
  if (typeof figure === 'string') return [`${path}: ${figure}`];
  const { runs } = figure.provenance;
  if (runs.length === 0) return [`${path}: rests on no run`];
  const unexplained = mapMarks(figure).filter(({ explained }) => !explained);
  return [
    ...unexplained.map(({ row }) => `${path}: nothing says what mark ${row} rests on`),
    ...runs.flatMap(({ node, fingerprint, sha256 }) => {
      const result = results.find((one) => one.node === node && one.fingerprint === fingerprint);
      if (result === undefined) return [`${path}: ${node} ${fingerprint} is not recorded`];
      const isKept = sha256 === null || Object.values(result.digests).includes(sha256);
      return isKept ? [] : [`${path}: ${node} made other bytes`];
    }),
  ];
}

/** The tables of figures, made again from the evaluations that they name. */
function compareTables(folder: string, evaluations: readonly Evaluation[]): string[] {
  const makers: Readonly<Record<string, (own: readonly Evaluation[]) => Iterable<object>>> = {
    'figure1b-convergence-slowdown.csv': (own) => drawSteps([], own).csv.rows,
    'figure1c-generalization-error.csv': (own) => drawGeneralizationError([], own).csv.rows,
    'table1.csv': (own) => tabulateTable1(own),
  };
  return Object.entries(makers).flatMap(([name, make]) => {
    const path = join(folder, name);
    if (!existsSync(path)) return [];
    const table = parseCsv(readFileSync(path, 'utf8'));
    const named = new Set(
      table.flatMap((row) => `${row['experiment'] ?? ''} ${row['experiments'] ?? ''}`.split(' ')),
    );
    const made = [...make(evaluations.filter(({ experiment }) => named.has(experiment)))];
    if (made.length !== table.length) return [`${name}: ${table.length} rows, not ${made.length}`];
    return table.flatMap((row, index) => {
      const again = made[index] as Readonly<Record<string, CsvValue | undefined>>;
      return Object.entries(row)
        .filter(([column, cell]) => again[column] !== undefined && !isEqual(cell, again[column]))
        .map(
          ([column, cell]) => `${name}:${index + 2}: ${column} is ${cell}, not ${again[column]}`,
        );
    });
  });
}

/** The epoch of each evaluation is in the table of epochs, with its accuracy. */
function compareEpochs(folder: string, evaluations: readonly Evaluation[]): string[] {
  const lines = parseCsv(readFileSync(join(folder, FILES.epochs), 'utf8'));
  return evaluations.flatMap(({ experiment, epoch, step, train_accuracy: accuracy }) => {
    const own = lines.find(
      (line) => line['experiment'] === experiment && Number(line['epoch']) === epoch,
    );
    const agrees =
      own !== undefined && Number(own['step']) === step && isEqual(own['accuracy'] ?? '', accuracy);
    return agrees ? [] : [`${FILES.epochs}: ${experiment} at epoch ${epoch} is not as evaluated`];
  });
}

/** Whether a cell of a CSV has a value. */
function isEqual(cell: string, value: CsvValue | undefined): boolean {
  if (typeof value !== 'number') return cell === (value === null ? '' : String(value));
  return Math.abs(Number(cell) - value) <= TOLERANCE * Math.max(1, Math.abs(value));
}
