/** What a command starts, read with bash's own grammar: programs with their words, in their folders. */

import { forEachChild, type ParsedScript, parse, type SyntaxNode } from 'unbash';
import { expandWord } from './expand-word.ts';
import { MARK } from './shell-marks.ts';
import type { ShellText } from './value-position.ts';

/**
 * A program that a command starts. Its texts hold marks for values and variables that are not known yet
 * (`shell-marks.ts`); null is what only bash can tell.
 */
export interface ListedProgram {
  readonly words: readonly (string | null)[];
  /** The variables that it is given by the command. */
  readonly variables: Readonly<Record<string, string | null>>;
  /** Where it runs, from the workspace. */
  readonly folder: string | null;
  /** What it is given to read: the text of a heredoc, or a file. */
  readonly input: { readonly text: string } | { readonly path: string | null } | null;
}

/** What is known where a program stands. */
interface State {
  folder: string | null;
  readonly variables: Map<string, string | null>;
}

/** Lists what a command starts, in any branch and at any depth. @param text null where values go */
export function listPrograms(text: ShellText): readonly ListedProgram[] {
  let count = 0;
  const source = text.map((piece) => piece ?? MARK.value(count++)).join('');
  return listIn(source, { folder: '', variables: new Map() });
}

function listIn(source: string, state: State): ListedProgram[] {
  const lister = new ProgramLister();
  lister.visitScript(parse(source), state);
  return lister.programs;
}

const SHELLS = /(?:^|\/)(?:ba|da|z|k|a)?sh$/;
const IN_ITS_OWN = new Set(['Subshell', 'Pipeline', 'Coproc']);
/** What is in these may happen, or not, or often. */
const UNCERTAIN = new Set(['If', 'For', 'Select', 'While', 'Case', 'ArithmeticFor', 'Function']);

class ProgramLister {
  readonly programs: ListedProgram[] = [];

  visitScript(script: ParsedScript, state: State): void {
    if ((script.errors ?? []).length > 0) return;
    for (const statement of script.commands) this.#visit(statement, state);
  }

  #visit(node: SyntaxNode, state: State): void {
    if (node.type === 'Command') {
      this.#visitCommand(node, state);
      return;
    }
    if (node.type === 'Script') {
      this.visitScript(node, copyState(state));
      return;
    }
    if (node.type === 'Redirected') {
      // What a loop or a group is given to read.
      const input = this.#readInput(node, state);
      this.programs.push({ words: [], variables: {}, folder: state.folder, input });
      this.#visit(node.command, state);
      return;
    }
    if (node.type === 'AndOr') {
      // `cd a && b`: what stands behind runs where all before it went well.
      for (const child of node.commands) this.#visit(child, state);
      return;
    }
    if (node.type === 'Pipeline' && node.commands.length > 1) {
      for (const child of node.commands) this.#visit(child, copyState(state));
      return;
    }
    if (IN_ITS_OWN.has(node.type) && node.type !== 'Pipeline') {
      const inner = copyState(state);
      forEachChild(node, (child) => this.#visit(child, inner));
      return;
    }
    if (UNCERTAIN.has(node.type)) {
      this.#visitUncertain(node, state);
      return;
    }
    forEachChild(node, (child) => this.#visit(child, state));
  }

  #visitUncertain(node: SyntaxNode, state: State): void {
    if (node.type === 'For' || node.type === 'Select') state.variables.set(node.name.value, null);
    const before = copyState(state);
    forEachChild(node, (child) => {
      const inner = copyState(before);
      this.#visit(child, inner);
      if (inner.folder !== before.folder) state.folder = null;
      for (const [name, value] of inner.variables) {
        if (before.variables.get(name) !== value) state.variables.set(name, null);
      }
    });
  }

  #visitCommand(node: Extract<SyntaxNode, { type: 'Command' }>, state: State): void {
    // What its words start themselves: $( … ) and the like.
    forEachChild(node, (child) => this.#visit(child, copyState(state)));
    const own = new Map<string, string | null>();
    for (const one of node.prefix) {
      if (one.type !== 'Assignment') continue;
      const { value } = one;
      const isPlain = value.type === 'Word' && one.append !== true && one.index === undefined;
      own.set(one.name, isPlain ? expandWord(value, state.variables) : null);
    }
    if (node.name === undefined) {
      for (const [name, value] of own) state.variables.set(name, value);
      return;
    }
    const words = [node.name, ...node.args].map((word) => {
      if (word.type === 'Word') return expandWord(word, state.variables);
      const { name, value } = word;
      const text = value.type === 'Word' ? expandWord(value, state.variables) : null;
      return text === null ? `${name}=${MARK.unknown}` : `${name}=${text}`;
    });
    const [program, ...given] = words;
    switch (program) {
      case 'cd':
      case 'pushd':
        state.folder = enter(
          state.folder,
          given.filter((word) => !/^-[LPe@]+$/.test(word ?? '')),
        );
        return;
      case 'popd':
        state.folder = null;
        return;
      case 'export':
      case 'declare':
      case 'readonly':
      case 'local':
      case 'typeset':
        this.#assign(given, state.variables);
        return;
      case 'unset':
        for (const name of given) if (name !== null) state.variables.delete(name);
        return;
      case 'eval':
        this.#nest(given.includes(null) ? null : given.join(' '), state, words);
        return;
    }
    const variables = Object.fromEntries([...state.variables, ...own]);
    if (typeof program === 'string' && SHELLS.test(program)) {
      const at = given.findIndex((word) => word !== null && /^-[a-z]*c$/.test(word));
      if (at !== -1) {
        const inner = { folder: state.folder, variables: new Map(Object.entries(variables)) };
        this.#nest(given.slice(at + 1).find((w) => w !== '-o') ?? null, inner, words);
        return;
      }
    }
    this.programs.push({
      words,
      variables,
      folder: state.folder,
      input: this.#readInput(node, state),
    });
  }

  #assign(given: readonly (string | null)[], variables: Map<string, string | null>): void {
    for (const word of given) {
      const [, name, value = ''] = /^(\w+)=([\s\S]*)$/.exec(word ?? '') ?? [];
      if (name !== undefined) variables.set(name, value.includes(MARK.unknown) ? null : value);
    }
  }

  /** A text that bash runs as a command. */
  #nest(text: string | null, state: State, words: readonly (string | null)[]): void {
    if (text !== null) this.programs.push(...listIn(text, state));
    else this.programs.push({ words, variables: {}, folder: state.folder, input: null });
  }

  #readInput(
    { redirects }: Pick<Extract<SyntaxNode, { type: 'Command' }>, 'redirects'>,
    state: State,
  ): ListedProgram['input'] {
    for (const one of [...redirects].reverse()) {
      if (one.type === 'HereDoc') {
        const isPlain = one.delimiter?.quoted === true || one.body.parts === undefined;
        return isPlain ? { text: stripTabs(one.body.text, one.operator) } : { path: null };
      }
      if (one.type === 'HereString') return { path: null };
      if (one.operator === '<' && one.target !== undefined) {
        return { path: expandWord(one.target, state.variables) };
      }
    }
    return null;
  }
}

function stripTabs(text: string, operator: string): string {
  return operator === '<<-' ? text.replaceAll(/^\t+/gm, '') : text;
}

function copyState({ folder, variables }: State): State {
  return { folder, variables: new Map(variables) };
}

/** The folder after `cd`; null where it cannot be told. */
function enter(folder: string | null, [to, ...more]: readonly (string | null)[]): string | null {
  if (to === undefined || to === null || to === '-' || more.length > 0) return null;
  if (to.startsWith('/') || to.startsWith('~')) return to;
  return folder === null ? null : folder === '' ? to : `${folder}/${to}`;
}
