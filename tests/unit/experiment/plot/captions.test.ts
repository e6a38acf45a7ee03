import { describe, expect, it } from 'vitest';
import { captionRuns, layOutSubtitle, writeCaption } from '../../../../experiment/plot/captions.ts';
import { loadTypeface } from '../../../../experiment/plot/font.ts';
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

describe('captionRuns', () => {
  it('names data set, training images and n, and what was set', () => {
    expect(captionRuns([], [run, { ...run, seed: 43 }], [])).toEqual({
      summary: ['CIFAR-10', '50,000 training images', 'n = 2 seeds'],
      notes: [],
    });
    const { summary } = captionRuns(['training.epochs=40'], [run], []);
    expect(summary).toEqual([
      'CIFAR-10',
      '50,000 training images',
      'n = 1 seed',
      'with training.epochs=40',
    ]);
  });

  it('says plainly that synthetic data is not CIFAR-10', () => {
    const synthetic = { ...run, dataset: 'synthetic shapes', synthetic: true };
    expect(captionRuns([], [synthetic], []).summary[0]).toBe('Synthetic data (not CIFAR-10)');
    expect(captionRuns([], [run, synthetic], []).summary[0]).toBe(
      'CIFAR-10 and Synthetic data (not CIFAR-10)',
    );
  });

  it('says how the learning rate of the runs decays where that is not every epoch', () => {
    const decaying = (...intervals: readonly (number | null)[]) =>
      captionRuns(
        [],
        intervals.map((decay_every) => ({ ...run, decay_every })),
        ['More.'],
      ).notes;
    expect(decaying(null)).toEqual(['More.']);
    expect(decaying(391, 391)).toEqual([
      'More.',
      'The learning rate decays at the first end of an epoch after each 391 steps, not every epoch.',
    ]);
    expect(decaying(100, null, 1000)[1]).toBe(
      'The learning rate decays at the first end of an epoch after each 100 or 1,000 steps for some models.',
    );
  });
});

describe('the notes of runs', () => {
  it('say after which epochs the learning rate falls, and whose', () => {
    const byMilestones = { ...run, milestones: [100, 200] };
    expect(captionRuns([], [byMilestones, byMilestones], []).notes).toEqual([
      'The learning rate falls after epochs 100 and 200 only.',
    ]);
    expect(captionRuns([], [byMilestones, { ...run, model: 'Net' }], []).notes).toEqual([
      'The learning rate of MLP1 falls after epochs 100 and 200 only.',
    ]);
  });
});

describe('layOutSubtitle', () => {
  const typeface = loadTypeface();
  const notes = ['A first note.', 'A second one that is longer than the first.', 'A third.'];
  const caption = { summary: ['Data', 'n = 1 seed'], notes };

  it('is two lines, of whole parts and whole notes as far as they fit', () => {
    expect(layOutSubtitle(caption, 'ab12', 1000, typeface)).toEqual([
      'Data · n = 1 seed · results ab12',
      notes.join(' '),
    ]);
    expect(layOutSubtitle(caption, 'ab12', 150, typeface)).toEqual([
      'Data · results ab12',
      'A first note.',
    ]);
    expect(layOutSubtitle(caption, null, 40, typeface)).toEqual(['Data']);
    const set = {
      ...caption,
      summary: [...caption.summary, 'with training.epochs=40, levels=[0,1]'],
    };
    expect(layOutSubtitle(set, 'ab12', 1000, typeface)[0]).toContain('with training.epochs=40');
    expect(layOutSubtitle(set, 'ab12', 250, typeface)[0]).toMatch(
      /^Data .*· settings changed · results ab12$/,
    );
    expect(layOutSubtitle(set, null, 40, typeface)[0]).toBe('Data · settings changed');
  });

  it('leaves what does not fit to the caption, which has all', () => {
    expect(writeCaption(caption, 'ab12')).toBe(
      `Data, n = 1 seed. ${notes.join(' ')} Results ab12.`,
    );
  });
});
