/** Python, read: the text of a literal that nothing is computed in. */

import type { PythonNode } from './parse-python.ts';
import { decodeString } from './string-value.ts';

/** The value of a node that is a plain text; null for all else. */
export function readLiteral(node: PythonNode, source: string): string | null {
  if (node.type === 'parenthesized_expression' || node.type === 'concatenated_string') {
    const parts = node.children
      .filter(({ isNamed }) => isNamed)
      .map((child) => readLiteral(child, source));
    return parts.includes(null) ? null : parts.join('');
  }
  const [first] = node.children;
  if (node.type !== 'string' || first === undefined) return null;
  const start = source.slice(first.start, first.end);
  const prefix = /^[a-z]*/i.exec(start)?.[0] ?? '';
  if (/[bft]/i.test(prefix)) return null;
  const end = node.end - (start.length - prefix.length);
  return decodeString(prefix, source.slice(first.end, end));
}
