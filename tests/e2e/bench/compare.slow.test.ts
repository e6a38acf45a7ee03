import { chmodSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Summary } from '../../../bench/comparison.ts';
import { REPOSITORY } from '../../fixtures/project.ts';
import { temporaryFolder } from '../../unit/stages/train/stage.ts';
import { parseLines, runBench } from './run.ts';

/** An interpreter that, whatever it is given, reports these speeds, one a turn; twice as much of channels_last. */
async function rival(...speeds: readonly number[]): Promise<string> {
  const path = join(await temporaryFolder(), 'python');
  const script = `
    const factor = process.argv.includes('--channels-last') ? 2 : 1;
    const speeds = ${JSON.stringify(speeds)};
    console.log('ready');
    require('node:readline').createInterface(process.stdin).on('line', () =>
      console.log(JSON.stringify({ images_per_s: factor * speeds.shift(), rss_mb: 7, torch: '9.9' })));`;
  writeFileSync(path, `#!${process.execPath}\n${script}`);
  chmodSync(path, 0o755);
  return path;
}

const SHORT = ['--models', 'MLP1', '--rounds', '3', '--seconds', '0.1', '--batch', '16'];

/** The lines and the table of a run that ended well. */
async function compare(args: readonly string[]) {
  const { code, stdout, stderr } = await runBench('compare.ts', args);
  expect(code, stderr).toBe(0);
  const [text = '', , table = ''] = stdout.split('\n\n');
  const [machine, ...lines] = parseLines(text);
  return { machine, lines, table, stderr };
}

describe('bench/compare.ts', () => {
  it('prints the machine, a line a model of medians against both formats, and a table', async () => {
    const { machine, lines, table, stderr } = await compare([
      ...['--python', await rival(1000, 990, 1010), '--width', '0.25'],
      ...SHORT,
    ]);
    expect(machine).toMatchObject({ cpu: expect.any(String), node: process.version });
    const [line, ...others] = lines;
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      ...{ model: 'MLP1', measured: 'training', width: 0.25, processes: 1, threads: 2 },
      torch: '9.9',
      ms: { pytorch: 16, channels_last: 8 },
      images_per_s: { pytorch: 1000, channels_last: 2000 },
      spread: { pytorch: 0.02, channels_last: 0.02 },
    });
    const { images_per_s: speed, ratio, ratios } = line as unknown as Summary;
    const ours = Number(speed.ours);
    expect(ratio.pytorch).toBeCloseTo(ours / 1000, 2);
    expect(ratio.channels_last).toBeCloseTo(ours / 2000, 2);
    expect(ratios.pytorch).toHaveLength(3);
    expect(table).toMatch(/\| MLP1 \| [\d.]+ \| 16 \| 8 \| [\d.]+ \([\d.]+–[\d.]+\) \|/);
    expect(stderr).not.toContain('MLP1, pytorch');
  });

  it('warns of a side whose rounds lie more than 15 % apart', async () => {
    const args = ['--python', await rival(1000, 1100, 1200), '--sides', 'pytorch', ...SHORT];
    const { stderr } = await compare(args);
    expect(stderr).toContain('MLP1, pytorch: the rounds lie 18 % apart');
  });

  it('adds up two processes of one thread each that run at the same time', async () => {
    const args = ['--python', await rival(1000), ...SHORT, '--rounds', '1', '--parallel'];
    const { lines } = await compare(args);
    expect(lines).toMatchObject([{ processes: 2, threads: 1, images_per_s: { pytorch: 2000 } }]);
  });

  it('measures the engine of another checkout too, and leaves nothing there', async () => {
    const base = await temporaryFolder();
    for (const name of ['pipeline', 'node_modules', 'package.json']) {
      symlinkSync(join(REPOSITORY, name), join(base, name));
    }
    const sides = ['--base', base, '--sides', 'base', ...SHORT, '--rounds', '1'];
    const without = await runBench('compare.ts', sides);
    expect(without.code, 'it has no engine').toBe(2);
    symlinkSync(join(REPOSITORY, 'experiment'), join(base, 'experiment'));
    const { lines } = await compare(sides);
    expect(lines).toMatchObject([{ ms: { base: expect.any(Number) } }]);
    expect(readdirSync(base).filter((name) => name.startsWith('.bench'))).toEqual([]);
  });

  it.each([
    [['--python', '/nowhere'], /cannot start \/nowhere/],
    [['--base', '/nowhere'], /--base is "\/nowhere"/],
    [['--sides', 'base'], /--sides names "base"; expected some of ours, pytorch/],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, stderr } = await runBench('compare.ts', [...args, ...SHORT]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });
});
