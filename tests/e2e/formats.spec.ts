import { toBinary } from '@bufbuild/protobuf';
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js/lib/zip-core-native.js';
import { expect, test, type Page, type TestInfo } from '@playwright/test';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bytesOf } from '../../src/base/tensor.ts';
import type { SourceFile } from '../../src/data/dataset.ts';
import { openDataset } from '../../src/data/open-dataset.ts';
import { pictureFolder } from '../../src/data/testing/picture-folder.ts';
import { example, recordFile } from '../../src/data/testing/record-file.ts';
import { TensorProtoSchema } from '../../src/onnx/proto/onnx_pb.ts';
import { writeTensor } from '../../src/onnx/tensor-proto.ts';
import { npy, npz } from '../cli/npz.ts';
import { dragPaths, dropFiles, LENET } from './page.ts';

const COUNT = 100;
const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASSES = ['T-shirt', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Boot'];

/** The same samples as every kind of file: 28 × 28 gray pictures as the model takes them (0 to 1), as bytes, and as PNG files. */
interface Samples {
  readonly values: Float32Array;
  readonly bytes: Uint8Array;
  readonly labels: readonly number[];
  /** A folder per class. */
  readonly pictures: readonly { readonly path: string; readonly png: Uint8Array }[];
}

type Files = Readonly<Record<string, Uint8Array | string>>;

async function readSamples(): Promise<Samples> {
  const files: SourceFile[] = [
    { path: 'eval.npz', blob: new Blob([new Uint8Array(await readFile(`${LENET}eval.npz`))]) },
  ];
  const dataset = await openDataset(files, {
    inputs: [{ name: 'image', type: 'float32', dims: [null, 1, SIDE, SIDE] }],
  });
  const { inputs, labels } = await dataset.read(0, COUNT);
  const values = inputs['image']?.data as Float32Array;
  const pictures = (await pictureFolder(dataset, 'image', COUNT)).map(async ({ path, blob }) => ({
    path,
    png: new Uint8Array(await blob.arrayBuffer()),
  }));
  return {
    values,
    bytes: Uint8Array.from(values, (value) => Math.round(255 * value)),
    labels: [...(labels?.data ?? [])].map(Number),
    pictures: await Promise.all(pictures),
  };
}

const byPath = ({ pictures }: Samples): Record<string, Uint8Array> =>
  Object.fromEntries(pictures.map(({ path, png }) => [path, png]));

/** All pictures in one folder; `row` names a picture and its class as a table beside them does. */
function flat({ pictures, labels }: Samples, header: string): Files {
  const names = pictures.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
  const table = [header, ...names.map((name, i) => `${name},${CLASSES[labels[i] ?? 0]}`)].join('\n');
  const pngs = pictures.map(({ png }, i) => [`flat/${names[i]}`, png] as const);
  return { ...Object.fromEntries(pngs), 'flat/labels.csv': table };
}

async function zipped(files: Files): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { level: 6 });
  for (const [name, content] of Object.entries(files))
    await writer.add(name, new Uint8ArrayReader(typeof content === 'string' ? Buffer.from(content) : content));
  return writer.close();
}

/** The format of the MNIST files: a magic number that states type and rank, dims, values. */
function idx(dims: readonly number[], values: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4 + 4 * dims.length);
  head.writeUInt32BE(0x0800 + dims.length);
  dims.forEach((dim, i) => head.writeUInt32BE(dim, 4 + 4 * i));
  return Buffer.concat([head, values]);
}

const sample = ({ bytes }: Samples, i: number): Uint8Array => bytes.subarray(i * PIXELS, (i + 1) * PIXELS);
const testCase = ({ values }: Samples, i: number): Uint8Array =>
  toBinary(
    TensorProtoSchema,
    writeTensor('image', {
      type: 'float32',
      dims: [1, 1, SIDE, SIDE],
      data: values.slice(i * PIXELS, (i + 1) * PIXELS),
    }),
  );

interface Format {
  readonly name: string;
  readonly files: (samples: Samples) => Files | Promise<Files>;
  /** What the page counts; of labelled samples. */
  readonly found?: string;
  readonly isUnlabelled?: true;
}

const named = `${COUNT} samples · 10 named classes`;
const PICTURES: readonly Format[] = [
  { name: 'a folder of pictures per class', files: byPath, found: named },
  {
    name: 'the same with a list of class names',
    files: (samples) => ({ ...byPath(samples), 'photos/labels.txt': CLASSES.join('\n') }),
    found: named,
  },
  { name: 'pictures in one folder, labels in a CSV', files: (samples) => flat(samples, 'file,class'), found: named },
  {
    name: 'the same in a zip',
    files: async (samples) => ({ 'flat.zip': await zipped(flat(samples, 'filename,label')) }),
    found: named,
  },
];

const NUMBERS: readonly Format[] = [
  {
    name: 'IDX, compressed',
    files: ({ bytes, labels }) => ({
      't10k-images-idx3-ubyte.gz': gzipSync(idx([COUNT, SIDE, SIDE], bytes)),
      't10k-labels-idx1-ubyte.gz': gzipSync(idx([COUNT], Uint8Array.from(labels))),
    }),
  },
  {
    name: 'npy, an array each',
    files: ({ values, labels }) => ({
      'x.npy': npy([COUNT, 1, SIDE, SIDE], values),
      'y.npy': npy([COUNT], BigInt64Array.from(labels, BigInt)),
    }),
  },
  {
    name: 'npz',
    files: async ({ values, labels }) => ({
      'eval.npz': await npz({
        image: npy([COUNT, 1, SIDE, SIDE], values),
        label: npy([COUNT], BigInt64Array.from(labels, BigInt)),
      }),
    }),
  },
  {
    name: 'CSV, a column per pixel',
    files: (samples) => ({
      'pixels.csv': [
        ['label', ...Array.from({ length: PIXELS }, (_, i) => `pixel${i + 1}`)].join(','),
        ...samples.labels.map((label, i) => [label, ...sample(samples, i)].join(',')),
      ].join('\n'),
    }),
  },
  {
    name: 'JSON Lines',
    files: (samples) => ({
      'rows.jsonl': samples.labels
        .map((label, i) => JSON.stringify({ image: [...sample(samples, i)], label }))
        .join('\n'),
    }),
  },
  {
    name: 'test cases as ONNX models bring them',
    files: (samples) =>
      Object.fromEntries(
        samples.labels.map((_, i) => [`lenet/test_data_set_${i}/input_0.pb`, testCase(samples, i)] as const),
      ),
    found: `${COUNT} samples · no labels`,
    isUnlabelled: true,
  },
  {
    name: 'TFRecord of tf.Example',
    files: ({ pictures, labels }) => ({
      'val.tfrecord': recordFile(
        pictures.map(({ png }, i) =>
          example({ 'image/encoded': [png], 'image/class/label': [BigInt(labels[i] ?? 0)], 'image/format': ['png'] }),
        ),
      ),
    }),
  },
  {
    name: 'raw numbers with their shape stated in a file beside',
    files: ({ values, labels }) => ({
      'image.bin': bytesOf(values),
      'image.json': JSON.stringify({ dtype: 'float32', shape: [COUNT, 1, SIDE, SIDE] }),
      'labels.bin': Uint8Array.from(labels),
    }),
  },
];

/** Each in the same page, as a session after the other: a page of its own for each takes three times as long. */
async function expectPreviews(page: Page, formats: readonly Format[], testInfo: TestInfo): Promise<void> {
  const samples = await readSamples();
  await page.goto('/');
  for (const [i, { name, files, found = `${COUNT} samples · with labels`, isUnlabelled }] of formats.entries()) {
    await test.step(name, async () => {
      const folder = testInfo.outputPath(`data-${i}`);
      const given = await files(samples);
      for (const [path, content] of Object.entries(given)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), content);
      }
      await dropFiles(page, LENET, ['model.onnx']);
      await dragPaths(page, [
        ...new Set(Object.keys(given).map((path) => join(folder, path.split('/', 1)[0] ?? path))),
      ]);
      const preview = page.getByRole('region', { name: 'What the model will see' });
      await expect(preview.getByText(found)).toBeVisible();
      await expect(preview.locator('canvas')).toHaveCount(8);
      // Most of the eight are right in float: only where pixels, scale and labels are.
      if (!isUnlabelled) expect(await preview.getByText('✓ model agrees').count()).toBeGreaterThan(5);
      await expect(page.getByRole('button', { name: 'Start tuning' })).toBeEnabled();
      await page.screenshot({ path: testInfo.outputPath(`preview-${i}.png`), fullPage: true });
      await page.getByRole('button', { name: 'New session' }).click();
      await expect(preview).toHaveCount(0);
    });
  }
}

test('pictures however they lie: shown as the model sees them, preprocessing and classes found', async ({
  page,
}, testInfo) => {
  await expectPreviews(page, PICTURES, testInfo);
});

test('numbers in every format: shown as the model sees them, preprocessing found', async ({ page }, testInfo) => {
  await expectPreviews(page, NUMBERS, testInfo);
});
