import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readPngText } from '../../../pipeline/provenance/png-text.ts';
import type { Trace } from '../../../pipeline/provenance/trace.ts';
import { ProjectCopy, REPOSITORY } from '../../fixtures/project.ts';

const project = new ProjectCopy();
afterAll(() => project.remove());

it("README's picture says what made it, as the lines below it do", async () => {
  const readme = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');
  const [, picture = '', commands = ''] =
    /!\[[^\]]*\]\(([^)]*)\)\n\n```sh\n([^`]*)```/.exec(readme) ?? [];
  const [, target, results] = /npx pipeline run (\S+) +# .*results (\w+)/.exec(commands) ?? [];
  const [, traced] = /npx pipeline trace (\S+)/.exec(commands) ?? [];
  expect(traced).toBe(picture);

  cpSync(join(REPOSITORY, picture), join(project.path, picture));
  const { code, stdout } = await project.pipeline(['trace', picture, '--json']);
  // Every mark is mapped; only that the results are in no cache of this copy makes the code 1.
  expect(code).toBe(1);
  const { runs, node, marks } = JSON.parse(stdout) as Trace;
  expect(marks.filter(({ explained }) => !explained)).toEqual([]);
  expect(node).toBe('plot-learning-curves');
  expect(runs.length).toBeGreaterThan(10);
  for (const { rows } of runs) expect(rows.length).toBeGreaterThan(0);

  const { caption } = JSON.parse(
    readPngText(readFileSync(join(REPOSITORY, picture)), 'usermeta') ?? '{}',
  );
  expect(caption).toContain(`Results ${results}.`);

  const { stdout: plan } = await project.pipeline(['plan', String(target), '--json']);
  const planned = (JSON.parse(plan) as { nodes: { node: string }[] }).nodes.map((one) => one.node);
  expect(planned).toContain(node);
  expect(planned).toEqual(expect.arrayContaining(runs.map(({ run }) => `train/${run}`)));
});
