/**
 * Where values stand in a command, read with bash's own grammar: for commands a look does not
 * settle.
 */

import { forEachChild, type ParsedScript, parse, type SyntaxNode } from 'unbash';
import type { ShellText, ValuePosition } from './value-position.ts';

/** A value's place in the text that is parsed, in which a name stands for it. */
interface Marker {
  readonly start: number;
  readonly end: number;
  place: ValuePosition | null;
}

/** What surrounds a part of a word, as far as it decides how a value is put in. */
type Surroundings = Extract<
  ValuePosition,
  { kind: 'word' | 'plain' | 'number' | 'quotes' | 'heredoc' }
>;

const WORD: Surroundings = { kind: 'word' };
const NUMBER: Surroundings = { kind: 'number' };
const QUOTES: Surroundings = { kind: 'quotes' };
const EXPANSION: Surroundings = { kind: 'plain', inside: 'an expansion of a variable' };
const EXPANSION_ITSELF: ValuePosition = {
  kind: 'unclear',
  because: 'it would become part of an expansion of a variable',
  hint: 'give it to a variable of the shell first',
};
const BACKTICKS: Surroundings = { kind: 'plain', inside: 'backticks' };

/**
 * Reads a command with the grammar of bash and tells where its values stand. What it cannot tell with
 * certainty is `unclear`, never guessed.
 */
export function readPositions(text: ShellText): readonly ValuePosition[] {
  const markers: Marker[] = [];
  let source = '';
  for (const piece of text) {
    const part = piece ?? `v${markers.length}v`;
    if (piece === null) {
      markers.push({ start: source.length, end: source.length + part.length, place: null });
    }
    source += part;
  }
  const errors = new PlaceFinder(source, markers).run();
  const [error] = errors;
  return markers.map((marker): ValuePosition => {
    if (error !== undefined) {
      const line = source.slice(0, error.pos).split('\n').length;
      return { kind: 'unclear', because: `bash could not read line ${line}: ${error.message}` };
    }
    const place = marker.place ?? findComment(source, marker);
    return checkBefore(source.slice(0, marker.start), place);
  });
}

/** What stands right before a value could take it for its own. */
function checkBefore(before: string, place: ValuePosition): ValuePosition {
  const isTaken = place.kind !== 'comment' && place.kind !== 'quotes' && place.kind !== 'unclear';
  if (!isTaken || (place.kind === 'heredoc' && !place.expands)) return place;
  if (/(?<!\\)(?:\\\\)*\\$/.test(before)) {
    return { kind: 'unclear', because: 'it follows a backslash', hint: 'leave out the backslash' };
  }
  const [, name] = /(?<!\\)(?:\\\\)*\$(\w*)$/.exec(before) ?? [];
  if (name === undefined) return place;
  return name === ''
    ? { kind: 'unclear', because: 'it follows a $', hint: 'leave out the $' }
    : { kind: 'unclear', because: `it follows $${name} directly`, hint: `write \${${name}}` };
}

class PlaceFinder {
  readonly #source: string;
  readonly #markers: readonly Marker[];
  /** In how many backticks the visit is: they hold for all that is in them. */
  #backticks = 0;
  readonly #errors: { readonly pos: number; readonly message: string }[] = [];

  constructor(source: string, markers: readonly Marker[]) {
    this.#source = source;
    this.#markers = markers;
  }

  run(): readonly { readonly pos: number; readonly message: string }[] {
    this.#visitScript(parse(this.#source), WORD);
    return this.#errors;
  }

  #visitScript(script: ParsedScript, around: Surroundings): void {
    this.#errors.push(...(script.errors ?? []));
    forEachChild(script, (child) => this.#visit(child, around));
  }

  #visit(node: SyntaxNode, around: Surroundings): void {
    switch (node.type) {
      case 'Script':
        this.#visitScript(node, around);
        return;
      case 'SingleQuoted':
      case 'AnsiCQuoted':
        this.#claim(node, QUOTES);
        return;
      case 'DoubleQuoted':
      case 'LocaleString':
        this.#enter(node, QUOTES);
        return;
      case 'SimpleExpansion':
        // A value in its name follows a $, which is found as such.
        this.#claim(node, EXPANSION);
        return;
      case 'ParameterExpansion':
        this.#claim(node, EXPANSION_ITSELF);
        this.#visitOperands(node);
        return;
      case 'CommandExpansion':
      case 'ArithmeticCommandExpansion':
      case 'ProcessSubstitution': {
        const isOld = this.#source[node.pos] === '`';
        this.#backticks += isOld ? 1 : 0;
        // It has comments of its own.
        this.#claim(node, null);
        this.#enter(node, this.#backticks > 0 ? BACKTICKS : WORD, false);
        this.#backticks -= isOld ? 1 : 0;
        return;
      }
      case 'ArithmeticExpansion':
      case 'ArithmeticCommand':
      case 'ArithmeticFor':
        this.#enter(node, NUMBER, node.type !== 'ArithmeticFor');
        if (node.type === 'ArithmeticFor') this.#visit(node.body, WORD);
        return;
      case 'HereDoc':
        this.#visitHeredoc(node);
        return;
      case 'Assignment':
        this.#claim(node, around);
        forEachChild(node, (child) => this.#visit(child, child === node.index ? NUMBER : around));
        return;
      case 'Word':
      case 'Literal':
      case 'Glob':
      case 'ExtendedGlob':
      case 'BraceExpansion':
      case 'ArithmeticWord':
        this.#enter(node, around);
        return;
      default:
        forEachChild(node, (child) => this.#visit(child, around));
    }
  }

  /** Only in some operands can a value not become another operator. */
  #visitOperands({ index, operation }: Extract<SyntaxNode, { type: 'ParameterExpansion' }>): void {
    if (index !== undefined) this.#visit(index, NUMBER);
    switch (operation?.type) {
      case 'Default':
      case 'Remove':
        this.#visit(operation.operand, EXPANSION);
        return;
      case 'Slice':
        this.#visit(operation.offset, NUMBER);
        if (operation.length !== undefined) this.#visit(operation.length, NUMBER);
        return;
      case 'Replace':
        // What they hold in `$( … )` is a command again.
        this.#visit(operation.pattern, QUOTES);
        this.#visit(operation.replacement, QUOTES);
    }
  }

  #visitHeredoc(node: Extract<SyntaxNode, { type: 'HereDoc' }>): void {
    const { delimiter, body, operator } = node;
    if (delimiter === undefined) return;
    this.#claim(delimiter, QUOTES);
    const around: Surroundings = {
      kind: 'heredoc',
      expands: !delimiter.quoted,
      delimiter: delimiter.value,
      stripsTabs: operator === '<<-',
    };
    this.#claim(body, around);
    if (delimiter.quoted) return;
    for (const part of body.parts ?? []) this.#visit(part, around);
  }

  /** @param claims whether values in none of its children are its own */
  #enter(node: SyntaxNode, around: Surroundings, claims = true): void {
    if (claims) this.#claim(node, around);
    forEachChild(node, (child) => this.#visit(child, around));
  }

  #claim(
    { pos, end }: { readonly pos: number; readonly end: number },
    place: ValuePosition | null,
  ): void {
    for (const marker of this.#markers) {
      if (pos <= marker.start && marker.end <= end) marker.place = place;
    }
  }
}

/** A value in no word stands in a comment, if its line has begun one. */
function findComment(source: string, { start }: Marker): ValuePosition {
  const line = source.slice(source.lastIndexOf('\n', start - 1) + 1, start);
  return /(?:^|[\s;&|()])#/.test(line)
    ? { kind: 'comment' }
    : { kind: 'unclear', because: 'it stands where bash expects something else' };
}
