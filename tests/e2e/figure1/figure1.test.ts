import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Trace } from '../../../pipeline/provenance/trace.ts';
import { ProjectCopy } from '../../fixtures/project.ts';

/** The shipped pipeline at a size that a test can wait for. */
const SETTINGS = [
  ...['models=[MLP1]', 'levels=[0, 1]', 'dataset.train=200', 'dataset.test=100'].flatMap((set) => [
    '--set',
    set,
  ]),
  '--set',
  'training.epochs=30',
];
const SMALL = ['figure1', 'export/MLP1_1.0_none', ...SETTINGS];

const FIGURES = [
  'figure1a-learning-curves',
  'figure1b-convergence-slowdown',
  'figure1b-convergence-minutes',
  'figure1c-generalization-error',
];

let project: ProjectCopy;
beforeAll(async () => {
  project = new ProjectCopy();
  await project.run(SMALL);
});
afterAll(() => project.remove());

type Row = Readonly<Record<string, string>>;

function readCsv(name: string): Row[] {
  const [head = '', ...lines] = project.read(`results/quick/${name}.csv`).trimEnd().split('\n');
  const columns = head.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? '']));
  });
}

type Line = { kind: string; step: number; epoch: number; loss: number; accuracy: number };

function readMetrics(experiment = ''): Line[] {
  const text = project.read(`runs/quick/${experiment}/metrics.jsonl`);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

/** The rule of the paper's interpolation threshold, applied to the epochs alone. */
function findThreshold(lines: readonly Line[]): Line | undefined {
  return lines.find((l) => l.kind === 'epoch' && (l.loss < 0.01 || l.accuracy > 0.997));
}

describe('pipeline run figure1', () => {
  it('writes every figure as specification, SVG, PNG and CSV', () => {
    for (const figure of FIGURES) {
      for (const ending of ['vl.json', 'svg', 'png', 'csv']) {
        const path = join(project.path, 'results/quick', `${figure}.${ending}`);
        expect(existsSync(path), path).toBe(true);
      }
      const spec = JSON.parse(project.read(`results/quick/${figure}.vl.json`)) as object;
      expect(JSON.stringify(spec)).toContain('Synthetic data (not CIFAR-10)');
      const png = readFileSync(join(project.path, `results/quick/${figure}.png`));
      expect(png.subarray(1, 4).toString()).toBe('PNG');
    }
  });

  it('draws learning curves whose every loss is that of metrics.jsonl', () => {
    const rows = readCsv('figure1a-learning-curves');
    const experiments = new Set(rows.map((row) => row['experiment']));
    expect([...experiments].sort()).toEqual([
      'MLP1_0.0_gauss_pix',
      'MLP1_0.0_none',
      'MLP1_0.0_rand_pix',
      'MLP1_0.0_shuff_pix',
      'MLP1_1.0_none',
    ]);
    for (const experiment of experiments) {
      const drawn = rows.filter((row) => row['experiment'] === experiment);
      const steps = readMetrics(experiment).filter((line) => line.kind === 'step');
      expect(drawn.map((row) => [Number(row['step']), Number(row['loss'])])).toEqual(
        steps.map((line) => [line.step, line.loss]),
      );
    }
  });

  it('draws a convergence slowdown whose every value follows from metrics.jsonl', () => {
    const rows = readCsv('figure1b-convergence-slowdown');
    expect(rows.map((row) => row['p'])).toEqual(['0', '1']);
    const stepsOf = (experiment = '') => {
      const lines = readMetrics(experiment);
      const threshold = findThreshold(lines);
      return { reached: threshold !== undefined, ...(threshold ?? lines.at(-1)) };
    };
    const base = stepsOf('MLP1_0.0_none');
    for (const row of rows) {
      const expected = stepsOf(row['experiment']);
      expect(row['reached']).toBe(String(expected.reached));
      expect(Number(row['steps'])).toBe(expected.step);
      expect(Number(row['epochs'])).toBe(expected.epoch);
      if (expected.reached && base.reached) {
        expect(Number(row['relative'])).toBe((expected.step ?? 0) / (base.step ?? 0));
      }
    }
  });

  it('draws the test errors of the evaluations, whose thresholds are those of metrics.jsonl', () => {
    for (const row of readCsv('figure1c-generalization-error')) {
      const evaluation = JSON.parse(
        project.read(`runs/quick/${row['experiment']}/evaluation.json`),
      ) as { test_error: number; step: number; train_loss: number };
      const lines = readMetrics(row['experiment']);
      const at = findThreshold(lines) ?? lines.findLast((line) => line.kind === 'epoch');
      expect(Number(row['test_error'])).toBe(evaluation.test_error);
      expect([evaluation.step, evaluation.train_loss]).toEqual([at?.step, at?.loss]);
    }
  });

  it('exports a trained model as .onnx, beside the weights that it holds', () => {
    const sizeOf = (file: string) =>
      statSync(join(project.path, 'runs/quick/MLP1_1.0_none', file)).size;
    expect(sizeOf('threshold.onnx')).toBeGreaterThan(sizeOf('threshold.safetensors'));
  });

  it('adds the trainings of one more seed, and does none again', async () => {
    const { stdout } = await project.pipeline(['status', ...SMALL, '--set', 'seeds=2', '--json']);
    const nodes = JSON.parse(stdout) as { node: string; state: string }[];
    const trained = nodes.filter(({ node }) => node.startsWith('train/'));
    expect(trained).toHaveLength(10);
    for (const { node, state } of nodes) {
      const isNew = node.endsWith('_s43') || node.startsWith('plot-');
      expect({ node, isNew }).toEqual({ node, isNew: state !== 'up-to-date' });
    }
  });

  it('lists every training by name in status --json', async () => {
    const { stdout } = await project.pipeline(['status', ...SMALL, '--json']);
    const nodes = (JSON.parse(stdout) as { node: string; state: string }[]).filter(({ node }) =>
      node.startsWith('train/'),
    );
    expect(nodes).toHaveLength(5);
    expect(nodes).toContainEqual(
      expect.objectContaining({ node: 'train/MLP1_1.0_none', state: 'up-to-date' }),
    );
  });

  it('stores the images that label-noise cells share once', () => {
    const images = ['0.0_none', '1.0_none'].map((cell) =>
      readFileSync(join(project.path, 'data/quick', cell, 'train_images.npy')),
    );
    expect(images[0]?.equals(images[1] ?? Buffer.alloc(0))).toBe(true);
    const objects = join(project.path, '.pipeline/cache/objects');
    const copies = readdirSync(objects, { recursive: true, encoding: 'utf8' }).filter(
      (name) => statSync(join(objects, name)).size === images[0]?.length,
    );
    expect(copies).toHaveLength(1);
  });
});

describe('the provenance of figure1', () => {
  it('leads from every mark of every file to a config, a checkpoint and a log that exist', async () => {
    for (const file of FIGURES.flatMap((figure) =>
      ['svg', 'csv'].map((end) => `${figure}.${end}`),
    )) {
      const { code, stdout } = await project.pipeline(['trace', `results/quick/${file}`, '--json']);
      expect(code, file).toBe(0);
      const { marks, runs } = JSON.parse(stdout) as Trace;
      const places = new Map(
        runs.map(({ run, results }) => [
          run,
          results.flatMap(({ outputs, log }) => [
            ...Object.values(outputs).map(({ path }) => path ?? 'gone'),
            log?.path ?? 'no log',
          ]),
        ]),
      );
      for (const { runs: named } of marks) {
        expect(named).toHaveLength(1);
        const paths = places.get(named[0] ?? '') ?? [];
        for (const one of [`${named[0]}.yaml`, 'checkpoint.safetensors', `${named[0]}.log`]) {
          expect(paths.filter((path) => path.endsWith(one))).not.toEqual([]);
        }
      }
      for (const path of new Set([...places.values()].flat())) {
        expect(existsSync(join(project.path, path)), path).toBe(true);
      }
    }
  });

  it('is verified, until a result is edited, whose mark is then named', async () => {
    const verify = ['verify', 'results/quick/figure1c-generalization-error.png', ...SETTINGS];
    expect(await project.pipeline(verify)).toMatchObject({ code: 0 });
    const path = join(project.path, 'runs/quick/MLP1_1.0_none/evaluation.json');
    const text = readFileSync(path, 'utf8');
    rmSync(path);
    writeFileSync(path, text.replace(/"test_error":[\d.]+/, '"test_error":0.25'));
    const { code, stdout } = await project.pipeline(verify);
    expect(code).toBe(1);
    expect(stdout).toMatch(/mark 2 \(MLP1_1\.0_none\): test_error \S+ → 0\.25/);
    await project.run(SMALL);
  });
});

describe('the figures without a training', () => {
  it('are drawn from the corrupted data, traced to them, and verified', async () => {
    const settings = SETTINGS;
    await project.run(['corruption-samples', 'expressivity', ...settings]);
    for (const [figure, folder] of [
      ['corruption-samples', 'data/quick/0.0_rand_pix'],
      ['expressivity', 'data/quick/1.0_none'],
    ]) {
      const file = `results/quick/${figure}.png`;
      const { code, stdout } = await project.pipeline(['trace', file, '-v']);
      expect(code).toBe(0);
      expect(stdout).toContain(folder);
      expect(await project.pipeline(['verify', file, ...settings])).toMatchObject({ code: 0 });
    }
  });
});

describe('running figure1 again', () => {
  it('executes nothing', async () => {
    expect(await project.run(SMALL)).toMatchObject({ executed: 0, failed: 0 });
  });

  it('executes nothing after a comment or a reformatting in a stage module', async () => {
    project.edit('stages/train/train.ts', '/**', '/* An idle remark. */\n/**');
    project.edit('stages/train/train.ts', 'await trainModel({', 'await trainModel(\n\n{');
    expect(await project.run(SMALL)).toMatchObject({ executed: 0, failed: 0 });
  });

  it('executes only the plots after an edit of code that only plots use', async () => {
    project.edit('experiment/plot/theme.ts', 'export ', 'export const UNUSED = 1;\nexport ');
    const { nodes } = await project.run(SMALL);
    expect(nodes).toEqual([
      'plot-convergence-slowdown',
      'plot-generalization-error',
      'plot-learning-curves',
    ]);
  });

  it('stops at corruption after an edit there that yields the same bytes', async () => {
    project.edit(
      'experiment/corruption/labels.ts',
      'export function',
      'export const UNUSED = 1;\nexport function',
    );
    const { nodes } = await project.run(SMALL);
    expect(nodes).toEqual([
      'corrupt/0.0_gauss_pix',
      'corrupt/0.0_none',
      'corrupt/0.0_rand_pix',
      'corrupt/0.0_shuff_pix',
      'corrupt/1.0_none',
    ]);
  });

  it('executes the stages that import an edited helper, and figures that name their results', async () => {
    project.edit('experiment/training/progress.ts', 'export ', 'export const UNUSED = 1;\nexport ');
    const { nodes } = await project.run(SMALL);
    const stages = new Set(nodes.map((node) => node.split('/')[0]));
    expect([...stages].sort()).toEqual([
      'evaluate',
      'plot-convergence-slowdown',
      'plot-generalization-error',
      'plot-learning-curves',
      'train',
    ]);
  });
});
