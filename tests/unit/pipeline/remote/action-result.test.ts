import { describe, expect, test } from 'vitest';
import type { Digest } from '../../../../pipeline/fingerprint/canonical.ts';
import { decodeEntry, encodeEntry } from '../../../../pipeline/remote/action-result.ts';

const digest = 'ab'.repeat(32) as Digest;

describe('an entry of /ac/', () => {
  test('is an ActionResult, to the byte', () => {
    const bytes = encodeEntry({ objects: [{ digest, size: 300 }], worker: 'w', text: 'hi' });
    // output_files { path: "0" digest { hash: "abab…" size_bytes: 300 } } stdout_raw: "hi"
    // execution_metadata { worker: "w" }, as protoc encodes it.
    const file = `0a0130${`1245${`0a40${Buffer.from(digest).toString('hex')}`}10ac02`}`;
    expect(bytes.toString('hex')).toBe(`124a${file}2a0268694a030a0177`);
  });

  test('is read again, with fields that are not ours passed over', () => {
    const objects = Array.from({ length: 300 }, (_, i) => ({ digest, size: 2 ** 40 + i }));
    const text = JSON.stringify({ long: 'é'.repeat(5000) });
    const bytes = encodeEntry({ objects, worker: 'host', text });
    expect(decodeEntry(bytes)).toBe(text);
    // exit_code: -1, a negative number in ten bytes; a double; a float.
    const others = '20ffffffffffffffffff0179000000000000000075000000003a00';
    expect(decodeEntry(Buffer.concat([Buffer.from(others, 'hex'), bytes]))).toBe(text);
  });

  test('is none where the bytes are something else', () => {
    const bytes = encodeEntry({ objects: [{ digest, size: 1 }], worker: 'w', text: 'hi' });
    for (let end = 0; end < bytes.length - 5; end++) {
      expect(decodeEntry(bytes.subarray(0, end)), `${end}`).toBeNull();
    }
    for (const text of ['', '<html><h1>Welcome</h1></html>', '{"a":1}', '\xff'.repeat(40)]) {
      expect(decodeEntry(Buffer.from(text, 'latin1'))).toBeNull();
    }
  });
});
