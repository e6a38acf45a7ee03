import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StageEvent } from '../../../../pipeline/contract/stage.ts';
import { parseEvent } from '../../../../pipeline/executor/parse-event.ts';

const events: StageEvent[] = [
  { type: 'message', text: 'a', level: 'warning' },
  { type: 'progress', label: '012', unit: 'batch', done: 1, total: null, fields: { loss: '1.2' } },
  { type: 'fraction', value: 0.5 },
  { type: 'summary', values: { accuracy: 0.9, nested: { a: [1] } } },
];

describe('parseEvent', () => {
  it('reads every kind of event', () => {
    for (const event of events) expect(parseEvent(JSON.stringify(event))).toEqual(event);
  });

  it.each([
    '',
    'text',
    'null',
    '3',
    '[]',
    '{}',
    '{"type":"message"}',
    '{"type":"message","text":5}',
    '{"type":"summary"}',
    '{"type":"summary","values":null}',
    '{"type":"summary","values":[1]}',
    '{"type":"fraction","value":null}',
    '{"type":"progress","label":"a","unit":"b","done":1,"total":"9","fields":{}}',
    '{"type":"progress","label":"a","unit":"b","done":null,"total":9,"fields":{}}',
    '{"type":"progress","label":"a","unit":"b","done":1,"total":9}',
    '{"type":"node-failed","node":"a"}',
  ])('takes nothing else for one: %s', (line) => {
    expect(parseEvent(line)).toBeNull();
  });

  it('drops what reporters could not print', () => {
    const line =
      '{"type":"progress","label":"a","unit":"b","done":1,"total":9,"fields":{"x":1,"y":"2"}}';
    expect(parseEvent(line)).toMatchObject({ fields: { y: '2' } });
    expect(parseEvent('{"type":"message","text":"a","level":7}')).toMatchObject({ level: 'info' });
  });

  it('never throws', () => {
    const line = fc.oneof(fc.string(), fc.json());
    fc.assert(fc.property(line, (text) => parseEvent(text) === null || text.includes('type')));
  });
});
