/** Templates' syntax trees → the parameters they read. */

import type { TemplateVariable } from '../graph/types.ts';
import { isSyntaxNode, locate, type SyntaxNode, walk } from './template-syntax.ts';

/** Names that nunjucks itself defines. */
const BUILT_IN = new Set(['loop', 'super', 'self', 'caller', 'range', 'cycler', 'joiner']);
/**
 * The variables of some templates. One that any of them binds (a loop's, a macro's argument) is
 * bound in all, because included and inherited templates share names; where a parameter has the
 * same name, it may be what is meant, so such variables are reported too.
 */
export function findTemplateVariables(trees: ReadonlyMap<string, SyntaxNode>): TemplateVariable[] {
  const bound = new Set<string>(BUILT_IN);
  const optional = new Set<string>();
  for (const tree of trees.values()) {
    walk(tree, (node) => {
      collectBindings(node, bound);
      collectOptional(node, optional);
    });
  }
  const variables = new Map<string, TemplateVariable>();
  for (const [file, tree] of trees) {
    const printed = new Set<SyntaxNode>();
    const note = (node: SyntaxNode): boolean => {
      if (node.typename === 'Output') {
        for (const child of node.children ?? []) collectPrinted(child, printed);
      }
      const path = variablePath(node);
      const [head] = path ?? [];
      if (path === null || head === undefined) return true;
      const name = path.join('.');
      const place = locate(file, headOf(node));
      const known = variables.get(name);
      const isPrinted = printed.has(node) && isWholePath(node);
      variables.set(name, {
        ...(known ?? { path, bound: bound.has(head), optional: optional.has(name), ...place }),
        printed: known?.printed ?? (isPrinted ? place : null),
      });
      for (const index of computedIndices(node)) walk(index, note);
      return false;
    };
    walk(tree, note);
  }
  return [...variables.values()];
}

/** Filters that make a text of what they are given. */
const TEXT_FILTERS = new Set(
  'capitalize escape indent lower nl2br replace safe string title trim upper'.split(' '),
);

/** What becomes a text in an output: itself, or a part of a text that is put together. */
function collectPrinted(node: SyntaxNode, printed: Set<SyntaxNode>): void {
  const { name, args, left, right, body, else_: other } = node;
  const collect = (...parts: unknown[]) => {
    for (const part of parts) if (isSyntaxNode(part)) collectPrinted(part, printed);
  };
  if (node.typename === 'Concat' || node.typename === 'Add') collect(left, right);
  else if (node.typename === 'InlineIf') collect(body, other);
  else if (node.typename === 'Group') collect(...(node.children ?? []));
  else if (node.typename === 'Filter') {
    const isText = isSyntaxNode(name) && TEXT_FILTERS.has(String(name.value));
    if (isText && isSyntaxNode(args)) collect(args.children?.[0]);
  } else printed.add(node);
}

/** What a template asks about, or has a value for, may be undefined: `x is defined`, `x | default(3)`. */
function collectOptional(node: SyntaxNode, optional: Set<string>): void {
  const add = (asked: unknown) => {
    const path = isSyntaxNode(asked) ? variablePath(asked) : null;
    if (path !== null) optional.add(path.join('.'));
  };
  const { name, args, left, right } = node;
  const called = isSyntaxNode(name) ? String(name.value) : '';
  if (node.typename === 'Filter' && ['default', 'd'].includes(called) && isSyntaxNode(args)) {
    add(args.children?.[0]);
  }
  const test = isSyntaxNode(right) ? String(right.value) : '';
  if (node.typename === 'Is' && ['defined', 'undefined'].includes(test)) add(left);
}

/** Names that a template defines itself: loop variables, `set`, macros and their arguments, imports. */
function collectBindings(node: SyntaxNode, bound: Set<string>): void {
  const bind = (target: unknown) => {
    if (!isSyntaxNode(target)) return;
    if (target.typename === 'Symbol') bound.add(String(target.value));
    for (const child of target.children ?? []) bind(child);
    if (target.typename === 'Pair') bind(target['key']);
  };
  if (node.typename === 'For' || node.typename.startsWith('Async')) bind(node['name']);
  if (node.typename === 'Set') for (const target of node['targets'] as unknown[]) bind(target);
  if (node.typename === 'Macro' || node.typename === 'Caller') {
    bind(node['name']);
    bind(node['args']);
  }
  if (node.typename === 'Import') bind(node['target']);
  if (node.typename === 'FromImport') {
    const { names } = node;
    for (const name of isSyntaxNode(names) ? (names.children ?? []) : []) {
      bind(name.typename === 'Pair' ? name['value'] : name);
    }
  }
}

/** The dotted path of a variable (`training.epochs`), or null for any other node. */
function variablePath(node: SyntaxNode): string[] | null {
  if (node.typename === 'Symbol') return [String(node.value)];
  if (node.typename !== 'LookupVal') return null;
  const { target, val } = node;
  const path = isSyntaxNode(target) ? variablePath(target) : null;
  if (path === null || !isSyntaxNode(target) || !isSyntaxNode(val)) return null;
  // `a[b]` and `a[b].c` read all of `a`: b's value is not known here.
  return isName(val) && isWholePath(target) ? [...path, String(val.value)] : path;
}

function isName(member: SyntaxNode): boolean {
  return member.typename === 'Literal' && typeof member.value === 'string';
}

function isWholePath({ typename, target, val }: SyntaxNode): boolean {
  if (typename === 'Symbol') return true;
  return isSyntaxNode(val) && isName(val) && isSyntaxNode(target) && isWholePath(target);
}

/** What stands in the `[ ]` of a variable and may hold further variables. */
function computedIndices(node: SyntaxNode): SyntaxNode[] {
  const { target, val } = node;
  if (node.typename !== 'LookupVal' || !isSyntaxNode(target)) return [];
  const own = isSyntaxNode(val) && val.typename !== 'Literal' ? [val] : [];
  return [...computedIndices(target), ...own];
}

/** The leftmost symbol of a variable, where an editor should point. */
function headOf(node: SyntaxNode): SyntaxNode {
  return isSyntaxNode(node['target']) ? headOf(node['target']) : node;
}
