/**
 * Inspection: the ingredients of a fingerprint. Whoever adds one adds it here, and its
 * shape to `FingerprintRecord`; all that asks what decides a node follows.
 */

import { basename } from 'node:path';
import type { CodeIdentity } from '../fingerprint/code-rows.ts';
import { type FingerprintRecord, RECORD_VERSION } from '../fingerprint/record.ts';
import { plainPath } from '../graph/place-apart.ts';
import type { GraphNode } from '../graph/types.ts';
import type { Result } from '../pipeline-file/diagnostic.ts';
import type { DescriptionTools, Ingredient } from './describe-node.ts';

/** What decides a node, in the order in which a record is read. */
export const INGREDIENTS: {
  readonly [Name in keyof FingerprintRecord]-?: Ingredient<FingerprintRecord[Name]>;
} = {
  schema: { from: 'graph', declare: () => RECORD_VERSION, record: () => RECORD_VERSION },
  node: { from: 'graph', declare: ({ id }) => id, record: ({ id }) => id },
  cell: { from: 'graph', declare: ({ cell }) => cell, record: ({ cell }) => cell },
  run: {
    from: 'graph',
    declare: ({ action }) => action,
    record: (node) => ({ kind: node.action.kind, text: actionText(node) }),
  },
  code: {
    from: 'surroundings',
    isAskedOf: ({ action, mayRunCode }) => action.kind !== 'command' || mayRunCode,
    observe: async (node, tools) => {
      const code = await digestCode(node, tools);
      return code.ok ? { ok: true, value: code.value?.digest ?? null } : code;
    },
    otherwise: null,
  },
  params: {
    from: 'inputs',
    declare: ({ params }) => params,
    record: ({ params }, inputs) => ({ ...params, ...inputs.params }),
    guess: (node, earlier) => ({ ...paramsOfInputs(node, earlier), ...node.params }),
  },
  env: {
    from: 'surroundings',
    isAskedOf: ({ env }) => env.length > 0,
    observe: ({ env }, { variables }) => ({ ok: true, value: variables.ofAll(env) }),
    otherwise: {},
  },
  machine: {
    from: 'surroundings',
    isAskedOf: ({ machine }) => machine.length > 0,
    observe: ({ machine }, tools) => tools.machineFacts.ask(machine),
    otherwise: undefined,
  },
  inputs: {
    from: 'inputs',
    declare: ({ inputs }) => inputs,
    record: (_, { records }) => records,
    guess: (_, { inputs }) => inputs,
  },
  paths: { from: 'graph', declare: listInputPaths, record: listInputPaths },
  outputs: {
    from: 'graph',
    // Where they stand decides whether they are in place, though not the fingerprint.
    declare: ({ outputs }) => outputs,
    record: ({ outputs }) =>
      Object.fromEntries(outputs.map(({ name, path }) => [name, basename(path)])),
  },
  found: { from: 'reads', isAskedOf: ({ findsInputs }) => findsInputs },
};

/** The code that a node runs; null for a command that runs none of the workspace: its text is its code. */
export async function digestCode(
  node: GraphNode,
  tools: Pick<DescriptionTools, 'code' | 'commands' | 'analyzeTemplate'>,
): Promise<Result<CodeIdentity | null>> {
  const { action } = node;
  switch (action.kind) {
    case 'command':
      return { ok: true, value: await tools.commands.digest(node) };
    case 'module':
      return tools.code.digestModule(action.module);
    case 'template': {
      const analysis = tools.analyzeTemplate(action.template);
      if (!analysis.ok) return analysis;
      return { ok: true, value: tools.code.digestTemplate(analysis.value) };
    }
  }
}

/** What a node runs, as its record names it. */
export function actionText({ action }: GraphNode): string {
  switch (action.kind) {
    case 'module':
      return action.module;
    case 'command':
      return normalizeCommand(action.command);
    case 'template':
      return action.template;
  }
}

/** Without what only lays a text out: spaces in `{{ }}`, and line breaks at the end. */
function normalizeCommand(command: string): string {
  return command
    .replaceAll(/\{\{[ \t]*([^"'{}\n]*?)[ \t]*\}\}/g, '{{ $1 }}')
    .replace(/(?<!\\)\n+$/, '');
}

/**
 * The paths of a node's inputs, as its record holds them: of what an exploration makes as if it stood in the
 * workspace itself, so that its results are those of any other run.
 */
function listInputPaths(node: GraphNode): FingerprintRecord['paths'] {
  return Object.fromEntries(
    node.inputs.map(({ name, sources }) => [
      name,
      sources.map(({ kind, path }) => {
        if (kind === 'output') return plainPath(path, node);
        return path.startsWith('/') ? basename(path) : path;
      }),
    ]),
  );
}

/** The parameters of an earlier record that came from inputs `as: params`. */
function paramsOfInputs({ inputs }: GraphNode, { params }: FingerprintRecord) {
  const prefixes = inputs.filter(({ as }) => as === 'params').map(({ name }) => `${name}.`);
  return Object.fromEntries(
    Object.entries(params).filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix))),
  );
}
