/** Python, read: what is written for type checkers alone. */

import { childIn, type PythonNode } from './parse-python.ts';

/**
 * Whether `TYPE_CHECKING` is, for all that the module says, what type checkers alone find true: imported,
 * or `TYPE_CHECKING = False`.
 */
export function hasOwnFlag(root: PythonNode, source: string): boolean {
  const others: string[] = [];
  const visit = (node: PythonNode): void => {
    const left = node.type === 'assignment' ? childIn(node, 'left') : undefined;
    if (left !== undefined && source.slice(left.start, left.end) === 'TYPE_CHECKING') {
      const right = childIn(node, 'right');
      if (right?.type !== 'false') others.push(source.slice(node.start, node.end));
    }
    for (const child of node.children) if (child.isNamed) visit(child);
  };
  if (!source.includes('TYPE_CHECKING')) return false;
  visit(root);
  return others.length === 0;
}
