import { execFileSync, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import fc from 'fast-check';
import ignore from 'ignore';
import { afterAll, describe, expect, it } from 'vitest';
import { isSoundPattern, wordIgnoring } from '../../../../pipeline/ignore/check-patterns.ts';
import { DEFAULT_PATTERNS } from '../../../../pipeline/ignore/default-patterns.ts';
import { IgnoreRules } from '../../../../pipeline/ignore/ignore-rules.ts';
import { makeNameTest } from '../../../../pipeline/ignore/name-test.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

/** Which of some paths of the input folder `data` are left out. */
function leftOut(paths: readonly string[], patterns: readonly string[] = []): string[] {
  const { covers } = new IgnoreRules('/ws', patterns).below('/ws/data');
  return paths.filter(covers);
}

describe('what does not count in a folder', () => {
  it('is what programs leave beside the files that people work on', () => {
    const junk = [
      '__pycache__/m.cpython-311.pyc',
      'deep/__pycache__/m.pyc.140',
      'm.pyc',
      '.a.txt.swp',
      '.a.txt.swo',
      'a.txt~',
      '.#a.txt',
      '#a.txt#',
      '.~lock.a.ods#',
      '~$a.docx',
      '.goutputstream-XYZ',
      '.DS_Store',
      'deep/._a.txt',
      'Thumbs.db',
      'desktop.ini',
      '.git/HEAD',
      '.git',
      '.ipynb_checkpoints/a.ipynb',
      '.pytest_cache/x',
      '.nfs000012',
      '.Trash-1000/files/a',
      '.pipeline/cache/x',
    ];
    expect(leftOut(junk)).toEqual(junk);
  });

  it('is in the folder of an exploration what it is outside', () => {
    const patterns = ['/runs/*.log', '/made/', '*.bak', '!/runs/keep.bak', '__pycache__/x'];
    const paths = [
      'runs/a.log',
      'runs/in/a.log',
      'made/x',
      'runs/a.bak',
      'runs/keep.bak',
      'runs/a',
    ];
    const left = ['runs/a.log', 'made/x', 'runs/a.bak'];
    const rules = new IgnoreRules('/ws', patterns, 'out/tries');
    expect(paths.filter(rules.below('/ws').covers)).toEqual(left);
    const inside = paths.filter((path) => rules.below('/ws').covers(`out/tries/one/${path}`));
    expect(inside).toEqual(left);
    for (const folder of ['/ws', '/ws/out/tries/one']) {
      expect(rules.below(`${folder}/runs`).covers('a.log')).toBe(true);
      expect(rules.below(`${folder}/runs`).covers('in/a.log')).toBe(false);
      expect(rules.below(`${folder}/runs`).covers('keep.bak')).toBe(false);
    }
    // Explorations that are left out as a whole are.
    const none = new IgnoreRules('/ws', ['/out/tries/'], 'out/tries');
    expect(none.below('/ws').covers('out/tries/one/runs/a')).toBe(true);
    expect(none.below('/ws/out/tries/one/runs').covers('a')).toBe(false);
  });

  it('is nothing that may be data, code or settings', () => {
    const data = [
      'a.tmp',
      'a.bak',
      'a.orig',
      '4913',
      '.env',
      '.hidden',
      '.gitignore',
      '.venv/bin/python',
      'node_modules/x',
      'a.swp',
      'cache/x',
      'git/x',
      'a#b',
      'Icon',
      'pyc',
      '.../a',
      '..a',
    ];
    expect(leftOut(data)).toEqual([]);
  });

  it('is also what the patterns name: at any depth, by a path from the workspace, but for `!`', () => {
    const paths = ['a.bak', 'b/c.bak', 'raw/x', 'b/raw/x', 'keep.pyc', 'm.pyc', '.idea/x'];
    expect(leftOut(paths, ['*.bak', 'data/raw/', '!keep.pyc', '!.idea/'])).toEqual([
      'a.bak',
      'b/c.bak',
      'raw/x',
      'm.pyc',
    ]);
    expect(leftOut(['A.BAK'], ['*.bak'])).toEqual([]);
  });

  it('is never a folder that is itself the input', () => {
    const rules = new IgnoreRules('/ws', ['data/', 'out/**', '*.bak']);
    expect(rules.below('/ws/data').covers('x')).toBe(false);
    expect(rules.below('/ws/data').covers('x.bak')).toBe(true);
    expect(rules.below('/ws/.git/refs').covers('heads/main')).toBe(false);
    expect(rules.below('/elsewhere/data').covers('x')).toBe(false);
    expect(rules.below('/elsewhere/data').covers('b/x.bak')).toBe(true);
    expect(rules.below('/ws').covers('out/x')).toBe(true);
  });

  it('is what git ignores by the same patterns', () => {
    const folder = makeFolder({ '.gitignore': DEFAULT_PATTERNS.join('\n') });
    execFileSync('git', ['init', '-q'], { cwd: folder });
    const { skips } = new IgnoreRules(folder, []).below(folder);
    // Git has views of its own on its folder.
    const names = [...DEFAULT_PATTERNS, 'x', 'a b', '.swz', '._', '~', '#', '##', '.#', 'é.pyc']
      .flatMap((name) => {
        const plain = name.replace(/\/$/, '').replace('\\', '').replace('[a-p]', 'p');
        return [
          plain,
          plain.replaceAll('*', 'x'),
          plain.replaceAll('*', ''),
          `x${plain}`,
          `${plain}x`,
        ];
      })
      .filter((name) => !/^$|^\.git/.test(name));
    const { stdout } = spawnSync('git', ['check-ignore', '--no-index', '-z', '--stdin'], {
      cwd: folder,
      input: names.join('\0'),
      encoding: 'utf8',
    });
    expect(names.filter((name) => skips(name, false))).toEqual(stdout.split('\0').filter(Boolean));
  });
});

describe('the line that leaves out one path of an input', () => {
  it('does so, wherever the folder is and whatever the name', () => {
    const step = fc.constantFrom('a', 'deep', '#x', '!x', 'x ', '[ab]', 'b*', 'q?', 'back\\s', '-');
    const inner = fc.array(step, { minLength: 1, maxLength: 3 }).map((steps) => steps.join('/'));
    const folder = fc.constantFrom('data', 'in/[1]', '.', '..', '../other', '/mnt/data');
    fc.assert(
      fc.property(folder, inner, (input, path) => {
        const patterns = JSON.parse(wordIgnoring(input, path).replace('ignore: ', '')) as string[];
        expect(patterns.every(isSoundPattern)).toBe(true);
        const rules = new IgnoreRules('/home/ws', patterns).below(resolve('/home/ws', input));
        expect(rules.covers(path)).toBe(true);
        expect(rules.covers(`${path}2`)).toBe(false);
        expect(rules.covers(`z/${path}`)).toBe(false);
      }),
    );
  });
});

describe('the quick look at a name', () => {
  it('never misses what a pattern matches', () => {
    const pattern = fc
      .stringMatching(/^[ab.*?#!~\\[\]/ -]{1,8}$/)
      // A quoted asterisk at the end, and a quoted backslash, the library takes for more than they are.
      .filter((some) => isSoundPattern(some) && !/\\\*\s*\/?$|\\\\/.test(some));
    const step = fc.stringMatching(/^[ab.#~ -]{1,5}$/).filter((some) => !/^\.{1,2}$/.test(some));
    const path = fc.tuple(fc.array(step, { maxLength: 2 }), step);
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 3 }), path, (patterns, [folders, name]) => {
        const thorough = ignore({ ignorecase: false, allowRelativePaths: true }).add(patterns);
        const folder = folders.map((one) => `${one}/`).join('');
        const isBelow = folder !== '' && thorough.ignores(folder);
        const matches = thorough.ignores(folder + name) || thorough.ignores(`${folder}${name}/`);
        return isBelow || !matches || makeNameTest(patterns)(name);
      }),
      { numRuns: 2000 },
    );
  });
});
