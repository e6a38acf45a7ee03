import { describe, expect, it } from 'vitest';
import { describeModel } from '../../../../experiment/models/describe.ts';
import { ADD, conv, dense, FLATTEN, maxPool, RELU } from '../../../../experiment/models/layers.ts';
import { ModelBuilder } from '../../../../experiment/models/model-builder.ts';
import { findModel } from '../../../../experiment/models/registry.ts';

describe('the table of a model', () => {
  it('gives every layer its output, parameters and operations, and the totals', () => {
    const model = new ModelBuilder('Example', [2, 6, 6]);
    const stem = model.chain(model.input, conv('conv1', 4, { kernel: 3, stride: 2, padding: 1 }));
    const sum = model.join(ADD, stem, model.chain(stem, RELU));
    const pooled = model.chain(sum, maxPool({ kernel: 3, stride: 2, padding: [0, 1, 0, 1] }));
    expect(describeModel(model.build(model.chain(pooled, FLATTEN, dense('dense', 10))))).toBe(
      `Example, images of 2×6×6

layer      kind                        reads          output  parameters  FLOPs a sample
conv1      conv 3×3 /2 pad 1                          4×3×3           76           1,332
relu 2     relu                                       4×3×3            0              36
add 3      add                         conv1, relu 2  4×3×3            0              36
maxPool 4  maxPool 3×3 /2 pad 0,1,0,1                 4×1×2            0              72
flatten 5  flatten                                    8                0               0
dense      dense                                      10              90             170
total                                                                166           1,646
`,
    );
  });

  it('says in its last line what the whole model has', () => {
    expect(describeModel(findModel('WideResNet')).trimEnd()).toMatch(/total +1,549,850 +[\d,]+$/);
  });
});
