import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import nunjucks from 'nunjucks';
import type { TemplateAnalysis, TemplateVariable } from '../graph/types.ts';
import type { Diagnostic, Result } from '../spec/diagnostic.ts';

/** What is used of nunjucks' syntax tree, which its types leave out. */
interface SyntaxNode {
  readonly typename: string;
  readonly lineno: number;
  readonly colno: number;
  readonly fields: readonly string[];
  readonly children?: readonly SyntaxNode[];
  readonly value?: unknown;
  readonly [field: string]: unknown;
}
interface Parser {
  parse(text: string, extensions: readonly unknown[], options: object): SyntaxNode;
}

/** Names that nunjucks itself defines. */
const BUILT_IN = new Set(['loop', 'super', 'self', 'caller', 'range', 'cycler', 'joiner']);
/** How templates are parsed; rendering uses the same. */
export const TEMPLATE_OPTIONS = { trimBlocks: true, lstripBlocks: true } as const;

/**
 * Reads a template with everything it extends, includes or imports, and finds the variables that
 * it reads. Names of other templates are looked up beside it, then from the workspace.
 *
 * @param look told each path that was looked at, whether anything stands there or not
 */
export function analyzeTemplate(
  workspace: string,
  entry: string,
  look: (path: string) => void = () => {},
): Result<TemplateAnalysis> {
  const files = new Map<string, string>();
  const trees = new Map<string, SyntaxNode>();
  const absent: string[] = [];
  const diagnostics: Diagnostic[] = [];
  const isThere = (path: string): boolean => {
    look(path);
    const found = isReadable(workspace, path);
    if (!found) absent.push(path);
    return found;
  };
  const visit = (file: string): void => {
    look(file);
    const text = readFileSync(join(workspace, file), 'utf8');
    files.set(file, text);
    let tree: SyntaxNode;
    try {
      const { parser } = nunjucks as unknown as { parser: Parser };
      tree = parser.parse(text, [], TEMPLATE_OPTIONS);
    } catch (error) {
      diagnostics.push(describeSyntaxError(file, error));
      return;
    }
    trees.set(file, tree);
    walk(tree, (node) => {
      const other = referencedTemplate(node);
      if (other === undefined) return;
      const found = other === null ? undefined : templateCandidates(entry, other).find(isThere);
      if (found === undefined) {
        diagnostics.push({
          code: other === null ? 'bad-import' : 'missing-file',
          message:
            other === null
              ? 'the name of another template is computed, so an edit of it would go unnoticed'
              : `the template "${other}" does not exist`,
          location: locate(file, node),
          expected: `a literal name, looked up in ${posix.dirname(entry)} and in the workspace`,
        });
      } else if (!files.has(found)) visit(found);
    });
  };
  visit(entry);
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  return { ok: true, value: { files, absent, variables: findVariables(trees) } };
}

/**
 * The variables of some templates. One that any of them binds (a loop's, a macro's argument) is
 * bound in all, because included and inherited templates share names; where a parameter has the
 * same name, it may be what is meant, so such variables are reported too.
 */
function findVariables(trees: ReadonlyMap<string, SyntaxNode>): TemplateVariable[] {
  const bound = new Set<string>(BUILT_IN);
  for (const tree of trees.values()) walk(tree, (node) => collectBindings(node, bound));
  const variables = new Map<string, TemplateVariable>();
  for (const [file, tree] of trees) {
    const note = (node: SyntaxNode): boolean => {
      const path = variablePath(node);
      const [head] = path ?? [];
      if (path === null || head === undefined) return true;
      const name = path.join('.');
      if (!variables.has(name)) {
        const place = locate(file, headOf(node));
        variables.set(name, { path, bound: bound.has(head), ...place });
      }
      for (const index of computedIndices(node)) walk(index, note);
      return false;
    };
    walk(tree, note);
  }
  return [...variables.values()];
}

/** Where the template `name`, named in `entry` or one of its parents, may stand. */
export function templateCandidates(entry: string, name: string): string[] {
  return [posix.join(dirname(entry), name), posix.normalize(name)];
}

function isReadable(workspace: string, path: string): boolean {
  try {
    readFileSync(join(workspace, path));
    return true;
  } catch {
    return false;
  }
}

/** Visits a tree; a visitor that returns false skips what is below. */
function walk(node: SyntaxNode, visit: (node: SyntaxNode) => unknown): void {
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

function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'typename' in value;
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

/** The name of the template that a node brings in; null where computed, undefined where none. */
function referencedTemplate(node: SyntaxNode): string | null | undefined {
  if (!['Extends', 'Include', 'Import', 'FromImport'].includes(node.typename)) return undefined;
  const template = node['template'];
  if (!isSyntaxNode(template) || template.typename !== 'Literal') return null;
  return typeof template.value === 'string' ? template.value : null;
}

function locate(file: string, node: SyntaxNode): Diagnostic['location'] {
  return { file, line: node.lineno + 1, column: node.colno + 1 };
}

function describeSyntaxError(file: string, error: unknown): Diagnostic {
  const { message, lineno, colno } = error as { message: string; lineno?: number; colno?: number };
  return {
    code: 'template-error',
    message: `not a valid template: ${message.replace(/^.*\n\s*/, '').replace(/^Template render error: /, '')}`,
    // Unlike those of nodes, the numbers of an error count from 1.
    location: { file, line: Math.max(1, lineno ?? 1), column: Math.max(1, colno ?? 1) },
    expected: 'nunjucks syntax',
  };
}
