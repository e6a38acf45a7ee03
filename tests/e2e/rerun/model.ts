/**
 * A small pipeline as data, the files that declare it, and what its stages write, worked out without
 * the engine: what a run must execute follows from which of these values it has seen before.
 */

import type { RandomStream } from '../../../experiment/data/random.ts';

type Kind = 'command' | 'module' | 'template';

export interface ModelNode {
  readonly name: string;
  readonly kind: Kind;
  /** Places of the nodes it reads, all before its own. */
  readonly upstream: readonly number[];
  /** Whether it reads the file that every such node shares. */
  readonly readsRaw: boolean;
  /** Writes only how long what it reads is: many changes end at it. */
  readonly lossy: boolean;
}

/** What edits change. */
export interface ModelState {
  /** One a node: `params.n<place>`. */
  readonly params: number[];
  raw: string;
  /** Constants of the modules, one a node, of which the second is never used. */
  readonly tags: number[];
  readonly unused: number[];
  /** What the helper three imports away returns. */
  helper: number;
  /** The version of a package that the helper imports; its code stays. */
  packageVersion: number;
  /** A line of the text that every template includes. */
  partial: number;
  /** Remarks and blank lines, which mean nothing. */
  remarks: number;
}

export function drawNodes(stream: RandomStream): readonly ModelNode[] {
  const kinds: readonly Kind[] = ['command', 'module', 'template'];
  return Array.from({ length: 5 + stream.integer(4) }, (_, place) => {
    // The first of each kind are sure to be there.
    const kind = kinds[place < 3 ? place : stream.integer(3)] ?? 'command';
    // A template reads parameters only.
    const most = kind === 'template' ? 0 : Math.min(place, 3);
    const upstream = Array.from({ length: most }, () => stream.integer(place));
    return {
      name: `s${place}`,
      kind,
      upstream: [...new Set(upstream)].sort((a, b) => a - b),
      readsRaw: kind !== 'template' && (upstream.length === 0 || stream.integer(3) === 0),
      lossy: stream.integer(3) === 0,
    };
  });
}

export function initialModelState(nodes: readonly ModelNode[]): ModelState {
  const zeros = () => nodes.map(() => 0);
  return {
    params: zeros(),
    raw: 'raw 0\n',
    tags: zeros(),
    unused: zeros(),
    helper: 0,
    packageVersion: 0,
    partial: 0,
    remarks: 0,
  };
}

/** What a node must be executed for when it is new, and what it then writes. */
export interface NodeFacts {
  readonly key: string;
  readonly output: string;
}

/** Works the whole pipeline out, node by node. */
export function evaluateModel(
  nodes: readonly ModelNode[],
  state: ModelState,
): readonly NodeFacts[] {
  const facts: NodeFacts[] = [];
  for (const [place, node] of nodes.entries()) {
    const inputs = [
      ...(node.readsRaw ? [state.raw] : []),
      ...node.upstream.map((at) => facts[at]?.output ?? ''),
    ];
    const read = inputs.join('');
    const body = node.lossy ? `${read.length}\n` : read;
    const param = state.params[place] ?? 0;
    const [tag, unused] = [state.tags[place] ?? 0, state.unused[place] ?? 0];
    switch (node.kind) {
      case 'command':
        facts.push({ key: JSON.stringify([param, inputs]), output: `${param}\n${body}` });
        break;
      case 'module':
        facts.push({
          key: JSON.stringify([param, inputs, tag, unused, state.helper, state.packageVersion]),
          output: `${tag} ${state.helper} ${param}\n${body}`,
        });
        break;
      case 'template':
        facts.push({
          key: JSON.stringify([param, tag, state.partial]),
          output: `${tag} ${param}\npartial ${state.partial}\n`,
        });
    }
  }
  return facts;
}

/** Where a node writes. */
export function outputOf({ name }: ModelNode): string {
  return `out/${name}.txt`;
}

/** All files of the workspace, by path. */
export function writeModel(
  nodes: readonly ModelNode[],
  state: ModelState,
): Readonly<Record<string, string>> {
  const files: Record<string, string> = {
    'pipeline.yaml': writePipeline(nodes, state),
    'raw.txt': state.raw,
    't/partial.njk': `partial ${state.partial}\n`,
    'stages/first.ts': `export { value } from './second.ts';\n${remark(state)}`,
    'stages/second.ts': `${remark(state)}import { third } from './third.ts';\nexport const value = third;\n`,
    'stages/third.ts': `import { zero } from 'some-package';\n${remark(state)}export const third: number = ${state.helper} + zero;\n`,
    'node_modules/some-package/index.js': 'export const zero = 0;\n',
    'node_modules/some-package/package.json': JSON.stringify({
      name: 'some-package',
      version: `1.0.${state.packageVersion}`,
      type: 'module',
      exports: './index.js',
    }),
    'package-lock.json': JSON.stringify({
      lockfileVersion: 3,
      packages: {
        '': {},
        'node_modules/some-package': {
          version: `1.0.${state.packageVersion}`,
          integrity: `sha512-${state.packageVersion}`,
        },
      },
    }),
  };
  for (const [place, node] of nodes.entries()) {
    if (node.kind === 'module') files[`stages/${node.name}.ts`] = writeModule(node, place, state);
    if (node.kind === 'template') {
      files[`t/${node.name}.njk`] =
        `${state.tags[place]} {{ n${place} }}\n{% include "partial.njk" %}\n`;
    }
  }
  return files;
}

function writePipeline(nodes: readonly ModelNode[], state: ModelState): string {
  const lines = ['version: 1', 'params:'];
  for (const [place] of nodes.entries()) lines.push(`  n${place}: ${state.params[place]}`);
  lines.push(`# Remark ${state.remarks}.`, 'stages:');
  for (const [place, node] of nodes.entries()) {
    lines.push(`  ${node.name}:`);
    if (node.kind === 'command') lines.push(`    command: ${writeCommand(node, place)}`);
    if (node.kind === 'module') {
      lines.push(`    module: stages/${node.name}.ts`, `    params: [n${place}]`);
    }
    if (node.kind === 'template') lines.push(`    template: t/${node.name}.njk`);
    const inputs = [
      ...(node.readsRaw ? ['raw: raw.txt'] : []),
      ...node.upstream.map((at) => `i${at}: { from: s${at}, output: o }`),
    ];
    if (inputs.length > 0) lines.push(`    inputs: { ${inputs.join(', ')} }`);
    lines.push(`    outputs: { o: ${outputOf(node)} }`);
  }
  return `${lines.join('\n')}\n`;
}

function writeCommand({ upstream, readsRaw, lossy }: ModelNode, place: number): string {
  const names = [...(readsRaw ? ['raw'] : []), ...upstream.map((at) => `i${at}`)];
  const read = `cat /dev/null ${names.map((name) => `{{ inputs.${name} }}`).join(' ')}`;
  const count = lossy ? ` | wc -c | tr -d ' '` : '';
  return `(echo {{ n${place} }}; ${read}${count}) > {{ outputs.o }}`;
}

function writeModule({ lossy }: ModelNode, place: number, state: ModelState): string {
  return `import { readFileSync, writeFileSync } from 'node:fs';
import { value } from './first.ts';
${remark(state)}
const TAG = ${state.tags[place]};
export const UNUSED = ${state.unused[place]};
type Job = { params: Record<string, number>; inputs: Record<string, { path: string }[]>; outputs: { o: string } };

export async function run({ params, inputs, outputs }: Job): Promise<void> {
  const order = (name: string) => (name === 'raw' ? -1 : Number(name.slice(1)));
  const names = Object.keys(inputs).sort((a, b) => order(a) - order(b));
  const read = names.map((name) => readFileSync(inputs[name]![0]!.path, 'utf8')).join('');
  const body = ${lossy ? '`$' + '{read.length}\\n`' : 'read'};
  writeFileSync(outputs.o, TAG + ' ' + value + ' ' + params.n${place} + '\\n' + body);
}
`;
}

function remark({ remarks }: ModelState): string {
  return `${'\n'.repeat(remarks % 3)}// Remark ${remarks}.\n/* And ${remarks} more. */\n`;
}
