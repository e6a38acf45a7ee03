/** What a check finds among the recorded experiments. */

import type { AllCheck, ChanceCheck, Check, CompareCheck, Finding, TrendCheck } from './claim.ts';
import { groupRows, matches, type Row } from './select.ts';
import { binomialInterval, rankCorrelation, shareInterval } from './statistics.ts';
import { formatPercent, formatValue, wordField } from './wording.ts';

/** A trend of fewer levels says nothing. */
export const LEAST_LEVELS = 3;

/** One finding for each run, group or pair that the check is about; none where there is none. */
export function applyCheck(check: Check, rows: readonly Row[]): readonly Finding[] {
  switch (check.kind) {
    case 'all':
      return checkAll(check, rows);
    case 'chance':
      return checkChance(check, rows);
    case 'trend':
      return checkTrend(check, rows);
    case 'compare':
      return checkComparison(check, rows);
  }
}

function checkAll({ where, expect }: AllCheck, rows: readonly Row[]): readonly Finding[] {
  return rows
    .filter((row) => matches(row, where))
    .map((row) => ({
      subject: row.experiment,
      holds: matches(row, expect),
      found: Object.keys(expect)
        .map((field) => `${wordField(field)} ${formatValue(row[field])}`)
        .join(', '),
      runs: [row.experiment],
    }));
}

/** Runs that diverged have no test error, and count as findings against the claim. */
function checkChance(check: ChanceCheck, rows: readonly Row[]): readonly Finding[] {
  const selected = rows.filter((row) => matches(row, check.where));
  return selected.map((row) => {
    const error = row['test_error'];
    const images = Number(row['test']);
    const runs = [row.experiment];
    if (typeof error !== 'number') {
      return { subject: row.experiment, holds: false, found: 'no test error: it diverged', runs };
    }
    const [low, high] = chanceInterval(check, images, selected.length);
    return {
      subject: row.experiment,
      holds: check.is === 'chance' ? error >= low && error <= high : error < low,
      found:
        `test error ${formatPercent(error)} (95% interval ${wordErrorInterval(error, images)}), ` +
        `guessing ${formatPercent(low)} to ${formatPercent(high)}` +
        (selected.length > 1 ? ` in all ${selected.length} runs together` : ''),
      runs,
    };
  });
}

/** What the error of so many test images leaves open of the error on others like them. */
function wordErrorInterval(error: number, images: number): string {
  const [low, high] = shareInterval(Math.round(error * images), images);
  return `${formatPercent(low)} to ${formatPercent(high)}`;
}

function checkTrend(check: TrendCheck, rows: readonly Row[]): readonly Finding[] {
  const groups = groupRows(
    rows.filter((row) => matches(row, check.where)),
    check.by,
  );
  return [...groups].flatMap(([subject, group]) => {
    const pairs = group.flatMap((row): (readonly [number, number])[] => {
      const x = row[check.x];
      const y = row[check.y];
      return typeof x === 'number' && typeof y === 'number' ? [[x, y]] : [];
    });
    const levels = new Set(pairs.map(([x]) => x)).size;
    if (levels < LEAST_LEVELS) return [];
    const tau = rankCorrelation(pairs);
    return {
      subject,
      holds: tau !== null && tau >= check.at_least,
      found:
        tau === null
          ? `${wordField(check.y)} is the same at every ${check.x}`
          : `τ = ${tau.toFixed(2)} over ${levels} levels of ${check.x}`,
      runs: group.map((row) => row.experiment),
    };
  });
}

/**
 * Compares the means of two selections in each group that has both. Steps of a run that did not reach the
 * threshold are a lower bound: one on the smaller side decides against the claim, one on the
 * greater side cannot.
 */
function checkComparison(check: CompareCheck, rows: readonly Row[]): readonly Finding[] {
  const those = groupRows(
    rows.filter((row) => matches(row, check.those)),
    check.by,
  );
  const these = groupRows(
    rows.filter((row) => matches(row, check.these)),
    check.by,
  );
  return [...these].flatMap(([subject, left]) => {
    const right = those.get(subject);
    if (right === undefined) return [];
    const [mean, other] = [left, right].map((group) => meanOf(group, check.field));
    const runs = [...left, ...right].map((row) => row.experiment);
    if (mean === null || other === null || mean === undefined || other === undefined) {
      return { subject, holds: false, found: `no ${wordField(check.field)}: diverged`, runs };
    }
    const isBound = check.field === 'step' && left.some((row) => row['reached'] === false);
    const isClose = !isBound && isWithinSpread(check, mean / (check.factor * other), left, right);
    const numbers = `${wordField(check.field)} ${formatValue(mean)} against ${formatValue(other)}`;
    return {
      subject,
      holds: !isBound && mean <= check.factor * other,
      ...(isClose && { isClose }),
      found: isBound
        ? 'the threshold was not reached'
        : `${numbers}${isClose ? ', less apart than seeds are' : ''}`,
      runs,
    };
  });
}

/**
 * Whether runs of other seeds would make as great a difference. The spread is that of two single runs; of two means it
 * shrinks with the square root of the number of runs.
 */
function isWithinSpread(
  { spread }: CompareCheck,
  ratio: number,
  left: readonly Row[],
  right: readonly Row[],
): boolean {
  if (spread === undefined) return false;
  const shrunk = spread * Math.sqrt((1 / left.length + 1 / right.length) / 2);
  return Math.abs(Math.log(ratio)) < Math.log(1 + shrunk);
}

function meanOf(rows: readonly Row[], field: string): number | null {
  let sum = 0;
  for (const row of rows) {
    const value = row[field];
    if (typeof value !== 'number') return null;
    sum += value;
  }
  return sum / rows.length;
}

/**
 * The errors that guessing gives on so many test images, as shares: the binomial interval for all
 * `runs` measurements together (Bonferroni's correction).
 */
function chanceInterval(
  { error, confidence }: ChanceCheck,
  images: number,
  runs: number,
): readonly [number, number] {
  const [low, high] = binomialInterval(images, error, 1 - (1 - confidence) / runs);
  return [low / images, high / images];
}
