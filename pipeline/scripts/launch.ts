/** Code of commands: what it is to run code of the workspace. */

/** Which interpreter runs a program: the first that is there. */
export interface InterpreterChoice {
  /** Names that are looked for in PATH, or paths. */
  readonly candidates: readonly string[];
  /** PATH as the command sets it; null where it does not. */
  readonly path: string | null;
}

/** A piece of code that a command runs. Paths are relative to `folder`, which is relative to the workspace. */
export type Launch =
  | {
      readonly kind: 'python';
      readonly interpreter: InterpreterChoice;
      readonly entry:
        | { readonly kind: 'file'; readonly path: string }
        | { readonly kind: 'module'; readonly name: string }
        | { readonly kind: 'text'; readonly text: string };
      readonly folder: string;
      /** PYTHONPATH. */
      readonly searched: readonly string[];
      readonly isIsolated: boolean;
    }
  /** A file that counts as it stands; where it is started by its own name, its first line tells what reads it. */
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly folder: string;
      readonly isStarted: boolean;
      readonly interpreter: InterpreterChoice;
      readonly searched: readonly string[];
    }
  /** The text does not tell what is run. */
  | { readonly kind: 'unclear'; readonly what: string };

/** Stands for what another stage, or this one, makes: it counts as an input, where it is one. */
export const MADE = '\uE007';
