import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProjectCopy } from '../../fixtures/project.ts';

/** What somebody tries who looks how far the first figure can be bent. */
const SETTINGS = [
  'models=[MLP1, Net]',
  'levels=[0, 0.25]',
  'corruptions=[shuff_pix]',
  'dataset.train=128',
  'dataset.test=64',
  'training.epochs=3',
  'training.decay_steps=100',
  'training.log_every=100000',
].flatMap((setting) => ['--set', setting]);

let project: ProjectCopy;
beforeAll(async () => {
  project = new ProjectCopy();
  await project.run(['figure1', ...SETTINGS]);
});
afterAll(() => project.remove());

describe('the first figure with settings of its own', () => {
  it('names experiments by the whole probability', () => {
    expect(project.read('experiments/quick/MLP1/MLP1_0.25_none.yaml')).toContain(
      'label_corruption_prob: 0.25',
    );
  });

  it('says under the title how the learning rate decayed', () => {
    expect(project.read('results/quick/figure1c-generalization-error.svg')).toContain(
      'The learning rate decays every 100 steps or more',
    );
  });

  it('trains again only the models whose layers an edit changes', async () => {
    project.edit(
      'experiment/models/wide-resnet.ts',
      '\n\n',
      '\n\nexport const unusedMarker = 1;\n\n',
    );
    const marked = await project.run(['figure1', ...SETTINGS]);
    expect(marked.nodes).toEqual(['architecture/MLP1', 'architecture/Net']);
    project.edit('experiment/models/net.ts', 'widen(128)', 'widen(256)');
    const edited = await project.run(['figure1', ...SETTINGS]);
    const trained = edited.nodes.filter((node) => node.startsWith('train/'));
    expect(trained).toEqual([
      'train/Net_0.0_none',
      'train/Net_0.0_shuff_pix',
      'train/Net_0.25_none',
    ]);
  });

  it('draws the means of epochs where steps are logged less often', () => {
    const rows = project.read('results/quick/figure1a-learning-curves.csv').trim().split('\n');
    const curves = rows.slice(1).filter((row) => row.includes('MLP1_0.0_none'));
    expect(curves).toHaveLength(3);
  });
});
