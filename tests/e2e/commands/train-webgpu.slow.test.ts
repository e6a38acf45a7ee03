/** A training on a GPU as a user types it; on SwiftShader it takes what compiling kernels takes. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseMetrics } from '../../../experiment/recorded/metrics.ts';
import { describeOnGpu } from '../../contract/training/webgpu.ts';
import { ProjectCopy } from '../../fixtures/project.ts';

const NAME = 'AlexNetSmall_0.0_none';
const TINY = ['dataset.train=32', 'dataset.test=16', 'training.epochs=1', 'training.width=0.0625'];
const NODES = [`train/${NAME}`, `evaluate/${NAME}`];

let project: ProjectCopy;
beforeAll(() => {
  project = new ProjectCopy();
});
afterAll(() => project.remove());

/** Trains and evaluates. @returns the lines of its metrics, and the evaluation */
async function runOn(engine: string) {
  const settings = [...TINY, `engine.name=${engine}`].flatMap((set) => ['--set', set]);
  await project.run([...NODES, '--profile', 'quick', '--gpus', '0', ...settings]);
  const lines = parseMetrics(project.read(`runs/quick/${NAME}/metrics.jsonl`));
  const evaluation = JSON.parse(project.read(`runs/quick/${NAME}/evaluation.json`));
  return { epoch: lines.find(({ kind }) => kind === 'epoch'), evaluation };
}

await describeOnGpu(() => {
  it('trains and evaluates with the losses of the CPU', async () => {
    const [gpu, cpu] = [await runOn('webgpu'), await runOn('onnx')];
    expect(gpu.epoch).toEqual({
      ...cpu.epoch,
      loss: expect.closeTo((cpu.epoch as { loss: number }).loss, 3),
    });
    expect(gpu.evaluation.test_loss).toBeCloseTo(cpu.evaluation.test_loss, 3);
  });

  it('recalls no result of another GPU', async () => {
    const settings = [...TINY, 'engine.name=webgpu'].flatMap((set) => ['--set', set]);
    const args = ['status', ...NODES, '--profile', 'quick', ...settings];
    expect((await project.pipeline(args)).stdout).toContain('4 up to date, 2 cached');
    const other = { ...process.env, VK_DRIVER_FILES: '/nowhere.json' };
    expect((await project.pipeline(args, other)).stdout).toMatch(
      /^train\/.* another adapter: .+, Vulkan → none$/m,
    );
  });

  it('keeps the fastest tiles for this GPU, which count where it trains', async () => {
    const tune = ['engines', 'tune', 'MLP1', '--width', '0.0625', '--seconds', '1', '--json'];
    const tuned = await project.pipeline(tune);
    expect(tuned.stderr).toContain('MLP1: round 1 of ');
    const { adapter, searched } = JSON.parse(tuned.stdout) as { adapter: string; searched: number };
    expect(searched).toBe(5);
    const { version } = JSON.parse(project.read('node_modules/webgpu/package.json'));
    const product = 'forward 128x12x32';
    const keep = (line: string) =>
      project.write(
        'gpu-tiles.json',
        JSON.stringify({ [`${adapter}, webgpu ${version}`]: [line] }),
      );
    keep(`${product}: 32x32x16/4x4 in 2`);
    const settings = [...TINY, 'engine.name=webgpu'].flatMap((set) => ['--set', set]);
    const args = ['train/MLP1_0.0_none', '--profile', 'quick', '--gpus', '0', ...settings];
    const run = await project.pipeline(['run', ...args]);
    expect(run.stdout).toContain('Cuts products up as gpu-tiles.json says');
    keep(`${product}: 32x32x16/4x4 in 1`);
    const status = await project.pipeline(['why', ...args.slice(0, 3), ...settings]);
    expect(status.stdout).toMatch(/another choice of tiles: \w{8} for 1 product: .* → \w{8} for/);
    keep(`${product}: 5x5`);
    const broken = await project.pipeline(['status', ...args.slice(0, 3), ...settings]);
    expect(broken.stdout + broken.stderr).toContain('says no cut that there is');
  });
});
