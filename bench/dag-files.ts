/** The same graph in the languages of this program, ninja, make and Snakemake. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Copy } from './dag-graph.ts';

/** What a stage of ours is: a line of bash, or a TypeScript module. */
export const KINDS = ['shell', 'typescript'] as const;
export type Kind = (typeof KINDS)[number];

/** How our `pipeline.yaml` says it. */
export interface PipelineForm {
  readonly kind: Kind;
  /** One stage with a cell for each copy, instead of a stage for each. */
  readonly matrix: boolean;
}

/** Writes the source of every copy, and the files of all tools, into an empty folder. */
export function writeWorkspace(folder: string, copies: readonly Copy[], form: PipelineForm): void {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  // The text of each differs, so that no two outputs are one object of a cache.
  for (const { source } of copies) write(source, `${source}\n`);
  write('copy.ts', MODULE);
  write('pipeline.yaml', formatPipeline(copies, form));
  write('build.ninja', formatNinja(copies));
  write('Makefile', formatMakefile(copies));
  write('Snakefile', formatSnakefile(copies));
}

const MODULE = `import { copyFileSync } from 'node:fs';
export const run = ({ inputs, outputs }) => copyFileSync(inputs.source[0].path, outputs.copy);
`;

function formatPipeline(copies: readonly Copy[], { kind, matrix }: PipelineForm): string {
  const action =
    kind === 'shell' ? 'command: "cp {{ inputs.source }} {{ outputs.copy }}"' : 'module: copy.ts';
  const lines = ['version: 1', 'stages:'];
  if (matrix) {
    const cells = copies.map(({ source }) => source.replace('in/', ''));
    lines.push('  copy:', '    matrix:', `      file: [${cells.join(', ')}]`, `    ${action}`);
    lines.push(
      '    inputs: { source: "in/{{ file }}" }',
      '    outputs: { copy: "out/{{ file }}" }',
    );
  } else {
    for (const { name, source, output, needs } of copies) {
      const above = needs.map((need, i) => `, need${i}: { from: ${need.name}, output: copy }`);
      lines.push(`  ${name}:`, `    ${action}`);
      lines.push(`    inputs: { source: ${source}${above.join('')} }`);
      lines.push(`    outputs: { copy: ${output} }`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function formatNinja(copies: readonly Copy[]): string {
  const edges = copies.map(({ source, output, needs }) => {
    const above = needs.length > 0 ? ` | ${outputsOf(needs)}` : '';
    return `build ${output}: cp ${source}${above}`;
  });
  return `rule cp\n  command = cp $in $out\n${edges.join('\n')}\n`;
}

function formatMakefile(copies: readonly Copy[]): string {
  const rules = copies.map(
    ({ source, output, needs }) =>
      `${output}: ${source} ${outputsOf(needs)}\n\t@mkdir -p $(@D); cp $< $@`,
  );
  return `all: ${outputsOf(copies)}\n${rules.join('\n')}\n`;
}

function formatSnakefile(copies: readonly Copy[]): string {
  const rules = copies.map(({ name, source, output, needs }) => {
    const above = needs.map((need) => `, "${need.output}"`).join('');
    return `rule ${name}:\n  input: "${source}"${above}\n  output: "${output}"\n  shell: "cp {input[0]} {output}"`;
  });
  const all = copies.map(({ output }) => `"${output}"`).join(', ');
  return `rule all:\n  input: ${all}\n${rules.join('\n')}\n`;
}

function outputsOf(copies: readonly Copy[]): string {
  return copies.map(({ output }) => output).join(' ');
}
