import { expect, it } from 'vitest';
import { crc32c } from '../../../../pipeline/trackers/tensorboard/crc32c.ts';
import { fileVersion, scalars } from '../../../../pipeline/trackers/tensorboard/event-records.ts';
import { sessionEnd } from '../../../../pipeline/trackers/tensorboard/hparams.ts';

it('has the checksums that RFC 3720 gives as examples', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

// Byte for byte as tensorboard 2.21's own writer makes them of the same messages.
it.each([
  [
    'the first record of a file',
    fileVersion(1_700_000_000_500),
    '1800000000000000 a37f4b22 0900002040fc54d941 1a0d627261696e2e4576656e743a32 2b353110',
  ],
  [
    'scalars',
    scalars(1_700_000_000_500, 300, { loss: 0.25 }),
    '3100000000000000 9d8383e9 0900002040fc54d941 10ac02 2a23 0a21 0a046c6f7373 420a 0801 1200 2a040000803e 4a0d 0a09 0a077363616c617273 2001 47096a9d',
  ],
  [
    'the end of a session',
    sessionEnd(1_700_000_000_500, 'finished'),
    '4d00000000000000 3d63d4a6 0900002040fc54d941 2a42 0a40 0a1a5f68706172616d735f2f73657373696f6e5f656e645f696e666f 4206 0801 1202 1200 4a1a 0a18 0a0768706172616d73 120d 220b 0801 1100002040fc54d941 56cd5d08',
  ],
])('writes %s as its format says', (_, record, hex) => {
  expect(Buffer.from(record).toString('hex')).toBe(hex.replaceAll(' ', ''));
});

it.each([
  [-1, '10 ffffffffffffffffff01'],
  [-300, '10 d4fdffffffffffffff01'],
  [1.5, '10 02'],
])('writes the step %d as a whole number of 64 bits', (step, hex) => {
  const record = Buffer.from(scalars(0, step, {})).toString('hex');
  // Behind the frame's 12 bytes and the time's 9 comes the step, then the empty summary and a checksum.
  expect(record.slice(42, -12)).toBe(hex.replaceAll(' ', ''));
});
