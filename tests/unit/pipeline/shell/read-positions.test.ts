import { describe, expect, it } from 'vitest';
import { parsePieces } from '../../../../pipeline/graph/interpolate.ts';
import { readPositions } from '../../../../pipeline/shell/read-positions.ts';
import { findSimplePositions } from '../../../../pipeline/shell/value-position.ts';

function textOf(command: string) {
  return parsePieces(command).pieces.map((piece) => (piece.kind === 'text' ? piece.text : null));
}

/** The kinds of places, in order. */
function kindsIn(command: string): string[] {
  const places = readPositions(textOf(command));
  const simple = findSimplePositions(textOf(command));
  // What a look tells is what the grammar says.
  if (simple !== null) expect(simple).toEqual(places);
  return places.map((place) =>
    place.kind === 'heredoc' ? `heredoc ${place.expands ? 'expanded' : 'literal'}` : place.kind,
  );
}

describe('where a value stands in a command', () => {
  it.each([
    'echo {{ x }}',
    'echo "a" {{ x }} "b"',
    'echo "a"{{ x }}"b"',
    'echo "$(cat {{ x }})"',
    'echo "$(echo "$(cat {{ x }})")"',
    "echo \\' {{ x }} \\'",
    "# don't\ncat {{ x }}",
    "a='#' && cat {{ x }}",
    'case a in a) cat {{ x }};; esac',
    'case a in {{ x }} | b) cat;; esac',
    "awk '{print $1}' {{ x }}",
    '(cd /tmp && cat {{ x }})',
    "echo $# '' {{ x }}",
    'cat <(sort {{ x }}) > {{ x }}',
    'cat <<< {{ x }}',
    '[[ -f {{ x }} && a == {{ x }} ]]',
    'for i in {{ x }}; do echo "$i"; done',
    "f() { echo 'it'; }; f {{ x }}",
    'a=({{ x }}); echo "${a[@]}" {{ x }}',
    "echo ${x#'it'} {{ x }}",
    'echo $((1<<2)) {{ x }}',
    "cat <<'EOF'\nit's\nEOF\nsort {{ x }}",
    "cat <<A <<'B'\n$(echo {{ x }})\nA\n\"\nB\nsort {{ x }}",
    'x={{ x }} y="$z"{{ x }} make',
    'if ! grep -q a {{ x }}; then echo "it\'s"; fi >{{ x }} 2>&1',
    'echo a#b {{ x }} \\# {{ x }}',
    'while read -r l; do echo "${l%.*}"; done < {{ x }}',
    'echo {a,{{ x }}} [{{ x }}]* @({{ x }}|b)',
  ])('is a word: %s', (command) => {
    expect(new Set(kindsIn(command))).toEqual(new Set(['word']));
  });

  it.each([
    'echo "{{ x }}"',
    "echo '{{ x }}'",
    "echo $'a\\'{{ x }}'",
    'echo $"a {{ x }}"',
    'echo "a \\" {{ x }}"',
    'echo "$(echo "{{ x }}")"',
    'echo "`date` {{ x }}"',
    "cat <(sort '{{ x }}')",
    'echo "it\'s {{ x }}"',
    "awk '\n{ print }\n# {{ x }}\n' a",
    'cat <<{{ x }}\n{{ x }}\n',
    "[[ a == '{{ x }}' ]]",
  ])('is between quotes: %s', (command) => {
    expect(kindsIn(command)).toContain('quotes');
  });

  it.each([
    ["cat <<'EOF'\nit's {{ x }}\nEOF", ['heredoc literal']],
    ['cat <<\\EOF\n"{{ x }}\nEOF', ['heredoc literal']],
    ['cat <<EOF\nit\'s "{{ x }}"\nEOF\necho {{ x }}', ['heredoc expanded', 'word']],
    ["cat <<-A - <<'B'\n\t{{ x }}\n\tA\n{{ x }}\nB", ['heredoc expanded', 'heredoc literal']],
    ['cat <<EOF\n$(echo {{ x }} "$(cat {{ x }})") ${a:-{{ x }}}\nEOF', ['word', 'word', 'plain']],
    ['a="$(cat <<EOF\n{{ x }}\nEOF\n)"', ['heredoc expanded']],
    ['echo {{ x }} # a {{ x }}', ['word', 'comment']],
    ['#{{ x }}\n# {{ x }}\n  # "{{ x }}\necho $( # {{ x }}\n)', Array(4).fill('comment')],
    ['echo $(( {{ x }} + 1 )) "$(( {{ x }} ))"', ['number', 'number']],
    ['(( n = {{ x }} )); a[{{ x }}]=1', ['number', 'number']],
    [
      'for ((i = 0; i < {{ x }}; i++)); do echo {{ x }} "{{ x }}"; done',
      ['number', 'word', 'quotes'],
    ],
    ['echo `cat {{ x }}` "`cat {{ x }} $(cat {{ x }})`"', ['plain', 'plain', 'plain']],
    ['echo ${x:-{{ x }}} "${x:={{ x }}}"', ['plain', 'plain']],
  ])('is told from others: %s', (command, kinds) => {
    expect(kindsIn(command)).toEqual(kinds);
  });

  it.each([
    ['echo ${{ x }}', 'it follows a $'],
    ['echo \\{{ x }}', 'it follows a backslash'],
    ['echo $HOME{{ x }}', 'it follows $HOME directly'],
    ['cat <<EOF\n$a{{ x }}\nEOF', 'it follows $a directly'],
    ["echo 'a {{ x }}", 'bash could not read line'],
    ['if true; then echo "$(" {{ x }}', 'bash could not read line'],
  ])('is unclear and says why: %s', (command, because) => {
    const [place] = readPositions(textOf(command));
    expect(place).toMatchObject({ kind: 'unclear', because: expect.stringContaining(because) });
    expect(findSimplePositions(textOf(command))).toBeNull();
  });

  it.each([
    'sort {{ x }} | uniq -c > {{ x }}',
    "awk '{print $1}' {{ x }} > {{ x }}",
    'cp "$HOME/a" {{ x }} && cat < {{ x }}',
    'python train.py --lr {{ x }} --out {{ x }}',
  ])('is told without the grammar in an ordinary command: %s', (command) => {
    expect(findSimplePositions(textOf(command))).not.toBeNull();
  });
});
