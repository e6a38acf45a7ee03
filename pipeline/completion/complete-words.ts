/**
 * The words typed so far → the words that may follow, from commander's description of the commands.
 */

import type { Command, Option } from 'commander';

/** A word that may stand where the cursor is. */
export interface CompletionWord {
  readonly word: string;
  readonly description: string;
}

/** What a workspace has names for. */
export type NameKind = 'profiles' | 'parameters' | 'targets' | 'commands' | 'runs' | 'explorations';

/** Looks up names of a kind in the workspace and profile that the words so far say. */
export type LookUpNames = (
  kind: NameKind,
  said: { readonly directory?: string; readonly profile?: string },
) => Promise<readonly CompletionWord[]>;

/** The words that may follow; `files` where a path is expected, which the shell knows better. */
export type Completion = readonly CompletionWord[] | 'files';

/** What the command line is in the middle of. */
interface Position {
  readonly command: Command;
  /** Words of the command that are neither options nor their values. */
  readonly positionals: number;
  /** The option whose value is next. */
  readonly pending: Option | undefined;
  /** A command of the workspace, of whose arguments nothing is known. */
  readonly isForeign: boolean;
  readonly directory?: string;
  readonly profile?: string;
}

/** What a value is called in the help → what it names. Values called otherwise are free text. */
const NAMES_OF_VALUES: Readonly<Record<string, NameKind | 'files'>> = {
  targets: 'targets',
  node: 'targets',
  run: 'runs',
  'key=value': 'parameters',
  folder: 'files',
  file: 'files',
  files: 'files',
};

/** Options of which the value is called anything → what it names. */
const NAMES_OF_OPTIONS: Readonly<Record<string, NameKind>> = {
  profile: 'profiles',
  as: 'explorations',
};

/**
 * Completes a command line.
 *
 * @param words what follows the program's name; the last one, perhaps empty, is being written
 */
export async function completeWords(
  cli: Command,
  words: readonly string[],
  lookUp: LookUpNames,
): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const position = findPosition(cli, words.slice(0, -1));
  const { command, pending } = position;
  const [, flag = '', value = ''] = /^(--[^=]+)=(.*)$/.exec(current) ?? [];
  if (pending === undefined && flag !== '') {
    const found = await listValues(findOption(command, flag), position, lookUp);
    return found === 'files' ? found : startingWith(value, found, `${flag}=`);
  }
  const found =
    pending !== undefined
      ? await listValues(pending, position, lookUp)
      : current.startsWith('-')
        ? listOptions(position)
        : await listArguments(position, lookUp);
  return found === 'files' ? found : startingWith(current, found);
}

function findPosition(cli: Command, words: readonly string[]): Position {
  let position: Position = {
    command: cli,
    positionals: 0,
    pending: undefined,
    isForeign: false,
  };
  for (const word of words) {
    const { command, pending, positionals } = position;
    if (pending !== undefined) {
      const name = pending.attributeName();
      const said = name === 'directory' || name === 'profile' ? { [name]: word } : {};
      position = { ...position, ...said, pending: undefined };
    } else if (word.startsWith('-')) {
      const option = findOption(command, word);
      if (option !== undefined && !option.isBoolean()) position = { ...position, pending: option };
    } else if (command.commands.length > 0) {
      const inner = command.commands.find((one) => one.name() === word);
      position = { ...position, command: inner ?? command, isForeign: inner === undefined };
    } else position = { ...position, positionals: positionals + 1 };
  }
  return position;
}

function findOption(command: Command, flag: string): Option | undefined {
  return command.options.find(({ short, long }) => short === flag || long === flag);
}

function listOptions({ command, isForeign }: Position): readonly CompletionWord[] {
  if (isForeign) return [];
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ short, long, description }) => ({ word: long ?? short ?? '', description }));
}

async function listArguments(position: Position, lookUp: LookUpNames): Promise<Completion> {
  const { command, positionals, isForeign } = position;
  if (isForeign) return 'files';
  if (command.commands.length > 0) {
    const own = command.createHelp().visibleCommands(command);
    const builtIn = own.map((one) => ({ word: one.name(), description: one.description() }));
    if (command.parent !== null) return builtIn;
    return [...builtIn, ...(await lookUp('commands', position))];
  }
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const next = registeredArguments[positionals] ?? (last?.variadic === true ? last : undefined);
  if (next === undefined) return [];
  return listNamed(next.name(), next.argChoices, position, lookUp);
}

async function listValues(
  option: Option | undefined,
  position: Position,
  lookUp: LookUpNames,
): Promise<Completion> {
  if (option === undefined) return [];
  const named = NAMES_OF_OPTIONS[option.attributeName()];
  if (named !== undefined) return lookUp(named, position);
  const [, value = ''] = /[<[]([^>\]]+)[>\]]$/.exec(option.flags) ?? [];
  return listNamed(value, option.argChoices, position, lookUp);
}

async function listNamed(
  value: string,
  choices: readonly string[] | undefined,
  position: Position,
  lookUp: LookUpNames,
): Promise<Completion> {
  if (choices !== undefined) return choices.map((word) => ({ word, description: '' }));
  const kind = NAMES_OF_VALUES[value];
  return kind === 'files' ? kind : kind === undefined ? [] : lookUp(kind, position);
}

/**
 * The words that begin with what is written. Of those that go on after a slash, as the nodes of a stage
 * do, only the part to the slash, until that is written: a stage may have thousands.
 */
function startingWith(
  written: string,
  candidates: readonly CompletionWord[],
  prefix = '',
): readonly CompletionWord[] {
  const found = new Map<string, CompletionWord>();
  for (const { word, description } of candidates) {
    if (!word.startsWith(written)) continue;
    const slash = word.indexOf('/', written.length);
    const isPart = slash >= 0 && slash < word.length - 1;
    const shown = isPart ? word.slice(0, slash + 1) : word;
    if (!found.has(shown)) {
      found.set(shown, { word: `${prefix}${shown}`, description: isPart ? '' : description });
    }
  }
  return [...found.values()];
}
