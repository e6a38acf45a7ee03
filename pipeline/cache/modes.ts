/** Rights of outputs: written into records, given back at their place. */

/*
 * The rights of an output are kept with the result and not with the bytes: equal bytes are one object,
 * and who may read a file says nothing of what is in it. Only whether its owner may execute it is content
 * too, and stands in the digest.
 */

/** Read, write and execute of owner, group and others. */
const ALL = 0o777;
const READ = 0o444;
const OWNER = 0o700;
const OWNER_READS = 0o400;

let ownUmask: number | undefined;

/** This process's umask. Asked once, because asking sets it for a moment; not before it may have been set. */
function umask(): number {
  ownUmask ??= process.umask();
  return ownUmask;
}

/** The rights of an output as they are written into a record: in octal. */
export interface OutputModes {
  /** Of a file, its own; of a folder, those of most that is in it, without the right to execute. */
  readonly mode: string;
  /** Of a folder: by path what has others, `.` being the folder itself. */
  readonly modes?: Readonly<Record<string, string>>;
}

/** One thing in an output folder. */
export interface ModeEntry {
  readonly mode: number;
  /** Folders, and files that their owner may execute. */
  readonly executable: boolean;
}

/** Name of the folder itself in {@link OutputModes}. No other thing can have it. */
export const ROOT = '.';

/** Writes down the rights of a folder and all in it. @param entries by path, the folder itself as {@link ROOT} */
export function recordModes(entries: ReadonlyMap<string, ModeEntry>): OutputModes {
  const counts = new Map<number, number>();
  for (const { mode } of entries.values()) {
    const base = mode & 0o666;
    counts.set(base, (counts.get(base) ?? 0) + 1);
  }
  const [[most] = [0o644]] = [...counts].sort(([a, m], [b, n]) => n - m || a - b);
  const odd = [...entries].filter(([, entry]) => (entry.mode & ALL) !== withExecute(most, entry));
  return {
    mode: formatMode(most),
    ...(odd.length === 0
      ? {}
      : { modes: Object.fromEntries(odd.map(([name, { mode }]) => [name, formatMode(mode)])) }),
  };
}

/** Reads {@link recordModes}' record: the rights that a thing in a folder had. */
export function modeOf({ mode, modes }: OutputModes, name: string, executable: boolean): number {
  const own = modes !== undefined && Object.hasOwn(modes, name) ? modes[name] : undefined;
  if (own !== undefined) return Number.parseInt(own, 8);
  return withExecute(Number.parseInt(mode, 8), { executable });
}

/** The rights with which a file that had some is put in its place: no others, and no more. */
export function placedMode(mode: number): number {
  return mode & ALL & ~(umask() & ~OWNER);
}

/** The rights with which a folder is put in its place: its owner can always change and remove it. */
export function placedFolderMode(mode: number): number {
  return placedMode(mode) | OWNER;
}

/** The rights of an object with the bytes of a file: who could read the file can read it, no one writes. */
export function objectMode(mode: number): number {
  return (mode & READ) | OWNER_READS;
}

/** The rights of an object that nothing else decides. */
export function plainObjectMode(): number {
  return objectMode(READ & ~umask());
}

/** Writes rights as a record has them. */
export function formatMode(mode: number): string {
  return (mode & ALL).toString(8).padStart(3, '0');
}

/** Who may read may execute, where something can be executed. */
function withExecute(base: number, { executable }: Pick<ModeEntry, 'executable'>): number {
  return executable ? base | ((base & READ) >> 2) : base;
}

/** Whether a record's rights have the form that {@link recordModes} gives them. */
export function areModes({ mode, modes = {} }: OutputModes): boolean {
  return [mode, ...Object.values(modes)].every((one) => /^[0-7]{3}$/.test(one));
}
