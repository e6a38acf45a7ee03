/** A parser's complaint → what the user has to mend. */

import type { Document, YAMLError } from 'yaml';
import { loadYaml } from '../system/load-package.ts';

/** What is wrong with YAML, in words for people who do not know its grammar. */
export interface YamlFault {
  readonly message: string;
  /** Offset in the text. */
  readonly offset: number;
  /** The text is YAML, but a value in it is not what was typed. */
  readonly isValue?: boolean;
  readonly expected?: string;
}

/**
 * Says what a syntax error means. Only the first of a text is worth telling: those behind it are
 * mostly its consequences.
 */
export function explainYamlError(error: YAMLError, text: string, document: Document): YamlFault {
  const [offset] = error.pos;
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const lines = text.split('\n');
  const index = text.slice(0, offset).split('\n').length - 1;
  const line = lines[index] ?? '';
  const at = (message: string, expected?: string, place = offset): YamlFault => ({
    message,
    offset: place,
    ...(expected === undefined ? {} : { expected }),
  });
  const conflict = /^<{7}(?: |$)/m.exec(text);
  if (conflict !== null && /^>{7}(?: |$)/m.test(text)) {
    const sides = 'one of the two sides, without the lines <<<<<<<, ======= and >>>>>>>';
    return at('a conflict of git begins here', sides, conflict.index);
  }
  const brace = /^\s*(?:- +)*(?:[^'"#:]+:\s+)?(?=\{\{)/.exec(line);
  if (brace !== null) {
    return at(
      'a value that starts with {{ must be quoted: YAML takes the brace for a mapping',
      `the whole value in quotes, as in "${line.slice(brace[0].length).trim()}"`,
      start + brace[0].length,
    );
  }
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return at('a tab indents this line', 'blanks: YAML indents by nothing else');
    case 'MISSING_CHAR':
      return describeMissing(error, document, at);
    case 'BAD_INDENT':
      if (/must be sufficiently indented and end with a [}\]]$/.test(error.message)) {
        const bracket = error.message.slice(-1);
        return at(`a ${bracket} is missing before this line`);
      }
      return isUneven(error) ? describeIndent(lines, index, at) : at(error.message);
    case 'BLOCK_AS_IMPLICIT_KEY':
      return /:(\s|$)/.test(text.slice(offset, start + line.length))
        ? at('this text has a colon and a blank in it', 'the text in quotes')
        : at(
            `line ${index + 2} is indented as if it belonged to line ${index + 1}, which has a value already`,
            'the lines of a mapping to be indented alike',
          );
    case 'MULTILINE_IMPLICIT_KEY':
      return at(
        'this line has no key',
        '"key: value", or the text of the line before it in quotes',
      );
    case 'MULTIPLE_DOCS':
      return at('a second document begins here', 'one document, so no further line ---');
    case 'BAD_SCALAR_START':
      return at(`a text cannot begin with ${text[offset] ?? 'this'}`, 'the text in quotes');
    case 'RESOURCE_EXHAUSTION':
      return at('it is nested too deeply');
    default:
      return describeUnexpected(error.message, at);
  }
}

type Teller = (message: string, expected?: string, place?: number) => YamlFault;

function describeMissing(error: YAMLError, document: Document, at: Teller): YamlFault {
  if (!error.message.startsWith('Missing closing')) {
    return error.message.startsWith('Implicit map keys')
      ? at('this line has no colon and value', '"key: value"')
      : at(error.message);
  }
  let opened: number | undefined;
  loadYaml().visit(document, {
    Scalar(_, { type, range }) {
      if (type?.startsWith('QUOTE') === true) opened = range?.[0];
    },
  });
  return at('the quote that opens here is not closed', 'the same quote at its end', opened);
}

function describeUnexpected(message: string, at: Teller): YamlFault {
  if (message === 'Unexpected scalar at node end') {
    return at('more text behind a value that has ended', 'the whole text in one pair of quotes');
  }
  if (/^Unexpected flow-\S+ at node end$/.test(message)) {
    return at('this text has a bracket in it', 'the whole text in quotes');
  }
  const [, surplus] =
    /^Unexpected flow-\S+-end token in YAML stream: "([}\]])"$/.exec(message) ?? [];
  if (surplus !== undefined) return at(`one ${surplus} too many`);
  if (message.startsWith('Unexpected block-seq-ind on same line')) {
    return at('a list cannot begin with - behind its key', '[a, b], or lines below the key');
  }
  return at(message);
}

function isUneven(error: YAMLError): boolean {
  return (
    error.message.startsWith('All mapping items must') ||
    error.message.startsWith('All collection items must')
  );
}

function describeIndent(lines: readonly string[], index: number, at: Teller): YamlFault {
  const indentOf = (line: string) => line.length - line.trimStart().length;
  const own = indentOf(lines[index] ?? '');
  // What the blocks are indented by that are open before this line, the innermost first.
  const open: number[] = [];
  for (const line of lines.slice(0, index).reverse()) {
    if (/^\s*[^\s#]/.test(line) && indentOf(line) < (open.at(-1) ?? Number.POSITIVE_INFINITY)) {
      open.push(indentOf(line));
    }
  }
  const near = [open.findLast((indent) => indent > own), open.find((indent) => indent < own)];
  const meant = near.filter((indent) => indent !== undefined);
  if (meant.length === 0) return at('this line is indented unlike those that it belongs to');
  return at(
    `line ${index + 1} is indented by ${own}, the lines that it may belong to by ${meant.join(' or ')}`,
    'as many blanks as the lines have that it belongs to',
  );
}
