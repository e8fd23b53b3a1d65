import { decode, encode } from 'fast-png';
import { expect, test } from 'vitest';
import { openDataset, type TransformSpec } from '../data/open-dataset.ts';
import { illustrated } from './evidence.ts';

const SIDE = 8;
const TO_MODEL: readonly TransformSpec[] = [
  { name: 'Rescale', options: {} },
  { name: 'Transpose', options: { perm: [2, 0, 1] } },
];

/** The first pixel of the picture that evidence shows of a red PNG file. */
async function shownPixel(transforms: readonly TransformSpec[]): Promise<number[]> {
  const red = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i % 3 === 0 ? 255 : 0));
  const png = new Uint8Array(encode({ width: SIDE, height: SIDE, channels: 3, depth: 8, data: red }));
  const inputs = [{ name: 'image', type: 'float32', dims: [null, 3, SIDE, SIDE] }] as const;
  const dataset = await openDataset([{ path: 'red.png', blob: new Blob([png]) }], { inputs, transforms });
  const answer = { value: 1 };
  const [change] = await illustrated([{ sample: 0, label: null, float: answer, offered: answer }], dataset, transforms);
  const [, base64 = ''] = (change?.picture ?? '').split('base64,');
  return [...decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))).data.slice(0, 3)];
}

test('a red sample is red in the evidence, whichever order of colours the model takes', async () => {
  expect(await shownPixel(TO_MODEL)).toEqual([255, 0, 0]);
  expect(await shownPixel([{ name: 'ReverseChannels', options: {} }, ...TO_MODEL])).toEqual([255, 0, 0]);
});
