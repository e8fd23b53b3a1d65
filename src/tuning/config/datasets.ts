import type { OptionDeclaration, OptionSchema } from '../../base/options.ts';
import type { Declared } from './named.ts';

const text = (fallback: string | null, help = ''): OptionDeclaration => ({ type: 'string', help, default: fallback });
const flag = (fallback: boolean): OptionDeclaration => ({ type: 'boolean', help: '', default: fallback });
const number = (fallback: number): OptionDeclaration => ({ type: 'number', help: '', default: fallback });

const downloaded: OptionSchema = { root: text(null), train: flag(false), download: flag(true) };
const random: OptionSchema = { low: number(-128), high: number(127), dtype: text('float32') };
const shape = (name: string): OptionSchema => ({ [name]: { type: 'strings', help: '', default: null } });

/** Dataset types of Neural Compressor: their options are understood, but the samples come from the dropped files. */
export const DATASETS: readonly Declared[] = [
  { name: 'ImageFolder', help: 'A folder per class.', options: { root: text(null) } },
  {
    name: 'ImagenetRaw',
    help: 'Images and a list of labels.',
    options: { data_path: text(null), image_list: text(null) },
  },
  { name: 'Imagenet', help: 'A folder per class under val.', options: { root: text(null), subset: text('val') } },
  { name: 'CIFAR10', help: 'CIFAR-10.', options: downloaded },
  { name: 'CIFAR100', help: 'CIFAR-100.', options: downloaded },
  { name: 'MNIST', help: 'MNIST.', options: downloaded },
  { name: 'FashionMNIST', help: 'Fashion-MNIST.', options: downloaded },
  { name: 'TFRecordDataset', help: 'TFRecord files of tf.Example.', options: { root: text(null) } },
  { name: 'dummy', help: 'Random samples.', options: { ...shape('shape'), ...random, label: flag(true) } },
  {
    name: 'dummy_v2',
    help: 'Endless random samples.',
    options: { ...shape('input_shape'), ...shape('label_shape'), ...random },
  },
];

/** Dataset types that Octet has no reader for. */
export const OTHER_DATASETS = ['COCORaw', 'COCONpy', 'COCORecord', 'GLUE', 'sparse_dummy_v2', 'style_transfer', 'bert'];
