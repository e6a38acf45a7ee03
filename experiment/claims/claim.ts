/** The findings of the paper as `claims.yaml` states them, and what came of checking them. */

/** A value of a row: what an evaluation recorded about its run. */
export type FieldValue = string | number | boolean | null;

/** A number, or the value of another field of the same row. */
export type Limit = number | { readonly field: string };

/** What a field must be: a value, any of several, or within limits. */
export type Condition =
  | FieldValue
  | readonly FieldValue[]
  | {
      readonly above?: Limit;
      readonly at_least?: Limit;
      readonly below?: Limit;
      readonly at_most?: Limit;
    };

/** Conditions by field, all of which must hold. */
export type Where = Readonly<Record<string, Condition>>;

/** Every run that `where` selects meets `expect`. */
export interface AllCheck {
  readonly kind: 'all';
  readonly where: Where;
  readonly expect: Where;
}

/**
 * The test error of every run that `where` selects is, by a two-sided binomial interval of this
 * confidence for all of them together, that of guessing (`is: chance`), or lies below the interval
 * (`is: better`).
 */
export interface ChanceCheck {
  readonly kind: 'chance';
  readonly where: Where;
  readonly is: 'chance' | 'better';
  /** The error of guessing, 0 to 1. */
  readonly error: number;
  readonly confidence: number;
}

/** In each group, `y` rises with `x`: Kendall's τ-b is at least `at_least`. */
export interface TrendCheck {
  readonly kind: 'trend';
  readonly where: Where;
  readonly by: readonly string[];
  readonly x: string;
  readonly y: string;
  readonly at_least: number;
}

/** In each group, the field of the runs `these` is at most `factor` times that of the runs `those`. */
export interface CompareCheck {
  readonly kind: 'compare';
  readonly by: readonly string[];
  readonly field: string;
  readonly these: Where;
  readonly those: Where;
  readonly factor: number;
}

export type Check = AllCheck | ChanceCheck | TrendCheck | CompareCheck;

/** One finding of the paper. */
export interface Claim {
  readonly id: string;
  readonly statement: string;
  /** Where the paper states it. */
  readonly place: string;
  /** Name of our figure that shows it. */
  readonly figure?: string;
  readonly check: Check;
}

/** The content of `claims.yaml`. */
export interface Claims {
  readonly version: 1;
  readonly paper: { readonly title: string; readonly url: string };
  readonly claims: readonly Claim[];
}

export const VERDICTS = ['reproduced', 'not reproduced', 'not testable'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One thing that a check looked at: a run, a group of runs, a pair. */
export interface Finding {
  /** What it is about: `MLP1`, `MLP1_1.0_none`. */
  readonly subject: string;
  readonly holds: boolean;
  /** The numbers, in words: `τ = 0.80 over 5 levels`. */
  readonly found: string;
  /** Names of the runs that it rests on. */
  readonly runs: readonly string[];
}

/** What came of a claim. */
export interface Judgement extends Omit<Claim, 'check'> {
  readonly verdict: Verdict;
  /** The verdict's reason in one sentence. */
  readonly reason: string;
  readonly findings: readonly Finding[];
  /** Every run that it rests on, once. */
  readonly runs: readonly string[];
  /** Planned experiments without a result that it would also rest on. */
  readonly missing: readonly string[];
}
