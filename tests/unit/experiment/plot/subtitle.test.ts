import { describe, expect, it } from 'vitest';
import { loadTypeface } from '../../../../experiment/plot/font.ts';
import { describeRuns, layOutSubtitle } from '../../../../experiment/plot/subtitle.ts';
import type { ExperimentFacts } from '../../../../experiment/recorded/facts.ts';

const run: ExperimentFacts = {
  experiment: 'MLP1_0.0_none',
  model: 'MLP1',
  corruption: 'none',
  p: 0,
  seed: 42,
  dataset: 'CIFAR-10',
  synthetic: false,
  parameters: 1,
  train: 50_000,
  width: 1,
  init: 'pytorch',
  weight_decay: 0,
  crop: false,
  decay_every: null,
};

describe('describeRuns', () => {
  it('names data set, profile, training images and n', () => {
    expect(describeRuns('paper', [run, { ...run, seed: 43 }], [])).toEqual({
      summary: 'CIFAR-10 · profile paper · 50,000 training images · n = 2 seeds',
      notes: [],
    });
  });

  it('says plainly that synthetic data is not CIFAR-10', () => {
    const synthetic = { ...run, dataset: 'synthetic shapes', synthetic: true, train: 2000 };
    expect(describeRuns('quick', [synthetic], []).summary).toBe(
      'Synthetic data (not CIFAR-10) · profile quick · 2,000 training images · n = 1 seed',
    );
  });

  it('names every data set of a mixture', () => {
    const synthetic = { ...run, dataset: 'synthetic shapes', synthetic: true };
    expect(describeRuns('mine', [run, synthetic], []).summary).toContain(
      'CIFAR-10 and Synthetic data (not CIFAR-10)',
    );
  });

  it('says how the learning rate of the runs decays where that is not every epoch', () => {
    const decaying = (...intervals: readonly (number | null)[]) =>
      describeRuns(
        'quick',
        intervals.map((decay_every) => ({ ...run, decay_every })),
        ['More.'],
      ).notes;
    expect(decaying(null)).toEqual(['More.']);
    expect(decaying(391, 391)).toEqual([
      'The learning rate decays every 391 steps or more, not every epoch.',
      'More.',
    ]);
    expect(decaying(100, null, 1000)[0]).toBe(
      'The learning rate decays every 100 or 1,000 steps or more for some models.',
    );
  });
});

describe('the notes of runs', () => {
  it('say after which epochs the learning rate falls, and whose', () => {
    const byMilestones = { ...run, milestones: [100, 200] };
    expect(describeRuns('paper', [byMilestones, byMilestones], []).notes).toEqual([
      'The learning rate falls after epochs 100 and 200 only.',
    ]);
    expect(describeRuns('paper', [byMilestones, { ...run, model: 'Net' }], []).notes).toEqual([
      'The learning rate of MLP1 falls after epochs 100 and 200 only.',
    ]);
  });
});

describe('layOutSubtitle', () => {
  const typeface = loadTypeface();
  const notes = ['A first note.', 'A second one that is longer than the first.', 'A third.'];

  it('puts notes on one line while they fit and breaks none that fits a line of its own', () => {
    expect(layOutSubtitle({ summary: 'Data', notes }, 1000, typeface)).toEqual([
      'Data',
      notes.join(' '),
    ]);
    expect(layOutSubtitle({ summary: 'Data', notes }, 255, typeface)).toEqual([
      'Data',
      'A first note.',
      'A second one that is longer than the first.',
      'A third.',
    ]);
  });

  it('breaks a note between words where it is wider than a line, and loses none', () => {
    const lines = layOutSubtitle({ summary: 'Data', notes }, 90, typeface);
    for (const line of lines) expect(typeface.measure(line, 12, 400)).toBeLessThanOrEqual(90);
    expect(lines.slice(1).join(' ')).toBe(notes.join(' '));
  });
});
