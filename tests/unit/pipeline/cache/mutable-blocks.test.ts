import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinBlocks, splitBlocks } from '../../../../pipeline/cache/mutable-blocks.ts';

const CONFIG = `# A config.
a: 1
state: # noted by a command
  epochs: 2

  list:
  - x
# about b
b: 2
`;

describe('mutable blocks', () => {
  it('are taken out whole, and nothing else is', () => {
    expect(splitBlocks(CONFIG, ['state'])).toEqual({
      fixed: '# A config.\na: 1\n# about b\nb: 2\n',
      blocks: 'state: # noted by a command\n  epochs: 2\n\n  list:\n  - x\n',
    });
  });

  it('are those of top-level keys of exactly this name', () => {
    const text = 'statement: 1\nother:\n  state: 2\n';
    expect(splitBlocks(text, ['state'])).toEqual({ fixed: text, blocks: '' });
  });

  it('come out again as they were put back, and leave what was there', () => {
    const line = fc.constantFrom('a: 1', '  b: 2', '# c', '', 'state: {}', 'state:', 'other: [x');
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), (lines, ended) => {
        const text = lines.join('\n') + (ended ? '\n' : '');
        const first = splitBlocks(text, ['state']);
        const again = splitBlocks(joinBlocks(first), ['state']);
        expect(again.blocks).toBe(first.blocks);
        expect(again.fixed.trimEnd()).toBe(first.fixed.trimEnd());
      }),
    );
  });
});
