import { describe, expect, it } from 'vitest';
import { parseLines, runBench } from './run.ts';

const cases = ['cold', 'no-op', 'leaf-edit', 'status', 'plan'];

describe('bench/dag.ts', () => {
  it.each([
    ['deep', ['--kind', 'typescript']],
    ['diamond', []],
    ['wide', ['--matrix']],
  ])('prints a line a case of a %s graph with %j', async (shape, more) => {
    const args = ['--stages', '5', '--rounds', '1', '--shape', shape, ...more];
    const { code, stdout, stderr } = await runBench('dag.ts', args);
    expect(code, stderr).toBe(0);
    const lines = parseLines(stdout);
    expect(lines.map((line) => line['case'])).toEqual(cases);
    for (const line of lines) {
      expect(line).toMatchObject({ tool: 'pipeline', stages: 5, shape });
      expect(line['wall_ms']).toBeGreaterThan(0);
      if (line['peak_rss_mb'] !== null) expect(line['peak_rss_mb']).toBeGreaterThan(10);
    }
  });

  it('measures each rival on the same graph, or says that it is not there', async () => {
    const args = ['--stages', '2', '--rounds', '1', '--rivals'];
    const { code, stdout, stderr } = await runBench('dag.ts', args);
    expect(code, stderr).toBe(0);
    const tools = parseLines(stdout).map(({ tool, case: name }) => `${tool} ${name}`);
    for (const tool of ['ninja', 'make', 'make -rR', 'snakemake']) {
      if (stderr.includes(`${tool} is not installed`)) continue;
      for (const name of ['cold', 'no-op', 'leaf-edit', 'plan']) {
        expect(tools).toContain(`${tool} ${name}`);
      }
    }
  });

  it.each([
    [['--shape', 'round'], /--shape is "round"; expected wide, deep, diamond/],
    [['--shape', 'deep', '--matrix'], /--matrix has no edges/],
    [['--kind', 'perl'], /--kind is "perl"/],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, stderr } = await runBench('dag.ts', args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });
});
