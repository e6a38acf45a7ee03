import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

/** All kinds of stages and outputs, several levels deep, with something for two jobs to do. */
const files = {
  'pipeline.yaml': `version: 1
stages:
  source: { command: "seq 2000 > {{ outputs.o }}", outputs: { o: data/numbers } }
  part:
    module: part.ts
    matrix: { i: [1, 2, 3] }
    inputs: { numbers: { from: source, output: o } }
    outputs: { folder: "parts/{{ name }}", seconds: { path: "timing/{{ name }}", volatile: true } }
  notes: { template: notes.njk, matrix: { i: [1, 2, 3] }, outputs: { o: "notes/{{ name }}" } }
  sum:
    module: sum.ts
    inputs: { parts: { from: part, output: folder }, notes: { from: notes, output: o } }
    outputs: { o: sum }
`,
  'notes.njk': 'note {{ i }}\n',
  'part.ts': `
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
export async function run(c) {
  const text = readFileSync(c.inputs.numbers[0].path, 'utf8');
  mkdirSync(c.outputs.folder + '/deep', { recursive: true });
  for (let n = 0; n < 40; n++) writeFileSync(c.outputs.folder + '/deep/' + n, n % 7 + text.slice(0, c.cell.i * n));
  writeFileSync(c.outputs.seconds, String(process.hrtime.bigint()));
  c.emit({ type: 'summary', values: { i: c.cell.i } });
}
`,
  'sum.ts': `
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
export async function run(c) {
  const hash = createHash('sha256');
  for (const { path } of c.inputs.parts) {
    for (const name of readdirSync(path + '/deep').sort()) hash.update(readFileSync(path + '/deep/' + name));
  }
  for (const { path } of c.inputs.notes) hash.update(readFileSync(path));
  writeFileSync(c.outputs.o, hash.digest('hex'));
}
`,
};

/** How many nodes the pipeline has. */
export const nodeCount = 8;

/** A workspace with a pipeline that has all kinds of stages and outputs. */
export function makeRobustWorkspace(): Workspace {
  return makeWorkspace(files);
}
