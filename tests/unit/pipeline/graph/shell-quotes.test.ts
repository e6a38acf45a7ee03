import { describe, expect, it } from 'vitest';
import { parsePieces } from '../../../../pipeline/graph/interpolate.ts';
import { findQuotedVariables } from '../../../../pipeline/graph/shell-quotes.ts';

function quotedIn(command: string): string[] {
  return findQuotedVariables(parsePieces(command).pieces);
}

describe('findQuotedVariables', () => {
  it.each([
    'echo "{{ x }}"',
    "echo '{{ x }}'",
    "echo $'a\\'{{ x }}'",
    'echo "a \\" {{ x }}"',
    'echo "$(echo "{{ x }}")"',
    'echo "`date` {{ x }}"',
    "cat <(sort '{{ x }}')",
    'echo "it\'s {{ x }}"',
  ])('finds the variable in %s', (command) => {
    expect(quotedIn(command)).toEqual(['x']);
  });

  it.each([
    'echo {{ x }}',
    'echo "a" {{ x }} "b"',
    'echo "a"{{ x }}"b"',
    'echo "$(cat {{ x }})"',
    'echo "`cat {{ x }}`"',
    "echo \\' {{ x }} \\'",
    "# don't\ncat {{ x }}",
    "a='#' && cat {{ x }}",
    'case a in a) cat {{ x }};; esac',
    "awk '{print $1}' {{ x }}",
    '(cd /tmp && cat {{ x }})',
    "echo $# '' {{ x }}",
  ])('accepts %s', (command) => {
    expect(quotedIn(command)).toEqual([]);
  });

  it('names all of them in order', () => {
    expect(quotedIn('a "{{ b.c }}" {{ d }} \'{{ e }}\'')).toEqual(['b.c', 'e']);
  });
});
