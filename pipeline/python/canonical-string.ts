/** Python, read: texts, as they stand in what is the same for all modules that do the same thing. */

import { namedChildren, type PythonNode } from './parse-python.ts';
import { decodeString } from './string-value.ts';

/** Writes texts by their values, with what is formatted into them. */
export class StringWriter {
  readonly #source: string;
  readonly #parts: string[];
  readonly #writeInner: (node: PythonNode) => void;

  /** @param writeInner writes the syntax that stands in a text */
  constructor(source: string, parts: string[], writeInner: (node: PythonNode) => void) {
    this.#source = source;
    this.#parts = parts;
    this.#writeInner = writeInner;
  }

  /** Texts side by side are one. */
  write(node: PythonNode): void {
    const strings = node.type === 'string' ? [node] : namedChildren(node);
    const prefixes = strings.map((one) => this.prefixOf(one));
    const kind = ['t', 'f', 'b'].find((letter) =>
      prefixes.some((prefix) => prefix.toLowerCase().includes(letter)),
    );
    this.#parts.push(`(${kind ?? ''}string`);
    let literal = '';
    const flush = () => {
      if (literal !== '') this.#parts.push(JSON.stringify(literal));
      literal = '';
    };
    for (const [i, one] of strings.entries()) {
      const prefix = prefixes[i] ?? '';
      const isFormat = /[ft]/i.test(prefix);
      const decode = (start: number, end: number) => {
        const inside = this.#source.slice(start, end);
        const plain = isFormat ? inside.replaceAll(/\{\{|\}\}/g, (two) => two.charAt(0)) : inside;
        return decodeString(prefix, plain);
      };
      // What ends it in the syntax may hold some of its text.
      const start = one.children[0]?.end ?? one.start;
      const end = one.end - (start - one.start - prefix.length);
      const rest = this.#writePieces(one.children, [start, end], decode, (text) => {
        literal += text;
        flush();
      });
      literal += rest;
    }
    flush();
    this.#parts.push(')');
  }

  /**
   * Writes what stands between pieces of text.
   *
   * @param before told the text before each of it
   * @returns the text behind the last
   */
  #writePieces(
    pieces: readonly PythonNode[],
    [start, end]: readonly [number, number],
    decode: (start: number, end: number) => string,
    before: (text: string) => void,
  ): string {
    let at = start;
    for (const piece of pieces) {
      if (piece.type !== 'interpolation' && piece.type !== 'format_expression') continue;
      const shown = this.#findShown(piece);
      before(decode(at, piece.start) + shown);
      this.#writeInterpolation(piece, shown !== '');
      at = piece.end;
    }
    return decode(at, end);
  }

  /** Of `{x = }` the text that shows what is asked. */
  #findShown({ children }: PythonNode): string {
    const sign = children.find(({ type, isNamed }) => type === '=' && !isNamed);
    const start = children[0]?.end;
    const end = children[sign === undefined ? 0 : children.indexOf(sign) + 1]?.start;
    return sign === undefined ? '' : this.#source.slice(start, end);
  }

  #writeInterpolation(node: PythonNode, isShown: boolean): void {
    this.#parts.push('(interpolation');
    let isPlain = true;
    for (const child of node.children) {
      if (child.type === 'format_specifier') {
        isPlain = false;
        this.#parts.push('(format');
        const text = this.#writePieces(
          child.children,
          [child.start + 1, child.end],
          (start, end) => decodeString('', this.#source.slice(start, end)),
          (part) => this.#parts.push(JSON.stringify(part)),
        );
        this.#parts.push(JSON.stringify(text), ')');
      } else if (child.type === 'type_conversion') {
        isPlain = false;
        this.#parts.push(this.#textOf(child));
      } else if (child.isNamed) this.#writeInner(child);
    }
    if (isShown && isPlain) this.#parts.push('!r');
    this.#parts.push(')');
  }

  /** The letters before the quotes of a text. */
  prefixOf(node: PythonNode): string {
    const [start] = node.children;
    return start === undefined ? '' : (/^[a-z]*/i.exec(this.#textOf(start))?.[0] ?? '');
  }

  #textOf({ start, end }: PythonNode): string {
    return this.#source.slice(start, end);
  }
}
