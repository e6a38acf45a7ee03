import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

/** A folder with a link, a file that may be executed and an empty folder; parameters; cells; a target. */
const FILES = {
  'pipeline.yaml': `version: 1
stages:
  data:
    command: |
      mkdir -p {{ outputs.d }}/empty
      for i in 1 2 3; do seq $i 40000 > {{ outputs.d }}/$i; done
      ln -s 1 {{ outputs.d }}/one
      chmod +x {{ outputs.d }}/3
    outputs: { d: out/data }
  conf: { command: "echo 'k: 1' > {{ outputs.c }}", outputs: { c: out/conf.yaml } }
  train:
    matrix: { seed: [1, 2, 3] }
    module: train.mjs
    inputs: { d: { from: data, output: d }, c: { from: conf, output: c, as: params } }
    outputs: { m: "out/m{{ seed }}.txt", big: "out/big{{ seed }}" }
  plot:
    command: cat {{ inputs.m }} > {{ outputs.p }}
    inputs: { m: { from: train, output: m } }
    outputs: { p: out/plot.txt }
`,
  'train.mjs': `import { readFileSync, writeFileSync } from 'node:fs';
export const run = ({ inputs, outputs, cell }) => {
  console.log('trained');
  const text = readFileSync(inputs.d[0].path + '/one', 'utf8');
  writeFileSync(outputs.m, cell.seed + ' ' + text.length + '\\n');
  writeFileSync(outputs.big, Buffer.alloc(3_000_000, String(cell.seed)));
};
`,
};

/** A clone of the workspace whose results are shared. */
export function makeClone(): Workspace {
  return makeWorkspace(FILES);
}

/** How many nodes it has. */
export const NODES = 6;
