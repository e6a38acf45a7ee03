import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../unit/stages/train/stage.ts';
import { parseLines, runBench } from './run.ts';

/** An interpreter that, whatever it is given, waits at the gate and reports this speed. */
async function rival(imagesPerSecond: number): Promise<string> {
  const path = join(await temporaryFolder(), 'python');
  const line = JSON.stringify({ images_per_s: imagesPerSecond, rss_mb: 7 });
  writeFileSync(path, `#!/bin/sh\necho ready\nread start\necho '${line}'\n`);
  chmodSync(path, 0o755);
  return path;
}

const SHORT = ['--models', 'MLP1', '--rounds', '2', '--seconds', '0.1', '--batch', '16'];

describe('bench/compare.ts', () => {
  it('prints a line a model, medians over the rounds, and a table', async () => {
    const args = ['--python', await rival(1000), ...SHORT];
    const { code, stdout, stderr } = await runBench('compare.ts', args);
    expect(code, stderr).toBe(0);
    const [text = '', table = ''] = stdout.split('\n\n');
    const [line, ...others] = parseLines(text);
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      model: 'MLP1',
      measured: 'training',
      processes: 1,
      threads: 2,
      rounds: 2,
      pytorch_images_per_s: 1000,
      pytorch_ms_per_batch: 16,
      pytorch_rss_mb: 7,
    });
    const speed = Number(line?.['ours_images_per_s']);
    expect(line?.['ratio']).toBeCloseTo(speed / 1000, 2);
    expect(line?.['ratios']).toHaveLength(2);
    expect(table).toMatch(/\| MLP1 \| [\d.]+ \| 16 \| \d+ \| 1000 \| [\d.]+ \|/);
  });

  it('adds up two processes of one thread each that run at the same time', async () => {
    const args = ['--python', await rival(1000), ...SHORT, '--rounds', '1', '--parallel'];
    const { stdout } = await runBench('compare.ts', args);
    expect(parseLines(stdout.split('\n\n')[0] ?? '')).toEqual([
      expect.objectContaining({ processes: 2, threads: 1, pytorch_images_per_s: 2000 }),
    ]);
  });

  it('says what is wrong where the rival cannot be run', async () => {
    const { code, stderr } = await runBench('compare.ts', ['--python', '/nowhere', ...SHORT]);
    expect(code).toBe(2);
    expect(stderr).toContain('cannot start /nowhere');
    expect(stderr).not.toContain('    at ');
  });
});
