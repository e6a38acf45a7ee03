import { describe, expect, it } from 'vitest';
import type { Check, Claim } from '../../../../experiment/claims/claim.ts';
import { judgeClaim } from '../../../../experiment/claims/judge.ts';
import type { Row } from '../../../../experiment/claims/select.ts';

function claim(check: Check): Claim {
  return { id: 'it', statement: 'It is so.', place: 'section 1', check };
}

function row(
  model: string,
  p: number,
  values: Readonly<Record<string, number | boolean | null>> = {},
): Row {
  const base = {
    reached: true,
    step: 100,
    test_error: 0.9,
    test: 1000,
    train: 2000,
    parameters: 1e6,
  };
  return {
    experiment: `${model}_${p.toFixed(1)}_none`,
    model,
    corruption: 'none',
    p,
    ...base,
    ...values,
  };
}

describe('a claim about all runs', () => {
  const fitted = claim({
    kind: 'all',
    where: { p: 1, parameters: { above: { field: 'train' } } },
    expect: { reached: true },
  });

  it('is reproduced by runs that all meet it, and says which', () => {
    const judged = judgeClaim(fitted, [row('A', 1), row('B', 1), row('A', 0, { reached: false })]);
    expect(judged).toMatchObject({ verdict: 'reproduced', runs: ['A_1.0_none', 'B_1.0_none'] });
  });

  it('is not reproduced by one run against it', () => {
    const judged = judgeClaim(fitted, [row('A', 1), row('B', 1, { reached: false })]);
    expect(judged.verdict).toBe('not reproduced');
    expect(judged.reason).toBe('1 of 2 against it: B_1.0_none: threshold reached: no');
  });

  it('leaves out a model with fewer parameters than images', () => {
    const small = row('Net', 1, { reached: false, parameters: 1000 });
    expect(judgeClaim(fitted, [row('A', 1), small]).verdict).toBe('reproduced');
    expect(judgeClaim(fitted, [small]).verdict).toBe('not testable');
  });

  it('waits for experiments that it is about and that have no result', () => {
    const missing = [
      { experiment: 'B_1.0_none', known: { model: 'B', p: 1 } },
      { experiment: 'B_0.5_none', known: { model: 'B', p: 0.5 } },
    ];
    expect(judgeClaim(fitted, [row('A', 1)], missing)).toMatchObject({
      verdict: 'not testable',
      reason: 'not run yet: B_1.0_none',
      missing: ['B_1.0_none'],
    });
    const trained = { experiment: 'B_1.0_none', known: { p: 1 }, isTrained: true };
    const other = { experiment: 'C_1.0_none', known: { p: 1 } };
    expect(judgeClaim(fitted, [row('A', 1)], [other, trained]).reason).toBe(
      'trained, not evaluated yet: B_1.0_none; not run yet: C_1.0_none',
    );
  });

  it('waits for none that a setting leaves out, and says so', () => {
    const leftOutBy = 'models=["A"]';
    const missing = [{ experiment: 'B_1.0_none', known: { model: 'B', p: 1 }, leftOutBy }];
    expect(judgeClaim(fitted, [row('A', 1)], missing)).toMatchObject({
      verdict: 'reproduced',
      reason: 'A_1.0_none: threshold reached: yes; left out by models=["A"]: B_1.0_none',
      missing: [],
    });
    expect(judgeClaim(fitted, [], missing)).toMatchObject({
      verdict: 'not testable',
      reason: expect.stringMatching(/^this profile has no run with .*; left out by /),
    });
  });

  it('waits for none whose result will not have the fields that it is about', () => {
    const fields = ['model', 'test_error'];
    const missing = [{ experiment: 'least-norm', known: { model: 'least squares' }, fields }];
    expect(judgeClaim(fitted, [row('A', 1)], missing).verdict).toBe('reproduced');
    const about = claim({ kind: 'all', where: { test_error: 0 }, expect: { model: 'A' } });
    expect(judgeClaim(about, [], missing).reason).toBe('not run yet: least-norm');
  });

  it('holds, or fails, on synthetic data without being reproduced or refuted', () => {
    const on = { seed: 42, synthetic: true };
    const held = judgeClaim(fitted, [row('A', 1, on), row('B', 1, { ...on, seed: 43 })]);
    expect(held).toMatchObject({
      verdict: 'holds on synthetic data',
      words: 'holds on synthetic data, 2 seeds',
    });
    const failed = judgeClaim(fitted, [row('A', 1, { ...on, reached: false })]);
    expect(failed.words).toBe('fails on synthetic data, 1 seed');
  });

  it('gives the interval of the share of cases that hold, wide for a few', () => {
    // Wilson's interval of 2 of 2 begins at 1 / (1 + 1.96² / 2).
    const { share } = judgeClaim(fitted, [row('A', 1), row('B', 1)]);
    expect(share).toMatchObject({ holding: 2, of: 2, high: 1 });
    expect(share?.low).toBeCloseTo(0.342, 3);
    expect(judgeClaim(fitted, []).share).toBeNull();
  });
});

describe('a claim about chance', () => {
  const chance = (is: 'chance' | 'better') =>
    claim({ kind: 'chance', where: { p: 1 }, is, error: 0.9, confidence: 0.99 });

  it('accepts errors within the binomial interval of the test set', () => {
    // One run of 1,000 images: 0.9 ± 2.576·0.0095.
    const verdict = (error: number | null) =>
      judgeClaim(chance('chance'), [row('A', 1, { test_error: error })]).verdict;
    expect([0.88, 0.9, 0.92].map(verdict)).toEqual(Array(3).fill('reproduced'));
    expect([0.86, 0.94, null].map(verdict)).toEqual(Array(3).fill('not reproduced'));
  });

  it('widens the interval for many runs, which together have the confidence', () => {
    const runs = Array.from({ length: 50 }, (_, i) => row(`M${i}`, 1, { test_error: 0.926 }));
    expect(judgeClaim(chance('chance'), runs.slice(0, 1)).verdict).toBe('not reproduced');
    expect(judgeClaim(chance('chance'), runs).verdict).toBe('reproduced');
  });

  it('tells better than chance from chance', () => {
    const verdict = (error: number) =>
      judgeClaim(chance('better'), [row('A', 1, { test_error: error })]).verdict;
    expect([0.5, 0.89].map(verdict)).toEqual(['reproduced', 'not reproduced']);
  });
});

describe('a claim about a trend', () => {
  const rising = claim({
    kind: 'trend',
    where: { corruption: 'none' },
    by: ['model'],
    x: 'p',
    y: 'step',
    at_least: 0.5,
  });
  const steps = (model: string, values: readonly number[]) =>
    values.map((step, i) => row(model, i / 10, { step }));

  it('holds where it holds in every group', () => {
    expect(judgeClaim(rising, steps('A', [1, 2, 3])).verdict).toBe('reproduced');
    const both = [...steps('A', [1, 2, 3]), ...steps('B', [3, 2, 1])];
    expect(judgeClaim(rising, both)).toMatchObject({
      verdict: 'not reproduced',
      reason: '1 of 2 against it: B: τ = -1.00 over 3 levels of p',
    });
    expect(judgeClaim(rising, steps('A', [7, 7, 7])).verdict).toBe('not reproduced');
  });

  it('is not testable with two levels', () => {
    expect(judgeClaim(rising, steps('A', [1, 2]))).toMatchObject({
      verdict: 'not testable',
      reason: 'this profile has no 3 levels of p with corruption none',
    });
  });
});

describe('a comparison', () => {
  const faster = claim({
    kind: 'compare',
    by: ['model'],
    field: 'step',
    these: { p: 0 },
    those: { p: 1 },
    factor: 1,
  });

  it('compares means in groups that have both sides', () => {
    const rows = [row('A', 0, { step: 90 }), row('A', 1), row('B', 0, { step: 500 })];
    expect(judgeClaim(faster, rows)).toMatchObject({
      verdict: 'reproduced',
      reason: 'A: steps 90 against 100',
    });
    expect(judgeClaim(faster, [row('A', 0, { step: 101 }), row('A', 1)]).verdict).toBe(
      'not reproduced',
    );
    expect(judgeClaim(faster, [row('B', 0)]).verdict).toBe('not testable');
  });

  it('is too close to call where means lie less apart than other seeds would make them', () => {
    const noisy = claim({
      kind: 'compare',
      by: ['model'],
      field: 'step',
      these: { p: 0 },
      those: { p: 1 },
      factor: 1,
      spread: 0.25,
    });
    const clear = [row('A', 0, { step: 70 }), row('A', 1)];
    const judge = (steps: number) =>
      judgeClaim(noisy, [...clear, row('B', 0, { step: steps }), row('B', 1)]);
    expect(judge(70).verdict).toBe('reproduced');
    expect(judge(95)).toMatchObject({
      verdict: 'too close to call',
      words: 'too close to call, 1 seed',
      reason: '1 of 2 undecided: B: steps 95 against 100, less apart than seeds are',
      share: { holding: 1, of: 1 },
    });
    expect(judge(120).verdict).toBe('too close to call');
    expect(judge(130).verdict).toBe('not reproduced');
    const sixteen = (p: number, step: number) =>
      Array.from({ length: 16 }, (_, seed) => row('A', p, { step, seed }));
    expect(judgeClaim(noisy, [...sixteen(0, 93), ...sixteen(1, 100)]).verdict).toBe('reproduced');
  });

  it('takes the steps of a run that did not reach the threshold for a lower bound', () => {
    const never = { reached: false, step: 90 };
    expect(judgeClaim(faster, [row('A', 0, never), row('A', 1)]).verdict).toBe('not reproduced');
    expect(
      judgeClaim(faster, [row('A', 0, { step: 90 }), row('A', 1, { reached: false })]).verdict,
    ).toBe('reproduced');
  });
});
