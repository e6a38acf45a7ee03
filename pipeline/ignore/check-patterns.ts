/** `ignore:` of `pipeline.yaml` → mistakes, before any pattern is compared with a path. */

import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec } from '../pipeline-file/types.ts';
import { canCompare } from './ignore-rules.ts';

/** Finds patterns of `ignore` that would, without a word, mean nothing or not what they seem to. */
export function checkPatterns({ ignore, source }: PipelineSpec): Diagnostic[] {
  return ignore.flatMap((pattern, i): Diagnostic[] => {
    const fault = findFault(pattern);
    if (fault === null) return [];
    return [
      {
        code: 'wrong-value',
        message: `the pattern ${JSON.stringify(pattern)} ${fault.message}`,
        location: source.locate(['ignore', String(i)]),
        expected: fault.expected,
      },
    ];
  });
}

/** Whether a pattern is without mistakes, so that it can be compared with paths. */
export function isSoundPattern(pattern: string): boolean {
  return findFault(pattern) === null;
}

interface Fault {
  readonly message: string;
  readonly expected: string;
}

function findFault(pattern: string): Fault | null {
  const steps = pattern.replace(/^!/, '').split('/');
  if (/[\r\n]/.test(pattern)) {
    return { message: 'has several lines', expected: 'one pattern an entry of the list' };
  }
  if (pattern.startsWith('#')) {
    return { message: 'is a comment, which matches nothing', expected: `\\${pattern}` };
  }
  if (steps.every((step) => step.trim() === '')) {
    return { message: 'matches nothing', expected: 'a name or a path, such as *.bak or data/raw/' };
  }
  if (steps.includes('.') || steps.includes('..')) {
    return {
      message: 'matches nothing: names do not come with . or ..',
      expected: 'a name at any depth (*.bak), or a path from the workspace (/data/raw)',
    };
  }
  if (/\\[A-Za-z0-9]/.test(pattern.replaceAll('\\\\', ''))) {
    return {
      message: 'has a backslash, which only quotes the character behind it',
      expected: pattern.replaceAll('\\', '/'),
    };
  }
  const plain = pattern.replace(/\\./g, '');
  if (plain.includes('\\')) {
    return { message: 'ends in a backslash that quotes nothing', expected: pattern.slice(0, -1) };
  }
  if (plain.replace(/\[!?\]?[^\]]*\]/g, '').includes('[')) {
    return { message: 'has a [ that is never closed', expected: 'a set such as [ab], or \\[' };
  }
  return canCompare(pattern)
    ? null
    : { message: 'cannot be read', expected: 'gitignore syntax, such as *.bak or img_[0-9]*' };
}

/**
 * The line of `pipeline.yaml` that leaves out one path in a folder that is an input.
 *
 * @param folder as the input names it, from the workspace or absolute
 * @param inner path from there
 */
export function wordIgnoring(folder: string, inner: string): string {
  // Patterns with a path begin at the workspace or, elsewhere, at the folder itself.
  const isElsewhere = folder === '.' || folder.startsWith('/') || /^\.\.(?:\/|$)/.test(folder);
  const path = isElsewhere ? inner : `${folder}/${inner}`;
  // A quoted question mark is not understood; a plain one is any character.
  const pattern = `/${path}`.replace(/[\\*[\]]| $/g, '\\$&');
  return `ignore: [${JSON.stringify(pattern)}]`;
}
