/** Python, read: syntax → a text that is the same for all modules that do the same thing. */

import { StringWriter } from './canonical-string.ts';
import { childIn, namedChildren, type PythonNode } from './parse-python.ts';
import { normalizeNumber } from './string-value.ts';

/** A module without what cannot matter: comments, layout, brackets that change nothing, quote styles. */
export interface CanonicalModule {
  /** Without docstrings, which count only where something reads them. */
  readonly text: string;
  readonly withDocstrings: string;
}

/** Signs that only lay syntax out: the kinds of nodes say the same. */
const LAYOUT = new Set([',', '(', ')', '[', ']', '{', '}', ';', ':']);
/** Several values in a row, with brackets or without. */
const TUPLES = new Set(['tuple', 'expression_list', 'pattern_list', 'tuple_pattern']);

/** @param source the text that the syntax was read from */
export function canonicalize(root: PythonNode, source: string): CanonicalModule {
  const writer = new CanonicalWriter(source);
  writer.write(root);
  return { text: writer.join(false), withDocstrings: writer.join(true) };
}

/** The statement that may be the docstring of what it begins; null where none could. */
function findDocstring({ children }: PythonNode): PythonNode | null {
  const [first] = children;
  if (first?.type !== 'expression_statement' || first.children.length !== 1) return null;
  return /^(?:concatenated_)?string$/.test(first.children[0]?.type ?? '') ? first : null;
}

/** Arguments by place come first, wherever they are written. */
function sortArguments(given: readonly PythonNode[]): PythonNode[] {
  const isNamed = ({ type }: PythonNode) => /^(?:keyword_argument|dictionary_splat)$/.test(type);
  return [...given.filter((one) => !isNamed(one)), ...given.filter(isNamed)];
}

class CanonicalWriter {
  readonly #source: string;
  readonly #parts: string[] = [];
  readonly #strings: StringWriter;
  /** Places in the parts where a docstring begins, and where it ends. */
  readonly #docstrings: (readonly [start: number, end: number])[] = [];

  constructor(source: string) {
    this.#source = source;
    this.#strings = new StringWriter(source, this.#parts, (node) => this.write(node));
  }

  join(withDocstrings: boolean): string {
    if (withDocstrings) return this.#parts.join(' ');
    let at = 0;
    const kept: string[] = [];
    for (const [start, end] of this.#docstrings) {
      kept.push(...this.#parts.slice(at, start));
      at = end;
    }
    return [...kept, ...this.#parts.slice(at)].join(' ');
  }

  write(node: PythonNode): void {
    switch (node.type) {
      case 'parenthesized_expression':
      case 'case_pattern':
        for (const child of namedChildren(node)) this.write(child);
        return;
      case 'module':
        this.#writeBody(node);
        return;
      case 'function_definition':
        this.#writeAll(node.type, node.children);
        return;
      case 'class_definition':
        this.#writeAll(
          node.type,
          node.children.filter((c) => c.type !== 'argument_list' || namedChildren(c).length > 0),
        );
        return;
      case 'if_statement':
        this.#writeIf(node);
        return;
      case 'expression_statement': {
        const isTuple = node.children.some(({ type }) => type === ',');
        this.#writeAll(node.type, node.children, isTuple);
        return;
      }
      case 'subscript':
        this.#writeSubscript(node);
        return;
      case 'call':
        this.#writeCall(node);
        return;
      case 'string':
      case 'concatenated_string':
        this.#strings.write(node);
        return;
      case 'integer':
      case 'float':
        this.#parts.push(normalizeNumber(this.#textOf(node)));
        return;
      case 'identifier':
        this.#parts.push(this.#textOf(node).normalize('NFKC'));
        return;
      case 'argument_list':
        this.#writeAll(node.type, sortArguments(node.children));
        return;
      default:
        if (TUPLES.has(node.type)) this.#writeTuple(node);
        else if (node.children.length === 0) this.#writeLeaf(node);
        else this.#writeAll(node.type, node.children);
    }
  }

  #writeLeaf(node: PythonNode): void {
    this.#parts.push(node.isNamed ? `${node.type}:${this.#textOf(node)}` : node.type);
  }

  #writeAll(type: string, children: readonly PythonNode[], asTuple = false): void {
    this.#parts.push(`(${type}`);
    if (asTuple) this.#parts.push('(tuple');
    const isDocumented = type === 'function_definition' || type === 'class_definition';
    for (const child of children) {
      if (isDocumented && child.field === 'body') this.#writeBody(child);
      else if (child.isNamed || !LAYOUT.has(child.type)) this.write(child);
      // What stands before it and what behind it is told apart by nothing else.
      else if (type === 'slice') this.#parts.push(child.type);
    }
    if (asTuple) this.#parts.push(')');
    this.#parts.push(')');
  }

  /** The statements of a module, class or function, of which the first may be its docstring. */
  #writeBody(body: PythonNode): void {
    const docstring = findDocstring(body);
    const isText = docstring !== null && this.#isText(docstring);
    this.#parts.push(`(${body.type}`);
    for (const child of body.children) {
      const start = this.#parts.length;
      if (child.isNamed) this.write(child);
      if (child === docstring && isText) this.#docstrings.push([start, this.#parts.length]);
    }
    this.#parts.push(')');
  }

  #isText(statement: PythonNode): boolean {
    const [node] = statement.children;
    const parts = node?.type === 'concatenated_string' ? node.children : [node];
    return parts.every(
      (part) => part !== undefined && !/[fbt]/i.test(this.#strings.prefixOf(part)),
    );
  }

  /** `elif` is an `else` that holds nothing but an `if`. */
  #writeIf(node: PythonNode): void {
    const clauses = node.children.filter(({ field }) => field === 'alternative');
    let depth = 1;
    this.#writePart(node);
    for (const clause of clauses) {
      const body = childIn(clause, 'body');
      const [only, ...more] = body?.children ?? [];
      if (clause.type === 'elif_clause') {
        this.#parts.push('else');
        this.#writePart(clause);
        depth++;
      } else if (only?.type === 'if_statement' && more.length === 0) {
        this.#parts.push('else');
        this.write(only);
      } else if (body !== undefined) {
        this.#parts.push('else');
        this.write(body);
      }
    }
    for (; depth > 0; depth--) this.#parts.push(')');
  }

  #writePart(node: PythonNode): void {
    this.#parts.push('(if');
    const [condition, consequence] = [childIn(node, 'condition'), childIn(node, 'consequence')];
    if (condition !== undefined) this.write(condition);
    if (consequence !== undefined) this.write(consequence);
  }

  #writeTuple(node: PythonNode): void {
    const items = namedChildren(node);
    const [only] = items;
    // Of a pattern, brackets around one thing are only brackets.
    const isGroup = items.length === 1 && !node.children.some(({ type }) => type === ',');
    if (isGroup && only !== undefined) this.write(only);
    else this.#writeAll('tuple', node.children);
  }

  #writeSubscript(node: PythonNode): void {
    const [value, ...rest] = node.children;
    this.#parts.push('(subscript');
    if (value !== undefined) this.write(value);
    if (rest.some(({ type }) => type === ',')) this.#writeAll('tuple', rest);
    else for (const child of rest) if (child.isNamed) this.write(child);
    this.#parts.push(')');
  }

  #writeCall(node: PythonNode): void {
    const given = childIn(node, 'arguments');
    this.#parts.push('(call');
    for (const child of node.children) {
      const isBare = child === given && child.type === 'generator_expression';
      if (isBare) this.#writeAll('argument_list', [child]);
      else this.write(child);
    }
    this.#parts.push(')');
  }

  #textOf({ start, end }: PythonNode): string {
    return this.#source.slice(start, end);
  }
}
