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

/**
 * In each group, the mean of a field over the runs `these` is at most `factor` times that over the runs `those`.
 * Where it is known by what share of itself the field differs between runs of other seeds alone (`spread`), means that lie
 * closer than that to the limit, by the number of runs behind them, decide nothing.
 */
export interface CompareCheck {
  readonly kind: 'compare';
  readonly by: readonly string[];
  readonly field: string;
  readonly these: Where;
  readonly those: Where;
  readonly factor: number;
  /** Greater than 0: 0.25 where runs that differ only by seed lie about a quarter apart. */
  readonly spread?: number;
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

/**
 * What may come of a claim. Only runs on the paper's kind of data reproduce or refute it; those on
 * generated images tell no more than whether it holds there.
 */
export const VERDICTS = [
  'reproduced',
  'holds on synthetic data',
  'not reproduced',
  'fails on synthetic data',
  'too close to call',
  'not testable',
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Verdicts that speak for a claim. */
export const FAVOURABLE: readonly Verdict[] = ['reproduced', 'holds on synthetic data'];

/** One thing that a check looked at: a run, a group of runs, a pair. */
export interface Finding {
  /** What it is about: `MLP1`, `MLP1_1.0_none`. */
  readonly subject: string;
  readonly holds: boolean;
  /** Present where other seeds would make as great a difference: it tells neither for nor against the claim. */
  readonly isClose?: true;
  /** The numbers, in words: `τ = 0.80 over 5 levels`. */
  readonly found: string;
  /** Names of the runs that it rests on. */
  readonly runs: readonly string[];
}

/** How many of a number of cases hold, and the 95 % interval of the share of such cases, 0 to 1. */
interface ShareInterval {
  readonly holding: number;
  readonly of: number;
  readonly low: number;
  readonly high: number;
}

/** What came of a claim. */
export interface Judgement extends Omit<Claim, 'check'> {
  readonly verdict: Verdict;
  /** The verdict with the number of seeds that it rests on: `holds on synthetic data, 1 seed`. */
  readonly words: string;
  /** The number of distinct seeds among the runs. */
  readonly seeds: number;
  /** The verdict's reason in one sentence. */
  readonly reason: string;
  /** In what share of cases like these findings it holds; null where none of them is clearly for or against it. */
  readonly share: ShareInterval | null;
  readonly findings: readonly Finding[];
  /** Every run that it rests on, once. */
  readonly runs: readonly string[];
  /** Planned experiments without a result that it would also rest on. */
  readonly missing: readonly string[];
}
