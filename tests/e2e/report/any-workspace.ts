import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

/** Markup in every text that a report shows. */
const PIPELINE = `
version: 1
default_profile: small
params: { epochs: 30, rates: [0.1, 0.01, 0.001] }
profiles: { small: { description: "<b>quick</b> & \\"small\\"" } }
stages:
  draw:
    description: Draws all & sundry
    command: cat {{ inputs.models }} > {{ outputs.rows }} && cp chart.svg {{ outputs.svg }} && cp chart.png {{ outputs.png }}
    inputs: { models: { from: train, output: model }, chart: chart.svg, png: chart.png }
    outputs: { rows: results/curve.csv, svg: results/curve.svg, png: "results/curve.png" }
  train:
    description: Trains <script>alert(1)</script>
    matrix: { rate: { param: rates }, kind: ["<i>a</i>"] }
    name: "{{ rate }}"
    params: [epochs]
    module: train.ts
    outputs: { model: "runs/{{ name }}.json", picture: "runs/{{ name }} #1.svg" }
`;

const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="200"><rect width="600" height="200" fill="white"/></svg>';

/** A sweep of three modules and a picture of each, and a figure in two formats. */
export function makeSweep(): Workspace {
  return makeWorkspace({
    'pipeline.yaml': PIPELINE,
    'chart.svg': SVG,
    'chart.png': 'not really a PNG',
    'train.ts': `import { writeFileSync } from 'node:fs';
export async function run({ cell, outputs, emit }) {
  writeFileSync(outputs.model, JSON.stringify(cell));
  writeFileSync(outputs.picture, ${JSON.stringify(SVG)});
  emit({ type: 'summary', values: { loss: cell.rate / 3, steps: 12345, test: { error: 9 + 100 * cell.rate }, note: '<img src=x>' } });
}
`,
  });
}
