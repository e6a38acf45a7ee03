/** Python, read: the expressions by which programs name folders, as paths. */

import { join } from 'node:path';
import { childIn, namedChildren, type PythonNode } from './parse-python.ts';
import { readLiteral } from './read-literal.ts';
import type { PythonPath } from './said-of-modules.ts';

type FoundPath = Pick<PythonPath, 'from' | 'path'>;
/** What names stand for; null for what is no path that can be told. */
export type PathNames = Map<string, FoundPath | null>;

/** These change no more of a path than how it is written. */
const SAME =
  /^(?:os\.path\.)?(?:abspath|realpath|normpath|expanduser|fspath)$|^(?:str|os\.fspath)$/;
const PATH = /^(?:pathlib\.)?(?:Pure|Posix)*Path$/;

/**
 * The path that an expression of `__file__`, texts and functions of `os.path` and `pathlib` stands for.
 *
 * @returns null where it cannot be told
 */
export function evaluatePath(node: PythonNode, source: string, names: PathNames): FoundPath | null {
  const textOf = ({ start, end }: PythonNode) => source.slice(start, end).replaceAll(/\s/g, '');
  const evaluate = (inner: PythonNode | undefined) =>
    inner === undefined ? null : evaluatePath(inner, source, names);
  const below = (base: FoundPath | null, steps: readonly (string | null)[]): FoundPath | null =>
    base === null || steps.some((step) => step === null || step.startsWith('/'))
      ? null
      : { from: base.from, path: join(base.path, ...steps.map((step) => step ?? '')) };
  const literal = readLiteral(node, source);
  if (literal !== null) return { from: 'folder', path: literal === '' ? '.' : literal };
  switch (node.type) {
    case 'parenthesized_expression':
      return evaluate(namedChildren(node)[0]);
    case 'identifier': {
      const name = textOf(node);
      return name === '__file__' ? { from: 'file', path: '' } : (names.get(name) ?? null);
    }
    case 'attribute': {
      const text = textOf(node);
      if (text === 'os.curdir') return { from: 'folder', path: '.' };
      const [object] = node.children;
      return text.endsWith('.parent') ? below(evaluate(object), ['..']) : null;
    }
    case 'subscript': {
      const [object, index] = namedChildren(node);
      if (object === undefined || index === undefined || !textOf(object).endsWith('.parents')) {
        return null;
      }
      const count = Number(textOf(index)) + 1;
      const isCount = Number.isInteger(count) && count > 0;
      return isCount
        ? below(evaluate(object.children[0]), new Array<string>(count).fill('..'))
        : null;
    }
    case 'binary_operator': {
      const [left, sign, right] = node.children;
      if (sign?.type !== '/' || right === undefined) return null;
      return below(evaluate(left), [readLiteral(right, source)]);
    }
    case 'call': {
      const callee = childIn(node, 'function');
      const given = namedChildren(childIn(node, 'arguments') ?? node);
      if (callee === undefined) return null;
      const name = textOf(callee);
      const [first, ...rest] = given;
      if (name === 'os.getcwd' || /(?:^|\.)Path\.cwd$/.test(name)) {
        return { from: 'folder', path: '.' };
      }
      if (SAME.test(name) && rest.length === 0) return evaluate(first);
      if (/^(?:os\.path\.)?dirname$/.test(name)) return below(evaluate(first), ['..']);
      const steps = rest.map((one) =>
        textOf(one) === 'os.pardir' ? '..' : readLiteral(one, source),
      );
      if (/^(?:os\.path\.)?join$/.test(name)) return below(evaluate(first), steps);
      if (PATH.test(name)) return below(evaluate(first), steps);
      if (/\.(?:resolve|absolute)$/.test(name)) return evaluate(callee.children[0]);
      if (/\.as_posix$/.test(name)) return evaluate(callee.children[0]);
      return null;
    }
    default:
      return null;
  }
}
