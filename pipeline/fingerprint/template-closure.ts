/** A template and all it includes → its source texts and the variables it reads. */

import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import nunjucks from 'nunjucks';
import type { TemplateAnalysis } from '../graph/types.ts';
import { decodeText } from '../pipeline-file/decode-text.ts';
import type { Diagnostic, Result } from '../pipeline-file/diagnostic.ts';
import { isSyntaxNode, locate, type SyntaxNode, walk } from './template-syntax.ts';
import { findTemplateVariables } from './template-variables.ts';

interface Parser {
  parse(text: string, extensions: readonly unknown[], options: object): SyntaxNode;
}

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
    const { text, diagnostics: bytes } = decodeText(file, readFileSync(join(workspace, file)));
    files.set(file, text);
    if (bytes.length > 0) {
      diagnostics.push(...bytes.map((one) => ({ ...one, code: 'template-error' as const })));
      return;
    }
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
  return { ok: true, value: { files, absent, variables: findTemplateVariables(trees) } };
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

/** The name of the template that a node brings in; null where computed, undefined where none. */
function referencedTemplate(node: SyntaxNode): string | null | undefined {
  if (!['Extends', 'Include', 'Import', 'FromImport'].includes(node.typename)) return undefined;
  const template = node['template'];
  if (!isSyntaxNode(template) || template.typename !== 'Literal') return null;
  return typeof template.value === 'string' ? template.value : null;
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
