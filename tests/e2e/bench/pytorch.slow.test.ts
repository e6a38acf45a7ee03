import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODEL_NAMES } from '../../../experiment/models/registry.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../experiment/training/safetensors.ts';
import { REPOSITORY, runCommand } from '../../fixtures/project.ts';
import { temporaryFolder } from '../../unit/stages/train/stage.ts';
import { parseLines, runBench } from './run.ts';

/** A Python that has PyTorch, where there is one: `PYTHON`, or python3. */
const python = process.env['PYTHON'] ?? 'python3';
const hasTorch = spawnSync(python, ['-c', 'import torch, numpy']).status === 0;

const SMALL = ['--width', '0.125', '--batch', '8', '--threads', '1'];

function runPython(args: readonly string[]) {
  return runCommand([python, join(REPOSITORY, 'bench/pytorch_step.py'), ...args], REPOSITORY);
}

describe.skipIf(!hasTorch)(`PyTorch (${python} with torch and numpy)`, () => {
  it.each(['plain', 'auto'])('agrees with every model, layout %s', async (layout) => {
    // Of fewer images, one value at a kink may change more of a gradient than a replay lets pass.
    const widths = ['--widths', '0.125', '--batch', '32'];
    const { code, stdout, stderr } = await runBench('replay.ts', [
      '--python',
      python,
      '--layout',
      layout,
      ...widths,
    ]);
    const lines = parseLines(stdout);
    expect(lines.map(({ model }) => model)).toEqual(MODEL_NAMES);
    for (const line of lines) expect(line, String(line['model'])).toMatchObject({ agrees: true });
    expect(code, stderr).toBe(0);
  });

  it('notices a wrong loss and a wrong weight', async () => {
    const folder = await temporaryFolder();
    await runBench('train-step.ts', ['--models', 'MLP1', '--dump', folder, ...SMALL]);
    const path = (file: string) => join(folder, 'MLP1', file);
    const replayed = async () => {
      const { code, stdout } = await runPython(['--replay', folder]);
      return { code, agrees: parseLines(stdout)[0]?.['agrees'] };
    };
    expect(await replayed()).toEqual({ code: 0, agrees: true });

    const record = readFileSync(path('dump.json'), 'utf8');
    const { losses, ...others } = JSON.parse(record);
    losses[4] *= 1.01;
    writeFileSync(path('dump.json'), JSON.stringify({ losses, ...others }));
    expect(await replayed()).toEqual({ code: 1, agrees: false });
    writeFileSync(path('dump.json'), record);

    const { tensors, metadata } = decodeSafetensors(readFileSync(path('state.5.safetensors')));
    const bias = tensors.get('dense2.bias')?.data;
    if (bias !== undefined) bias[3] = (bias[3] ?? 0) * 1.1;
    writeFileSync(path('state.5.safetensors'), encodeSafetensors({ tensors, metadata }));
    expect(await replayed()).toEqual({ code: 1, agrees: false });
  });

  it('measures what train-step.ts does, and prints the same lines', async () => {
    const args = ['--models', 'Net,MLP1', '--seconds', '0.1', '--batch', '8', '--threads', '1'];
    const { stdout } = await runPython(args);
    expect(parseLines(stdout)).toEqual([
      expect.objectContaining({ model: 'Net', params: 17_426 }),
      expect.objectContaining({ model: 'MLP1', params: 1_209_866 }),
    ]);
    const evaluated = await runPython([...args, '--models', 'Net', '--evaluate', '20']);
    expect(parseLines(evaluated.stdout)[0]).toMatchObject({ model: 'Net', images: 20 });
  });
});
