/** Walking nunjucks' syntax tree, whose types the package leaves out. */

import type { Diagnostic } from '../pipeline-file/diagnostic.ts';

/** What is used of nunjucks' syntax tree, which its types leave out. */
export interface SyntaxNode {
  readonly typename: string;
  readonly lineno: number;
  readonly colno: number;
  readonly fields: readonly string[];
  readonly children?: readonly SyntaxNode[];
  readonly value?: unknown;
  readonly [field: string]: unknown;
}

/** Visits a tree; a visitor that returns false skips what is below. */
export function walk(node: SyntaxNode, visit: (node: SyntaxNode) => unknown): void {
  if (visit(node) === false) return;
  for (const child of node.children ?? []) walk(child, visit);
  // nunjucks does not list the body of `{% set x %}…{% endset %}` as a field.
  const fields = node.typename === 'Set' ? [...node.fields, 'body'] : node.fields;
  for (const field of fields) {
    // Names of filters, tests, blocks and keywords are symbols, but no variables.
    if (NAME_FIELDS.has(`${node.typename}.${field}`)) continue;
    const value = node.typename === 'Is' && field === 'right' ? testArguments(node) : node[field];
    for (const item of Array.isArray(value) ? value : [value]) {
      if (isSyntaxNode(item) && !(node.children ?? []).includes(item)) walk(item, visit);
    }
  }
}

/** The arguments of a test: of `x is divisibleby(n)`, `n`. */
function testArguments({ right }: SyntaxNode): unknown {
  return isSyntaxNode(right) ? right['args'] : undefined;
}

const NAME_FIELDS = new Set(['Filter.name', 'Block.name', 'Pair.key', 'FromImport.names']);

/** Whether a field of a node holds a node. */
export function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'typename' in value;
}

/** The place of a node in its file. */
export function locate(file: string, node: SyntaxNode): Diagnostic['location'] {
  return { file, line: node.lineno + 1, column: node.colno + 1 };
}
