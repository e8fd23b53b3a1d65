import { DATASETS, OTHER_DATASETS } from './datasets.ts';
import { listOf } from './lists.ts';
import { manyNamed, oneNamed } from './named.ts';
import type { Names, NamedSpec, Vocabulary } from './named.ts';
import { anyText, flag, integer, oneOf } from './scalars.ts';
import { key, nullable, section } from './shape.ts';
import type { Section, Shape } from './shape.ts';

export interface DataloaderSettings {
  /** Samples per run; null: Octet chooses. */
  readonly batchSize: number | null;
  readonly lastBatch: 'rollover' | 'discard';
  /** Named for the record; samples come from the dropped files. */
  readonly dataset: NamedSpec | null;
  /** In the order of application. */
  readonly transform: readonly NamedSpec[];
  readonly filter: { readonly labelBalance: { readonly size: number | null } | null } | null;
  /** Array of the data that feeds an input, by input; absent: names decide. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Array that holds the labels; absent: its name decides. */
  readonly labels?: string;
  /** Names of the classes in the order of the model's outputs; absent: a list among the data or of the model, else sorted. */
  readonly classes?: readonly string[];
  readonly shuffle: boolean;
  readonly distributed: boolean;
}

const OTHER_TRANSFORMS = [
  'RandomCrop RandomResizedCrop CropToBoundingBox ResizeWithRatio RandomHorizontalFlip RandomVerticalFlip ToArray',
  'Resize CenterCrop CropResize Normalize Rescale Transpose Cast AlignImageChannel ResizeCropImagenet BilinearImagenet',
  'ResizeWithAspectRatio PaddedCenterCrop ToTensor ToNDArray QuantizedInput ParseDecodeImagenet ParseDecodeCoco',
].flatMap((line) => line.split(' '));

const datasets: Names = { noun: 'dataset', declared: DATASETS, elsewhere: OTHER_DATASETS };

const dataset: Shape<NamedSpec> = {
  ...oneNamed(datasets),
  // Their options change nothing here.
  parts: [],
  read(cursor) {
    const spec = oneNamed(datasets).read(cursor);
    cursor.warn('config-dataset-unused', `${cursor.path} ${spec.name}: the data come from the dropped files.`);
    return spec;
  },
};

const labelBalance = section({ size: key('size', nullable(integer({ min: 1 })), null, 'Labels per sample.') });
const filter = section({
  labelBalance: key('LabelBalance', nullable(labelBalance), null, 'Keeps samples with this number of labels.'),
});

/** A dataloader of `calibration`, `accuracy` or `performance`. */
export function dataloader(vocabulary: Vocabulary): Section<DataloaderSettings> {
  const transforms: Names = { noun: 'transform', declared: vocabulary.transforms, elsewhere: OTHER_TRANSFORMS };
  const keys = {
    batchSize: key('batch_size', nullable(integer({ min: 1 })), null, 'Samples per run.'),
    lastBatch: key(
      'last_batch',
      oneOf(['rollover', 'discard']),
      'rollover',
      'Keeps or drops a last batch that is short.',
    ),
    dataset: key('dataset', nullable(dataset), null, 'Where Neural Compressor finds the samples.'),
    transform: key('transform', manyNamed(transforms), [], 'What is done to a sample, in this order.'),
    filter: key('filter', nullable(filter), null, 'Which samples are kept.', { unused: 'it is for detection data.' }),
    shuffle: key('shuffle', flag, false, 'Shuffles the samples.', { unused: 'samples are read in order.' }),
    inputs: key(
      'inputs',
      nullable(arraysByInput),
      null,
      'Which array feeds which input, where names differ. A key of Octet.',
    ),
    labels: key('labels', nullable(anyText), null, 'The array that holds the labels. A key of Octet.'),
    classes: key(
      'classes',
      nullable(listOf(anyText)),
      null,
      'Names of the classes in the order of the model’s outputs, where labels are names. A key of Octet.',
    ),
    distributed: key('distributed', flag, false, 'Spreads samples over nodes.', { unused: 'there is one machine.' }),
  };
  const all = section(keys);
  return {
    ...all,
    // Settings of sessions that say nothing of arrays stay as they were, so that they resume.
    read(cursor) {
      const { inputs, labels, classes, ...rest } = all.read(cursor);
      return {
        ...rest,
        ...(inputs && { inputs }),
        ...(labels !== null && { labels }),
        ...(classes && { classes }),
      };
    },
    write: ({ inputs = null, labels = null, classes = null, ...rest }) =>
      all.write({ ...rest, inputs, labels, classes }),
  } as Section<DataloaderSettings>;
}

const arraysByInput: Shape<Readonly<Record<string, string>>> = {
  accepts: 'a map from inputs to arrays: {input_ids: ids}',
  read(cursor) {
    if (cursor.node.kind !== 'map') throw cursor.invalid(this.accepts);
    return Object.fromEntries(cursor.children().map(({ key: input, cursor: array }) => [input, anyText.read(array)]));
  },
  write: (value) => new Map(Object.entries(value)),
};
