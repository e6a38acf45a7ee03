import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProjectCopy } from '../../fixtures/project.ts';
import { makeCannedProject } from './canned-project.ts';

/** A figure of six megabytes. */
const BIG = `  big:
    command: head -c 6000000 /dev/zero | tr '\\0' x > {{ outputs.png }}
    outputs: { png: results/canned/big.png }
`;

let project: ProjectCopy;
beforeEach(() => {
  project = makeCannedProject();
});
afterEach(() => project.remove());

const runAll = async () => {
  const { code, stdout, stderr } = await project.pipeline(['run', 'all']);
  expect(code, `${stdout}${stderr}`).toBe(0);
};
const publish = () => project.pipeline(['publish', '--single', '--out', 'report.html']);

describe('a report in one file that would have more than 5 MB', () => {
  it('leaves out what it can do without, and says so', async () => {
    project.edit(
      'pipeline.yaml',
      '{{ model }} > {{ outputs.config }}',
      '{{ model }} > {{ outputs.config }} && seq 20000 | sed "s/.*/# one of many comments on the values of this config/" >> {{ outputs.config }}',
    );
    await runAll();
    const { code, stdout, stderr } = await publish();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\[published\] report\.html: [1-4]\.\d MB/);
    expect(stderr).toContain(
      '[warning] left out, so that mail takes the file: the comments in the configs;',
    );
    const page = readFileSync(join(project.path, 'report.html'), 'utf8');
    expect(page.length).toBeLessThan(5e6);
    expect(page).toContain(
      'So that it can be mailed, this page lacks the comments in the configs.',
    );
    expect(page).toContain('model_name: MLP1\\n');
    // The folder has all of it.
    expect(project.read('results/canned/report/details.js').length).toBeGreaterThan(5e6);
  });

  it('is not written where that is not enough, and the message says what to do', async () => {
    project.edit('pipeline.yaml', '  claims:\n    module', `${BIG}  claims:\n    module`);
    project.edit('pipeline.yaml', 'all: [plot, claims]', 'all: [plot, big, claims]');
    await runAll();
    const { code, stderr } = await publish();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /the report would have \d\.\d MB without its charts .* mail takes 5\.0 MB; publish it as a folder/,
    );
    expect(existsSync(join(project.path, 'report.html'))).toBe(false);
  });
});
