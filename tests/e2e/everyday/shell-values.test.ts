import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatValues } from '../../../pipeline/graph/format-values.ts';
import { parsePieces } from '../../../pipeline/graph/interpolate.ts';
import { fillCommand } from '../../../pipeline/shell/fill-command.ts';
import { readPositions } from '../../../pipeline/shell/read-positions.ts';
import { findSimplePositions } from '../../../pipeline/shell/value-position.ts';

/** The command with a value for each variable, or null where it is refused. */
function fill(command: string, value: string): string | null {
  const { pieces } = parsePieces(command);
  const text = pieces.map((piece) => (piece.kind === 'text' ? piece.text : null));
  const places = [...(findSimplePositions(text) ?? readPositions(text))];
  const filled = fillCommand(
    pieces.map((piece) => {
      if (piece.kind === 'text') return piece;
      const place = places.shift();
      if (place === undefined) throw new Error('a value has no place');
      return { kind: 'values', values: formatValues(piece.filters, value), place };
    }),
  );
  return filled.ok ? filled.text : null;
}

/** bash 3.2, which macOS has, knows no `;&` and no negative index, and loses control characters in heredocs. */
const isNew = spawnSync('bash', ['-c', 'case a in a) ;& b) ;; esac']).status === 0;

/** What a value comes to, for each place in which one is printed. */
const PRINTED: readonly (readonly [command: string, expected: (value: string) => string])[] = [
  ["printf '%s' {{ x }}", (x) => x],
  ['printf \'%s\' pre{{ x }}"post"', (x) => `pre${x}post`],
  ['printf "%s" "a$(printf \'%sE\' {{ x }})b"', (x) => `a${x}Eb`],
  ["cat <<'EOF'\n{{ x }}\nEOF", (x) => `${x}\n`],
  [
    "cat <<'EOF'\nit's \"$HOME\" `x` {{ x }}{{ x }}\\\nEOF",
    (x) => `it's "$HOME" \`x\` ${x}${x}\\\n`,
  ],
  ['cat <<EOF\n{{ x }}\nEOF', (x) => `${x}\n`],
  [
    'v=w; cat <<EOF\nit\'s "$v" {{ x }} "${v}"{{ x }}$(echo "\'")\nEOF',
    (x) => `it's "w" ${x} "w"${x}'\n`,
  ],
  ['cat <<-E\n\t{{ x }}\n\ta {{ x }}\n\tE', (x) => `${x}\na ${x}\n`],
  ["cat <<A - <<'B'\n{{ x }}\nA\n{{ x }}\nB", (x) => `${x}\n`],
  ['cat <<EOF\n$(printf "%sE" {{ x }})\nEOF', (x) => `${x}E\n`],
  ['cat <<EOF\n${v:-{{ x }}}\nEOF', (x) => `${x}\n`],
  ['cat <<< {{ x }}', (x) => `${x}\n`],
  ["printf '%s' $(( {{ x }} ))", (x) => x],
  ["v=abcdef; printf '%s' ${v:{{ x }}}", (x) => 'abcdef'.slice(Number(x))],
  ["printf '%s' \"`printf '%sE' {{ x }}`\"", (x) => `${x}E`],
  ['printf \'%s\' "${v:-{{ x }}}"', (x) => x],
  ["case {{ x }} in *\\ ) ;& {{ x }}) printf '%s' {{ x }};; esac", (x) => x],
  ["[[ {{ x }} == {{ x }} ]] && printf '%s' {{ x }}", (x) => x],
  ['a={{ x }}; printf \'%s\' "$a"', (x) => x],
  ['a=(b {{ x }}); printf \'%s\' "${a[1]}"', (x) => x],
  ['for a in {{ x }}; do printf \'%s\' "$a"; done', (x) => x],
  ["f() { printf '%s' \"$1\"; }; f {{ x }} # {{ x }} it's", (x) => x],
  ["printf '%s' {{ x }}>&1", (x) => x],
  ["printf '%s' {{ x }}# a", (x) => `${x}#a`],
  ["v=abc; printf '%s' ${v:{{ x }}:1}", (x) => 'abc'.slice(Number(x)).slice(0, 1)],
  ["v=abc; printf '%s' ${v{{ x }}}", (x) => x],
  ["v=abc; printf '%s' ${v#{{ x }}}", (x) => (x === 'a' ? 'bc' : 'abc')],
  ["v=a/b/c; printf '%s' ${v/{{ x }}/z}", (x) => x],
  ["v=abc; printf '%s' $v{{ x }}", (x) => `abc${x}`],
  ["v=(a b c d e f g h i); printf '%s' ${v[{{ x }}]}", (x) => [...'abcdefghi'].at(Number(x)) ?? ''],
  ["printf '%s' $((3-{{ x }}))", (x) => String(3 - Number(x))],
  ["printf '%s' ${{ x }}", (x) => x],
  ["printf '%s' \\{{ x }}", (x) => x],
  ['printf \'%s\' "{{ x }}"', (x) => x],
];

/** Commands that print nothing, full of what could be misread. */
const NOISE = [
  '# it\'s "a" $(comment `\n',
  ': \'it\' "is" $\'it\\\'s\' "$(echo "a \'b")"\n',
  ": <<'X'\nit's \" ` $( ((\nX\n",
  ': <<-X\n\tit\'s "\n\tX\n',
  'case a in (a) : \'b\' ;; b) : "c" ;; esac\n',
  ': ${HOME#\'it\'} ${HOME%%"b"*} $((1 << 2)) $# `echo "\'"`\n',
  ': <<A <<B\n\'\nA\n"\nB\n',
  'if [[ a =~ ^(a|b)$ ]]; then : "x#y"; fi; (( 1 < 2 ))\n',
];

const CONTROLS = isNew ? '\x01\x7f' : '';
const character = fc.constantFrom(
  ...`'"\\$\`!*?[](){}<>|&;#~= \n\tüa1-EOFAB%\r${CONTROLS}`.split(''),
);
const value = fc.oneof(
  fc.string({ unit: character }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    'EOF',
    'E',
    'A',
    '\tE',
    '\t',
    '-3',
    '5',
    '010',
    'if',
    'HOME',
    '$HOME',
    '$(id)',
    '',
  ),
  fc.integer({ min: -3, max: 9 }).map(String),
);

describe('a value in a command', () => {
  it('is what bash gets, or the command is refused', () => {
    const cases = fc.record({
      before: fc.array(fc.constantFrom(...NOISE), { maxLength: 3 }),
      printed: fc.constantFrom(
        ...PRINTED.filter(([command]) => isNew || !/;&|\$\{v\[/.test(command)),
      ),
      value,
    });
    let run = 0;
    fc.assert(
      fc.property(cases, ({ before, printed: [command, expected], value }) => {
        const text = fill(before.join('') + command, value);
        if (text === null) return;
        run += 1;
        const printed = execFileSync('bash', ['-eo', 'pipefail', '-c', text], {
          encoding: 'utf8',
          env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' },
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        expect(printed).toBe(expected(value));
      }),
      { numRuns: 250 },
    );
    expect(run).toBeGreaterThan(60);
  });
});
