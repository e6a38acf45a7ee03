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

  it('says under the title that settings were changed, and in the caption how the learning rate decayed', () => {
    const svg = project.read('results/quick/figure1c-generalization-error.svg');
    expect(svg).toMatch(/<tspan>[^<]* · settings changed · results /);
    expect(project.read('results/quick/figure1c-generalization-error.caption.txt')).toContain(
      'The learning rate decays at the first end of an epoch after each 100 steps, not every epoch.',
    );
  });

  it('draws the means of epochs where steps are logged less often', () => {
    const rows = project.read('results/quick/figure1a-learning-curves.csv').trim().split('\n');
    const curves = rows.slice(1).filter((row) => row.includes('MLP1_0.0_none'));
    expect(curves).toHaveLength(3);
  });
});

/** Appends to a module what changes its code and nothing that it does. */
function mark(file: string): void {
  project.edit(file, '\n\n', '\n\nexport const unusedMarker = 1;\n\n');
}

/** What the first figure runs again, but for figures and what configures. */
async function runFigure(...settings: readonly string[]): Promise<readonly string[]> {
  const { nodes } = await project.run(['figure1', ...SETTINGS, ...settings]);
  return nodes.filter((node) => !/^(plot-|configure\/)/.test(node));
}

describe('an edit of the experiment', () => {
  it('of a model trains again those whose layers it changes', async () => {
    mark('experiment/models/wide-resnet.ts');
    expect(await runFigure()).toEqual(['architecture/MLP1', 'architecture/Net']);
    project.edit('experiment/models/net.ts', 'widen(128)', 'widen(256)');
    const trained = (await runFigure()).filter((node) => node.startsWith('train/'));
    expect(trained).toEqual([
      'train/Net_0.0_none',
      'train/Net_0.0_shuff_pix',
      'train/Net_0.25_none',
    ]);
  });

  it('that adds a model trains that', async () => {
    project.edit(
      'experiment/models/registry.ts',
      '  WideResNet: wideResNet,\n',
      '  WideResNet: wideResNet,\n  Twin: (name, widen) => multilayerPerceptron(name, 1, widen),\n',
    );
    const nodes = await runFigure('--set', 'models=[MLP1, Net, Twin]');
    expect(nodes.filter((node) => !node.includes('Twin'))).toEqual([
      'architecture/MLP1',
      'architecture/Net',
    ]);
    expect(nodes.filter((node) => node.startsWith('train/'))).toHaveLength(3);
  });

  it('of a corruption trains again on its data alone', async () => {
    mark('stages/corrupt/rand_pix.ts');
    expect(await runFigure()).toEqual([]);
    mark('stages/corrupt/shuff_pix.ts');
    expect(await runFigure()).toEqual(['corrupt/0.0_shuff_pix']);
    project.edit('stages/corrupt/shuff_pix.ts', 'pixels/shuffle', 'pixels/shuffle-again');
    expect(await runFigure()).toEqual([
      'corrupt/0.0_shuff_pix',
      'train/MLP1_0.0_shuff_pix',
      'train/Net_0.0_shuff_pix',
    ]);
  });

  it('that adds a corruption trains on that', async () => {
    const tests = 'experiment/corruption/randomization-tests.ts';
    const line = "  { name: 'Gaussian', color: '#333333', corruption: 'gauss_pix', p: 0 },\n";
    project.edit(
      tests,
      line,
      `${line}${line.replace('Gaussian', 'Shade').replace('gauss', 'shade')}`,
    );
    project.write('stages/corrupt/shade_pix.ts', project.read('stages/corrupt/gauss_pix.ts'));
    expect(await runFigure('--set', 'corruptions=[shuff_pix, shade_pix]')).toEqual([
      'corrupt/0.0_shade_pix',
      'train/MLP1_0.0_shade_pix',
      'train/Net_0.0_shade_pix',
    ]);
    expect(project.read('results/quick/figure1a-learning-curves.csv')).toContain('Shade');
  });

  it('that records one fact more is one line, read by all that read records', async () => {
    project.edit(
      'experiment/recorded/facts.ts',
      'const METHOD = {\n',
      "const METHOD = {\n  momentum: fact<number>({ type: 'number' }, ({ config }) => config.momentum),\n",
    );
    const settings = ['models=[MLP1]', 'levels=[0]', 'corruptions=[]'];
    const sets = settings.flatMap((setting) => ['--set', setting]);
    await project.run(['figure1', 'evaluate/MLP1_0.0_none', ...SETTINGS, ...sets]);
    for (const file of ['metrics.jsonl', 'evaluation.json']) {
      const [line = ''] = project.read(`runs/quick/MLP1_0.0_none/${file}`).split('\n');
      expect(JSON.parse(line), file).toMatchObject({ momentum: 0.9 });
    }
  });

  it('of a corruption that is not there is a mistake with its place', async () => {
    const { code, stderr } = await project.pipeline(['status', '--set', 'corruptions=[blur]']);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'the module "stages/corrupt/blur.ts" of stage "corrupt" does not exist',
    );
  });
});
