/** Words of bash → the texts that they stand for, as far as the command says. */

import type { SyntaxNode } from 'unbash';
import { MARK } from './shell-marks.ts';

/** Variables that a command has set; null is what cannot be told. */
export type ShellVariables = ReadonlyMap<string, string | null>;

type Word = Extract<SyntaxNode, { type: 'Word' }>;

/** The text of a word, with marks for variables that the command does not set; null for what only bash can tell. */
export function expandWord(word: Word, variables: ShellVariables): string | null {
  if (word.parts === undefined) return word.value;
  return expandParts(word.parts, variables);
}

function expandParts(parts: readonly SyntaxNode[], variables: ShellVariables): string | null {
  let text = '';
  for (const part of parts) {
    const piece = expandPart(part, variables);
    if (piece === null) return null;
    text += piece;
  }
  return text;
}

function expandPart(part: SyntaxNode, variables: ShellVariables): string | null {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return part.value;
    case 'DoubleQuoted':
    case 'LocaleString':
      return expandParts(part.parts, variables);
    case 'SimpleExpansion':
      return lookUp(part.text.slice(1), null, variables);
    case 'ParameterExpansion': {
      const { parameter, prefix, index, operation } = part;
      if (prefix !== undefined || index !== undefined) return null;
      if (operation === undefined) return lookUp(parameter, null, variables);
      if (operation.type !== 'Default') return null;
      const operand = expandWord(operation.operand, variables);
      if (operation.operator.endsWith('-') || operation.operator.endsWith('=')) {
        return lookUp(parameter, operand, variables);
      }
      // `${A:+$A:}` adds what is set already, which a command's surroundings do not do.
      return operation.operator.endsWith('+') && !variables.has(parameter) ? '' : null;
    }
    default:
      return null;
  }
}

function lookUp(name: string, otherwise: string | null, variables: ShellVariables): string | null {
  if (!/^[A-Za-z_]\w*$/.test(name)) return null;
  const known = variables.get(name);
  if (known === undefined) return MARK.variable(name, otherwise);
  return known;
}
