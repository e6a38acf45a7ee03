import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCall } from '../../../../pipeline/audit/strace-line.ts';
import { StraceReader } from '../../../../pipeline/audit/strace-reader.ts';

/** Text as strace prints a string: what is not plain ASCII byte by byte, as octal numbers. */
function asPrinted(text: string, also = '"\\'): string {
  const names: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r' };
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (names[byte] !== undefined) return names[byte];
      if (byte < 32 || byte > 126) return `\\${byte.toString(8).padStart(3, '0')}`;
      if (!also.includes(character)) return character;
      return '<>'.includes(character) ? `\\${byte.toString(8)}` : `\\${character}`;
    })
    .join('');
}

/** What a reader tells of some lines. */
function read(lines: readonly string[]): string[] {
  const told: string[] = [];
  const reader = new StraceReader('/w', (kind, path) => told.push(`${kind} ${path}`));
  for (const line of lines) reader.readLine(line);
  return told;
}

const name = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...'ab "\\<>(),=[]{}\n\té…'), minLength: 1, maxLength: 12 }),
  )
  .filter(
    (text) =>
      !/[/\0]/.test(text) && text !== '.' && text !== '..' && Buffer.from(text).toString() === text,
  );

describe('a call as strace prints it', () => {
  it('gives back any name of a file, of a descriptor and of the current folder', () => {
    fc.assert(
      fc.property(name, name, name, (folder, file, target) => {
        const current = `AT_FDCWD</${asPrinted(folder, '"\\<>')}>`;
        const opened = `3</${asPrinted(target, '"\\<>')}>`;
        const call = parseCall(
          `openat(${current}, "${asPrinted(file)}", O_RDONLY|O_CLOEXEC) = ${opened}`,
        );
        expect(call).toMatchObject({ name: 'openat', result: 3 });
        expect(call?.args.map(({ string, path }) => string ?? path)).toEqual([
          `/${folder}`,
          file,
          null,
        ]);
        expect(
          parseCall(`getdents64(${opened}, 0x5 /* 2 entries */, 32768) = 48`)?.args[0],
        ).toEqual(expect.objectContaining({ path: `/${target}` }));
      }),
    );
  });

  it('is none where it is cut off, a signal or an exit, and never throws', () => {
    const line = 'newfstatat(AT_FDCWD</w>, "a", {st_mode=S_IFREG|0644, st_size=3, ...}, 0) = 0';
    for (let length = 0; length < line.length - 4; length++) {
      expect(parseCall(line.slice(0, length))).toBeNull();
    }
    for (const text of ['--- SIGCHLD {si_signo=SIGCHLD} ---', '+++ exited with 0 +++', '']) {
      expect(parseCall(text)).toBeNull();
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => read([text, `1 ${text}`, `1 stat(${text}`])).not.toThrow();
      }),
    );
  });
});

describe('what processes did', () => {
  it('is told by the call, its folder and its flags, where it succeeded or found nothing', () => {
    const lines = [
      'openat(AT_FDCWD</w>, "gone", O_RDONLY) = -1 ENOENT (No such file or directory)',
      'openat(AT_FDCWD</w>, "made", O_RDWR|O_CREAT, 0666) = -1 ENOTDIR (Not a directory)',
      'unlink("gone") = -1 ENOENT (No such file or directory)',
      'openat(AT_FDCWD</w>, "shut", O_RDONLY) = -1 EACCES (Permission denied)',
      'openat(AT_FDCWD</w>, "a", O_RDONLY) = 3</w/a>',
      'openat(7</w/d>, "b", O_RDONLY) = 3</w/d/b>',
      'openat(AT_FDCWD</w>, "n", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3</w/n>',
      'openat(AT_FDCWD</w>, "u", O_RDWR) = 3</w/u>',
      'openat(AT_FDCWD</w>, "d", O_RDONLY|O_DIRECTORY) = 3</w/d>',
      'getdents64(3</w/d>, 0x55 /* 3 entries */, 32768) = 80',
      'newfstatat(3</w/a>, "", {st_mode=S_IFREG|0644, ...}, AT_EMPTY_PATH) = 0',
      'execve("./tool.sh", ["./tool.sh", "x\\"y"...], 0x7f /* 9 vars */) = 0',
      'renameat2(AT_FDCWD</w>, "x", 4</w/e>, "y", 0) = 0',
      'chdir("d") = 0',
      'access("c", R_OK) = 0',
      'fchdir(5</w/f>) = 0',
      'stat("../g", {st_mode=S_IFREG|0644, ...}) = 0',
    ];
    expect(read(lines.map((line) => `10 ${line}`))).toEqual([
      'miss /w/gone',
      'read /w/a',
      'read /w/d/b',
      'write /w/n',
      'read /w/u',
      'write /w/u',
      'list /w/d',
      'read /w/tool.sh',
      'read /w/x',
      'write /w/x',
      'write /w/e/y',
      'look /w/d/c',
      'look /w/g',
    ]);
  });

  it('is found in the folder of the process that did it, and of its parent at first', () => {
    const lines = [
      '1 chdir("/w/sub") = 0',
      '1 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>',
      '2 stat("early", {...}) = 0',
      '1 <... clone resumed>, child_tidptr=0x7f) = 2',
      '1 chdir("/w/other") = 0',
      '2 stat("late", {...}) = 0',
      '1 vfork() = 3',
      '3 stat("third", {...}) = 0',
    ];
    expect(read(lines)).toEqual(['look /w/sub/early', 'look /w/sub/late', 'look /w/other/third']);
  });

  it('is the same however the lines of processes cut into each other', () => {
    const calls = fc.array(
      fc.record({ file: name, cut: fc.option(fc.nat({ max: 2 })), failed: fc.boolean() }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(calls, calls, fc.infiniteStream(fc.boolean()), (first, second, turns) => {
        const linesOf = (process: number, some: typeof first) =>
          some.flatMap(({ file, cut, failed }) => {
            const parts = [`"${asPrinted(file)}"`, ' {st_size=3, ...}', ' 0'];
            const end = failed ? ') = -1 ENOENT (No such file)' : ') = 0';
            const start = `newfstatat(AT_FDCWD</w/${process}>,`;
            if (cut === null) return [`${process} ${start} ${parts.join(',')}${end}`];
            const [before, after] = [parts.slice(0, cut + 1), parts.slice(cut + 1)];
            const rest = after.length === 0 ? end : `,${after.join(',')}${end}`;
            return [
              `${process} ${start} ${before.join(',')} <unfinished ...>`,
              `${process} <... newfstatat resumed>${rest}`,
            ];
          });
        const [left, right] = [linesOf(1, first), linesOf(2, second)];
        const mixed: string[] = [];
        for (const turn of turns) {
          const from = (turn && left.length > 0) || right.length === 0 ? left : right;
          const line = from.shift();
          if (line === undefined) break;
          mixed.push(line);
        }
        const expected = [first, second].flatMap((some, i) =>
          some.map(({ file, failed }) => `${failed ? 'miss' : 'look'} /w/${i + 1}/${file}`),
        );
        expect(read(mixed).sort()).toEqual(expected.sort());
      }),
    );
  });
});
