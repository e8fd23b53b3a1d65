"""Shows that compactly stored weights cost native ONNX Runtime nothing: its optimizer folds them when a session is created.

    pip install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
    python tests/peers/native_folding.py FLOAT.onnx COMPACT.onnx [FLOAT.onnx COMPACT.onnx …]

COMPACT: what `octet quantize` makes of FLOAT where every dtype is fp32. Prints the ops that the optimized graphs differ by
(none: all that unpacks weights is gone) and the latency of one run in turns with the float model, one thread, batch 1.
Exits with 1 where an op is left.
"""

import collections
import sys
import tempfile
import time

import numpy
import onnx
import onnxruntime

ROUNDS = 60


def session(path, optimized):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.optimized_model_filepath = optimized
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def ops(path):
    """Of ai.onnx: what the optimizer fuses to operators of its own differs with names and order of the nodes."""
    return collections.Counter(node.op_type for node in onnx.load(path).graph.node if node.domain in ("", "ai.onnx"))


def feeds(of):
    rng = numpy.random.default_rng(1)
    made = {}
    for value in of.get_inputs():
        dims = [d if isinstance(d, int) and d > 0 else 1 if i == 0 else 48 for i, d in enumerate(value.shape)]
        if "int64" in value.type:
            made[value.name] = rng.integers(0, 20, dims, dtype=numpy.int64)
        else:
            made[value.name] = rng.random(dims, dtype=numpy.float32)
    return made


def latencies(pair):
    inputs = [feeds(each) for each in pair]
    times = [[], []]
    for turn in range(ROUNDS + 5):
        for each, values, kept in zip(pair, inputs, times):
            started = time.perf_counter()
            each.run(None, values)
            if turn >= 5:
                kept.append(time.perf_counter() - started)
    return [1000 * float(numpy.median(kept)) for kept in times]


def main(paths):
    left = 0
    print("| model | ops left by unpacking | float ms | compact ms | ratio |\n| --- | --- | --- | --- | --- |")
    for plain, compact in zip(paths[::2], paths[1::2]):
        with tempfile.TemporaryDirectory() as folder:
            optimized = [f"{folder}/float.onnx", f"{folder}/compact.onnx"]
            pair = [session(path, target) for path, target in zip((plain, compact), optimized)]
            more = ops(optimized[1]) - ops(optimized[0])
            float_ms, compact_ms = latencies(pair)
        left += sum(more.values())
        words = ", ".join(f"{count} {op}" for op, count in more.items()) or "none"
        print(f"| {compact} | {words} | {float_ms:.3f} | {compact_ms:.3f} | {compact_ms / float_ms:.2f} |", flush=True)
    sys.exit(1 if left else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
