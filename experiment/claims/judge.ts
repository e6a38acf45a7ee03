/** Judges claims by the recorded experiments. */

import { applyCheck, LEAST_LEVELS } from './checks.ts';
import type { Check, Claim, FieldValue, Judgement, Verdict, Where } from './claim.ts';
import { mayMatch, type Row } from './select.ts';
import { describeFindings, listSome, wordWhere } from './wording.ts';

/** An experiment of the profile that has no result yet, with the fields that its name tells. */
export interface MissingExperiment {
  readonly experiment: string;
  readonly known: Readonly<Record<string, FieldValue>>;
}

/**
 * Judges a claim. It is not testable where the profile has no experiment that it is about, and as
 * long as one of them has no result.
 */
export function judgeClaim(
  { check, ...claim }: Claim,
  rows: readonly Row[],
  missing: readonly MissingExperiment[] = [],
): Judgement {
  const selections = listSelections(check);
  const waiting = missing
    .filter(({ known }) => selections.some((where) => mayMatch(known, where)))
    .map(({ experiment }) => experiment);
  const findings = applyCheck(check, rows);
  const runs = [...new Set(findings.flatMap((finding) => finding.runs))];
  const conclude = (verdict: Verdict, reason: string): Judgement => ({
    ...claim,
    verdict,
    reason,
    findings,
    runs,
    missing: waiting,
  });
  if (waiting.length > 0) {
    return conclude('not testable', `not run yet: ${listSome(waiting)}`);
  }
  if (findings.length === 0) return conclude('not testable', describeLack(check));
  const failing = findings.filter(({ holds }) => !holds);
  return failing.length === 0
    ? conclude('reproduced', describeFindings(findings))
    : conclude(
        'not reproduced',
        `${failing.length} of ${findings.length} against it: ${describeFindings(failing)}`,
      );
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
