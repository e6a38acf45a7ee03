interface Row {
  cells: string[];
  /** Whether the text goes on in the next row, because it reached the last column. */
  wraps: boolean;
}

/**
 * A small terminal emulator: knows the sequences that the reporters use and rewraps its text on
 * resizing, as most terminals do. It has no bottom, so that lines which scrolled away can be
 * checked too. Every character is one cell wide. A sequence that it does not know is an error.
 */
export class Screen {
  cursorVisible = true;
  private columns: number;
  private rows: Row[] = [{ cells: [], wraps: false }];
  private row = 0;
  private column = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  /** The text of the rows, without blank ones at the end. */
  lines(): string[] {
    const lines = this.rows.map((row) => row.cells.join('').trimEnd());
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  write(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what it reads
    for (const token of text.match(/\u001B\[\??[0-9;]*[A-Za-z]|./gsu) ?? []) {
      const sequence = /^.\[(\??[0-9;]*)([A-Za-z])$/u.exec(token);
      if (sequence === null) this.put(token);
      else this.obey(sequence[1] ?? '', sequence[2] ?? '');
    }
  }

  resize(columns: number): void {
    const { rows, row: oldRow } = this;
    this.columns = columns;
    this.rows = [{ cells: [], wraps: false }];
    this.row = 0;
    this.column = 0;
    for (const [index, { cells, wraps }] of rows.entries()) {
      if (index === oldRow) break;
      for (const cell of cells.join('').trimEnd()) this.put(cell);
      if (!wraps) this.put('\n');
    }
  }

  private current(): Row {
    while (this.rows.length <= this.row) this.rows.push({ cells: [], wraps: false });
    return this.rows[this.row] ?? { cells: [], wraps: false };
  }

  private put(character: string): void {
    if (character === '\r') {
      this.column = 0;
    } else if (character === '\n') {
      this.current().wraps = false;
      this.row += 1;
      this.column = 0;
    } else {
      if (this.column === this.columns) {
        this.current().wraps = true;
        this.row += 1;
        this.column = 0;
      }
      const { cells } = this.current();
      while (cells.length < this.column) cells.push(' ');
      cells[this.column] = character;
      this.column += 1;
    }
  }

  private obey(argument: string, command: string): void {
    const row = this.current();
    if (argument === '?25') this.cursorVisible = command === 'h';
    else if (argument === '?2026' || command === 'm') return;
    else if (command === 'A') this.row = Math.max(0, this.row - Number(argument || '1'));
    else if (command === 'K') row.cells.splice(this.column);
    else if (command === 'J') {
      row.cells.splice(this.column);
      this.rows.splice(this.row + 1);
    } else throw new Error(`unknown sequence ${argument}${command}`);
  }
}
