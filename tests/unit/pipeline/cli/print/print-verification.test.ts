import { expect, it } from 'vitest';
import { formatVerification } from '../../../../../pipeline/cli/print/print-verification.ts';
import { openPalette } from '../../../../../pipeline/progress/style.ts';
import type { Verification } from '../../../../../pipeline/provenance/verify.ts';

function verify(fields: readonly string[]): string {
  const values = { epoch: 3, sample: 's-12', experiment: 'none of ours', loss: 0.5 };
  const changed = { name: 'loss', made: 0.5, found: 0.6 };
  const verification: Verification = {
    node: 'draw',
    failure: null,
    outputs: [
      {
        name: 'csv',
        path: 'figure.csv',
        verdict: 'differs',
        difference: {
          rows: [{ kind: 'row', place: 2, change: 'changed', fields: [changed], values }],
          elsewhere: null,
        },
      },
    ],
    edited: [],
    fields,
  };
  return formatVerification(verification, openPalette(false));
}

it('names a row by the fields that the figure says name its runs', () => {
  expect(verify(['run', 'sample'])).toContain('row 2 (s-12): loss 0.5 → 0.6');
});

it('names a row by its first values where the figure says nothing', () => {
  expect(verify([])).toContain('row 2 (3 s-12 none of ours): loss 0.5 → 0.6');
});
