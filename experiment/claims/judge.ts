/** Judges claims by the recorded experiments. */

import { applyCheck, LEAST_LEVELS } from './checks.ts';
import type { Check, Claim, FieldValue, Finding, Judgement, Verdict, Where } from './claim.ts';
import { mayMatch, type Row } from './select.ts';
import { shareInterval } from './statistics.ts';
import { describeFindings, listSome, wordVerdict, wordWhere } from './wording.ts';

/** An experiment of the profile that has no result yet, with the fields that its name tells. */
export interface MissingExperiment {
  readonly experiment: string;
  readonly known: Readonly<Record<string, FieldValue>>;
  /** The fields that its result will have, where these are not those of an evaluation. */
  readonly fields?: readonly string[];
  /** Its training has run: only its evaluation is to come. */
  readonly isTrained?: boolean;
  /** The setting that leaves it out, `models=["MLP1"]`: it is not waited for. */
  readonly leftOutBy?: string;
}

/**
 * Judges a claim by what {@link weighFindings} says. It is not testable where the profile has no experiment that it is
 * about, and as long as one of them has no result, other than those that a setting leaves out.
 */
export function judgeClaim(
  { check, ...claim }: Claim,
  rows: readonly Row[],
  missing: readonly MissingExperiment[] = [],
): Judgement {
  const selections = listSelections(check);
  const concerned = missing.filter((one) =>
    selections.some((where) => mayMatch(one.known, where, one.fields)),
  );
  const waiting = concerned.filter(({ leftOutBy }) => leftOutBy === undefined);
  const leftOut = concerned.filter(({ leftOutBy }) => leftOutBy !== undefined);
  const findings = applyCheck(check, rows);
  const runs = [...new Set(findings.flatMap((finding) => finding.runs))];
  const behind = rows.filter(({ experiment }) => runs.includes(experiment));
  const seeds = new Set(behind.map((row) => row['seed'])).size;
  const conclude = (verdict: Verdict, reason: string): Judgement => ({
    ...claim,
    verdict,
    words: wordVerdict(verdict, seeds),
    seeds,
    reason: [reason, ...describeLeftOut(leftOut)].join('; '),
    share: countHolding(findings),
    findings,
    runs,
    missing: waiting.map(({ experiment }) => experiment),
  });
  if (waiting.length > 0) return conclude('not testable', describeWaiting(waiting));
  if (findings.length === 0) return conclude('not testable', describeLack(check));
  const isSynthetic = behind.some((row) => row['synthetic'] === true);
  const { outcome, decisive } = weighFindings(findings);
  const share = `${decisive.length} of ${findings.length}`;
  switch (outcome) {
    case 'against':
      return conclude(
        isSynthetic ? 'fails on synthetic data' : 'not reproduced',
        `${share} against it: ${describeFindings(decisive)}`,
      );
    case 'too close to call':
      return conclude(outcome, `${share} undecided: ${describeFindings(decisive)}`);
    case 'holds':
      return conclude(
        isSynthetic ? 'holds on synthetic data' : 'reproduced',
        describeFindings(decisive),
      );
  }
}

/** What findings come to, and those of them that decide it. */
interface Weighed {
  readonly outcome: 'holds' | 'against' | 'too close to call';
  readonly decisive: readonly Finding[];
}

/**
 * Weighs findings, at least one: what is clearly against a claim outweighs all else, and what is too close to call
 * what is for it.
 */
export function weighFindings(findings: readonly Finding[]): Weighed {
  const against = findings.filter(({ holds, isClose }) => !holds && isClose === undefined);
  if (against.length > 0) return { outcome: 'against', decisive: against };
  const close = findings.filter(({ isClose }) => isClose !== undefined);
  if (close.length > 0) return { outcome: 'too close to call', decisive: close };
  return { outcome: 'holds', decisive: findings };
}

/** Counts the findings that decide something. */
function countHolding(findings: readonly Finding[]): Judgement['share'] {
  const decided = findings.filter(({ isClose }) => isClose === undefined);
  if (decided.length === 0) return null;
  const holding = decided.filter(({ holds }) => holds).length;
  const [low, high] = shareInterval(holding, decided.length);
  return { holding, of: decided.length, low, high };
}

/** Tells those that were never trained from those that only wait for their evaluation. */
function describeWaiting(waiting: readonly MissingExperiment[]): string {
  const parts = [
    ['trained, not evaluated yet', waiting.filter(({ isTrained }) => isTrained === true)],
    ['not run yet', waiting.filter(({ isTrained }) => isTrained !== true)],
  ] as const;
  return parts
    .filter(([, some]) => some.length > 0)
    .map(([word, some]) => `${word}: ${listSome(some.map(({ experiment }) => experiment))}`)
    .join('; ');
}

function describeLeftOut(leftOut: readonly MissingExperiment[]): readonly string[] {
  const [first] = leftOut;
  if (first?.leftOutBy === undefined) return [];
  return [
    `left out by ${first.leftOutBy}: ${listSome(leftOut.map(({ experiment }) => experiment))}`,
  ];
}

function listSelections(check: Check): readonly Where[] {
  return check.kind === 'compare' ? [check.these, check.those] : [check.where];
}

function describeLack(check: Check): string {
  const wanted = listSelections(check).map(wordWhere).join(' beside ');
  return check.kind === 'trend'
    ? `this profile has no ${LEAST_LEVELS} levels of ${check.x} with ${wanted}`
    : `this profile has no run with ${wanted}`;
}
