import { cifar } from './cifar.ts';
import { csv } from './csv.ts';
import { idx } from './idx.ts';
import { images } from './images.ts';
import { jsonl } from './jsonl.ts';
import type { Loader } from './loader.ts';
import { numpy } from './numpy.ts';
import { onnxTensors } from './onnx-tensors.ts';
import { raw } from './raw.ts';
import { tfrecord } from './tfrecord.ts';

/** In order of preference where files of several kinds are dropped together. */
export const LOADERS: readonly Loader[] = [numpy, idx, cifar, tfrecord, images, onnxTensors, jsonl, csv, raw];
