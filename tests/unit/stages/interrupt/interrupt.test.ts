import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeRecords } from '../../../../experiment/data/records.ts';
import { formatArchitecture } from '../../../../experiment/models/architecture-file.ts';
import { findModel } from '../../../../experiment/models/registry.ts';
import { parseMetrics } from '../../../../experiment/recorded/metrics.ts';
import type { JobInput, StageContext, StageEvent } from '../../../../pipeline/contract/stage.ts';
import { run as plot } from '../../../../stages/figures/seed-importance.ts';
import { run as interrupt } from '../../../../stages/interrupt/onnx.ts';
import { $ } from '../../../fixtures/shell.ts';
import { makeRecords } from '../../experiment/data/make-records.ts';
import {
  expectSoundFigure,
  readCaption,
  readOutput,
  readTexts,
} from '../../experiment/plot/drawn-figure.ts';
import { makeFolder, runStage } from '../../experiment/plot/recorded-runs.ts';
import { exampleConfig } from '../../experiment/training/examples.ts';

const EPOCHS = 9;
const STEPS_PER_EPOCH = 8;

interface Outcome {
  readonly metrics: JobInput;
  readonly starts: JobInput;
  readonly losses: readonly number[];
  readonly messages: readonly string[];
  readonly lines: readonly { seed: number; epoch: number; step: number }[];
}

async function train(restart: string, interruptions = [3, 6]): Promise<Outcome> {
  const folder = await makeFolder();
  await writeRecords(join(folder, 'records'), makeRecords({ train: 120, test: 40 }));
  const architecture = join(folder, 'architecture.json');
  await writeFile(architecture, formatArchitecture(findModel('MLP1', { width: 0.1 })));
  const events: StageEvent[] = [];
  const node = `interrupt/MLP1_1.0_none_${restart}`;
  const context: StageContext = {
    schema: 1,
    node,
    cell: { restart },
    params: {
      config: { ...exampleConfig({ label_corruption_prob: 1, width: 0.1 }) },
      engine: { name: 'onnx', device: 'cpu', layout: 'auto' },
      seed: 42,
      dataset: { train: 120, test: 40 },
      seed_importance: { epochs: EPOCHS, interruptions },
    },
    inputs: {
      records: [{ cell: {}, path: join(folder, 'records') }],
      architecture: [{ cell: {}, path: architecture }],
    },
    outputs: { metrics: join(folder, 'metrics.jsonl'), starts: join(folder, 'starts.jsonl') },
    previous: null,
    scratch: join(folder, 'scratch'),
    workspace: folder,
    cpus: 1,
    memory: null,
    gpus: 0,
    cpusNow: () => 1,
    offline: true,
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    $,
  };
  await interrupt(context);
  const file = (name: string) => join(folder, `${name}.jsonl`);
  const input = (name: string): JobInput => ({
    ...{ node, cell: { restart }, path: file(name), fingerprint: restart, sha256: name },
  });
  const metrics = parseMetrics(await readFile(file('metrics'), 'utf8'));
  const starts = (await readFile(file('starts'), 'utf8')).trimEnd().split('\n');
  return {
    metrics: input('metrics'),
    starts: input('starts'),
    losses: metrics.flatMap((line) => (line.kind === 'step' ? [line.loss] : [])),
    messages: events.flatMap((event) => (event.type === 'message' ? [event.text] : [])),
    lines: starts.map((line) => JSON.parse(line)),
  };
}

describe('a training that is interrupted twice', () => {
  let straight: Outcome;
  let seeded: Outcome;
  let unseeded: Outcome;
  beforeAll(async () => {
    straight = await train('straight');
    seeded = await train('seeded');
    unseeded = await train('unseeded');
  });

  it('with its seed has every loss of one that never was, bit for bit', () => {
    const told = seeded.messages.filter((text) => text.startsWith('Interrupted'));
    expect(told).toEqual(['Interrupted in epoch 4', 'Interrupted in epoch 7']);
    expect(seeded.lines.map(({ epoch, step }) => [epoch, step])).toEqual([
      [0, 0],
      [3, 3 * STEPS_PER_EPOCH],
      [6, 6 * STEPS_PER_EPOCH],
    ]);
    expect(straight.lines).toEqual([{ seed: 42, epoch: 0, step: 0 }]);
    expect(straight.losses).toHaveLength(EPOCHS * STEPS_PER_EPOCH);
    expect(seeded.losses).toEqual(straight.losses);
  });

  it('without a seed meets new labels at every start, and its loss jumps', () => {
    expect(new Set(unseeded.lines.map(({ seed }) => seed)).size).toBe(3);
    const { losses } = unseeded;
    expect(losses).toHaveLength(EPOCHS * STEPS_PER_EPOCH);
    const meanFrom = (epoch: number) => {
      const part = losses.slice(epoch * STEPS_PER_EPOCH, (epoch + 1) * STEPS_PER_EPOCH);
      return part.reduce((sum, loss) => sum + loss, 0) / part.length;
    };
    for (const epoch of [3, 6]) expect(meanFrom(epoch)).toBeGreaterThan(1.5 * meanFrom(epoch - 1));
  });

  it('is the same when it is run again, without a seed too', async () => {
    expect((await train('unseeded')).losses).toEqual(unseeded.losses);
  });

  it('is drawn with the places where it was resumed', async () => {
    const all = [unseeded, straight, seeded];
    const inputs = {
      metrics: all.map(({ metrics }) => metrics),
      starts: all.map(({ starts }) => starts),
    };
    const result = await runStage(plot, inputs);
    await expectSoundFigure(result);
    const svg = readOutput(result, 'svg').toString('utf8');
    const texts = readTexts(svg);
    expect(texts.filter((text) => text === 'resumed')).toHaveLength(2);
    const caption = readCaption(result);
    expect(caption).toContain('Interrupted amid epochs 4 and 7');
    expect(caption).toContain('With its seed the losses are those of a run never interrupted');
  });

  it('refuses interruptions that are not in order', async () => {
    await expect(train('seeded', [6, 6])).rejects.toThrow('expected epochs in ascending order');
    await expect(train('seeded', [EPOCHS])).rejects.toThrow('before the last, 9');
  });
});
