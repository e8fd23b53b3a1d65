import { REPLAY_CODE } from './replay-code.ts';
import type { ReplayOp, ReplayPlan } from './replay-plan.ts';
import type { OpConfig } from '../quantize/config.ts';
import type { TuneReport } from './tune-report.ts';

type Offer = NonNullable<TuneReport['offer']>;

/** What the scripts were checked with (`tests/peers/replay_scripts.py`). */
const DEPENDENCIES = ['onnxruntime==1.32.0', 'onnx==1.23.2', 'numpy==2.4.6'];

/**
 * A Python script that makes the offered model with onnxruntime's own quantizer, from the float model alone. Where the config
 * goes beyond what those tools express it says so and stops. Null for reports of early versions, which have no plan.
 */
export function replayScript({ trial, recipe, replay }: Offer): string | null {
  if (!replay) return null;
  const { config, model, octet } = recipe;
  const stated = [
    assign('MODEL_SHA256', python(model.sha256)),
    '# What onnxruntime.quantization has no words for; empty: this script makes the same codes, scales and zero points.',
    assign('BEYOND', python(beyondOrt(recipe, replay))),
    '# SmoothQuant: constants (node, input) times or through a factor per channel along an axis (None: a vector), in this order.',
    assign('SCALINGS', scalings(replay.scalings)),
    '# int8 ops with calibrated ranges: type, and for its weight the type, channel axis (None: one scale), symmetric, 7 bits.',
    assign('STATIC', table(replay.staticOps.map(opEntry))),
    '# int8 ops whose ranges are measured at run time, told in the same way.',
    assign('DYNAMIC', table(replay.dynamicOps.map(opEntry))),
    '# What layers read and write first: other tensors in their places are another graph.',
    assign('FLOW', table(Object.entries(replay.flow ?? {}))),
    '# Relu and Clip whose effect the range behind them carries.',
    assign('ABSORBED', python(replay.absorbed)),
    '# Activations in 8 bits: type, symmetric, scale, zero point.',
    assign(
      'TENSORS',
      table(
        Object.entries(replay.tensors).map(([name, { dtype, isSymmetric, scale, zeroPoint }]) => [
          name,
          [dtype, isSymmetric, scale, zeroPoint],
        ]),
      ),
    ),
    '# How weights of float ops are stored: auto, int8, float16 or float32.',
    assign('STORAGE', python(config.weightStorage)),
  ];
  return `${header(model.name, octet, trial)}
${stated.join('\n')}

${REPLAY_CODE}`;
}

function header(model: string, octet: string, trial: number): string {
  return `# /// script
# requires-python = ">=3.11"
# dependencies = [${DEPENDENCIES.map((each) => `"${each}"`).join(', ')}]
# ///
"""Quantizes ${oneLine(model)} as trial ${trial} of its tuning by Octet ${oneLine(octet)} did, with onnxruntime.quantization.

    pip install ${DEPENDENCIES.join(' ')}
    python SCRIPT model.onnx model.int8.onnx
"""

import argparse
import hashlib
import pathlib
import sys
import tempfile

import numpy as np
import onnx
import onnx.version_converter
import onnxruntime
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.calibrate import TensorData, TensorsData, save_tensors_data
from onnxruntime.quantization.quant_utils import compute_data_quant_params, quantize_nparray
`;
}

/** Inside a docstring: no line break, no quote that ends it, no escape. */
function oneLine(text: string): string {
  return text.replace(/["\\\p{Cc}]/gu, '_');
}

function beyondOrt({ config, outliers = {} }: Offer['recipe'], plan: ReplayPlan): string[] {
  const isStatic = plan.staticOps.length > 0;
  const isInt8 = isStatic || plan.dynamicOps.length > 0;
  const ops = Object.values<OpConfig>(config.ops);
  const in4Bits = ops.filter((op) => op !== 'fp32' && op.mode === 'weight_only').length;
  return [
    ...(isStatic && config.equalization ? ['cross-layer equalization'] : []),
    ...(isStatic && config.biasCorrection ? ['bias correction'] : []),
    ...(isStatic && Object.keys(outliers).length > 0 ? ['outlier channels split off'] : []),
    ...(isInt8 && config.weightClip ? ['weight scales by least squared error'] : []),
    ...(config.float16Compute ? ['float16 compute'] : []),
    ...(in4Bits > 0 ? [`4-bit weights (${in4Bits} op${in4Bits === 1 ? '' : 's'})`] : []),
    ...(plan.dynamicOps.some(({ opType }) => opType === 'LSTM') ? ['LSTM in int8'] : []),
  ];
}

function opEntry({ name, opType, weight }: ReplayOp): readonly [string, readonly PythonValue[]] {
  if (!weight) return [name, [opType]];
  const { dtype, axis, isSymmetric, isReduced } = weight;
  return [name, [opType, dtype, axis, isSymmetric, isReduced]];
}

type PythonValue = string | number | boolean | null | readonly PythonValue[];

function scalings(list: ReplayPlan['scalings']): string {
  const rows = list.map(
    ({ node, input, axis, operation, factors }) =>
      `    (${[python(node), input, python(axis), python(operation), python(factors)].join(', ')}),`,
  );
  return rows.length === 0 ? '[]' : `[\n${rows.join('\n')}\n]`;
}

function assign(name: string, value: string): string {
  return `${name} = ${value}`;
}

function table(rows: readonly (readonly [string, readonly PythonValue[]])[]): string {
  if (rows.length === 0) return '{}';
  return `{\n${rows.map(([name, values]) => `    ${python(name)}: ${tuple(values)},`).join('\n')}\n}`;
}

function tuple(values: readonly PythonValue[]): string {
  return `(${values.map(python).join(', ')}${values.length === 1 ? ',' : ''})`;
}

/** JSON strings and finite numbers are Python's too. */
function python(value: PythonValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'object') return `[${value.map(python).join(', ')}]`;
  return JSON.stringify(value);
}
