"""Small float models for onnxruntime_forms.py: one per op type of interest, between the ops that ONNX Runtime quantizes."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper, shape_inference

OPSET = 17
SAMPLES = 4


class Builder:
    """A float model of fixed shapes; weights are drawn so that channels differ in size by up to 100 times."""

    def __init__(self, seed, **inputs):
        self.rng = np.random.default_rng(seed)
        self.inputs, self.nodes, self.weights, self.count = inputs, [], [], 0

    def weight(self, *shape, channel=0, values=None):
        self.count += 1
        name = f"w{self.count}"
        if values is None:
            loudness = 10.0 ** self.rng.uniform(-1.5, 0.5, shape[channel])
            values = self.rng.normal(0, 0.3, shape) * loudness.reshape([-1 if i == channel else 1 for i in range(len(shape))])
        self.weights.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def integers(self, *values):
        self.count += 1
        self.weights.append(numpy_helper.from_array(np.asarray(values, np.int64), f"i{self.count}"))
        return f"i{self.count}"

    def scalar(self, value):
        self.count += 1
        self.weights.append(numpy_helper.from_array(np.asarray(value, np.float32), f"s{self.count}"))
        return f"s{self.count}"

    def add(self, op_type, *inputs, outputs=1, **attributes):
        at = len(self.nodes)
        names = [f"t{at}"] if outputs == 1 else [f"t{at}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op_type, list(inputs), names, f"{op_type}_{at}", **attributes))
        return names[0] if outputs == 1 else names

    def conv(self, x, channels_in, channels_out, side=3, group=1, **attributes):
        w = self.weight(channels_out, channels_in // group, *([side] * 2))
        b = self.weight(channels_out, values=self.rng.normal(0, 0.2, channels_out))
        return self.add("Conv", x, w, b, group=group, **attributes)

    def model(self, output):
        values = [helper.make_tensor_value_info(name, kind, dims) for name, (kind, dims) in self.inputs.items()]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ([output] if isinstance(output, str) else output)]
        graph = helper.make_graph(self.nodes, "golden", values, outputs, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        return shape_inference.infer_shapes(model, strict_mode=True)

    def samples(self):
        rng = np.random.default_rng(11)
        for _ in range(SAMPLES):
            yield {name: sample(rng, kind, dims) for name, (kind, dims) in self.inputs.items()}


def sample(rng, kind, dims):
    if kind == TensorProto.BOOL:
        return rng.integers(0, 2, dims).astype(bool)
    if kind == TensorProto.INT64:
        return rng.integers(0, 5, dims)
    return (rng.normal(0, 1, dims) * 10.0 ** rng.uniform(-0.5, 0.5)).astype(np.float32)


def floats(*dims):
    return TensorProto.FLOAT, dims


def one_conv(**conv):
    def make():
        b = Builder(1, x=floats(1, 4, 6, 6))
        return b, b.conv("x", 4, 4, **conv)

    return make


def conv_1d():
    b = Builder(2, x=floats(1, 3, 10))
    return b, b.add("Conv", "x", b.weight(4, 3, 3), b.weight(4, values=[0.1, -0.2, 0.3, 0.4]))


def conv_without_bias():
    b = Builder(3, x=floats(1, 3, 5, 5))
    return b, b.add("Conv", "x", b.weight(4, 3, 2, 2))


def conv_transpose():
    b = Builder(4, x=floats(1, 3, 4, 4))
    return b, b.add("ConvTranspose", "x", b.weight(3, 4, 2, 2, channel=1), b.weight(4, values=[0.1, 0.2, 0.3, 0.4]))


def gemm(trans_b):
    def make():
        b = Builder(5, x=floats(4, 6))
        w = b.weight(5, 6, channel=0) if trans_b else b.weight(6, 5, channel=1)
        return b, b.add("Gemm", "x", w, b.weight(5, values=b.rng.normal(0, 0.3, 5)), transB=trans_b)

    return make


def matmul():
    b = Builder(6, x=floats(1, 4, 6))
    h = b.add("MatMul", "x", b.weight(6, 5, channel=1))
    return b, b.add("MatMul", h, b.weight(5, 3, channel=1))


def matmul_of_activations():
    b = Builder(7, x=floats(1, 4, 6))
    q, k = b.add("MatMul", "x", b.weight(6, 4, channel=1)), b.add("MatMul", "x", b.weight(6, 4, channel=1))
    return b, b.add("MatMul", q, b.add("Transpose", k, perm=[0, 2, 1]))


def matmul_3d():
    b = Builder(8, x=floats(2, 4, 6))
    return b, b.add("MatMul", "x", b.weight(2, 6, 3, channel=2))


def between_convs(middle, channels=4, seed=9):
    """Conv → middle → Conv; `middle` gets the builder and the first Conv's output."""

    def make():
        b = Builder(seed, x=floats(1, 3, 8, 8))
        h = middle(b, b.conv("x", 3, 4))
        return b, b.conv(h, channels, 3, side=1)

    return make


def unary(op_type, **attributes):
    return between_convs(lambda b, h: b.add(op_type, h, **attributes))


def residual(op_type):
    def make():
        b = Builder(10, x=floats(1, 4, 6, 6))
        a = b.conv("x", 4, 4, pads=[1] * 4)
        c = b.conv(a, 4, 4, pads=[1] * 4)
        return b, b.conv(b.add("Relu", b.add(op_type, a, c)), 4, 3)

    return make


def silu():
    b = Builder(12, x=floats(1, 3, 6, 6))
    h = b.conv("x", 3, 4)
    return b, b.conv(b.add("Mul", h, b.add("Sigmoid", h)), 4, 3, side=1)


def concat():
    b = Builder(13, x=floats(1, 3, 6, 6))
    joined = b.add("Concat", b.conv("x", 3, 2), b.conv("x", 3, 3), axis=1)
    return b, b.conv(joined, 5, 3, side=1)


def split():
    b = Builder(14, x=floats(1, 3, 6, 6))
    left, right = b.add("Split", b.conv("x", 3, 4), b.integers(1, 3), outputs=2, axis=1)
    return b, b.conv(b.add("Concat", right, left, axis=1), 4, 3, side=1)


def moves():
    b = Builder(15, x=floats(1, 4, 4, 4))
    h = b.conv("x", 4, 4, side=1)
    h = b.add("Slice", h, b.integers(0), b.integers(2), b.integers(2))
    h = b.add("DepthToSpace", h, blocksize=2)
    h = b.add("Unsqueeze", b.add("Squeeze", h, b.integers(0)), b.integers(0))
    h = b.add("Tile", h, b.integers(1, 2, 1, 1))
    h = b.add("Transpose", h, perm=[0, 2, 3, 1])
    h = b.add("Reshape", h, b.integers(1, 4, 16))
    h = b.add("MatMul", h, b.weight(16, 3, channel=1))
    h = b.add("Flatten", h)
    return b, b.add("Gemm", h, b.weight(12, 2, channel=1), b.weight(2, values=[0.3, -0.1]))


def gather():
    b = Builder(16, ids=(TensorProto.INT64, (1, 4)))
    return b, b.add("MatMul", b.add("Gather", b.weight(5, 6), "ids"), b.weight(6, 3, channel=1))


def gather_activation():
    return between_convs(lambda b, h: b.add("Gather", h, b.integers(3, 1, 0, 2), axis=1))()


def where():
    b = Builder(17, x=floats(1, 3, 6, 6), c=(TensorProto.BOOL, (1, 1, 4, 4)))
    chosen = b.add("Where", "c", b.conv("x", 3, 4), b.conv("x", 3, 4))
    return b, b.conv(chosen, 4, 3, side=1)


def shared_weights():
    b = Builder(18, x=floats(1, 3, 5, 5), z=floats(1, 3, 5, 5))
    w, c = b.weight(3, 3, 3, 3), b.weight(3, values=[0.2, -0.3, 0.1])
    return b, [b.add("Conv", "x", w, c), b.add("Conv", "z", w, c)]


def bias_overflow():
    b = Builder(19, x=floats(1, 2, 4, 4))
    loudness = np.asarray([1, 1e-12, 1e-9, 1e-3]).reshape(4, 1, 1, 1)
    w = b.weight(4, 2, 3, 3, values=b.rng.normal(0, 0.3, (4, 2, 3, 3)) * loudness)
    return b, b.add("Conv", "x", w, b.weight(4, values=[0.5, 3, -2, 0.1]))


def resize(mode):
    scales = np.asarray([1, 1, 2, 2], np.float32)
    return between_convs(lambda b, h: b.add("Resize", h, "", b.weight(4, values=scales), mode=mode))


def normalization():
    b = Builder(20, x=floats(1, 4, 6))
    h = b.add("MatMul", "x", b.weight(6, 5, channel=1))
    h = b.add("LayerNormalization", h, b.weight(5, values=[1, 2, 0.5, 1, 3]), b.weight(5, values=[0.1, 0, 0.2, 0, 0]))
    return b, b.add("MatMul", h, b.weight(5, 3, channel=1))


MODELS = {
    "Conv": one_conv(),
    "Conv depthwise": one_conv(group=4),
    "Conv grouped": one_conv(group=2),
    "Conv 1-D": conv_1d,
    "Conv without bias": conv_without_bias,
    "ConvTranspose": conv_transpose,
    "Gemm": gemm(0),
    "Gemm transB": gemm(1),
    "MatMul": matmul,
    "MatMul of activations": matmul_of_activations,
    "MatMul 3-D": matmul_3d,
    "Conv, Relu": unary("Relu"),
    "Conv, Clip": between_convs(lambda b, h: b.add("Clip", h, b.scalar(0), b.scalar(0.5))),
    "Add": residual("Add"),
    "Mul": residual("Mul"),
    "Add constant": between_convs(lambda b, h: b.add("Add", h, b.weight(4, 6, 6))),
    "Mul constant": between_convs(lambda b, h: b.add("Mul", h, b.weight(4, 6, 6))),
    "Sigmoid, Mul": silu,
    "Softmax": unary("Softmax", axis=1),
    "LeakyRelu": unary("LeakyRelu", alpha=0.1),
    "MaxPool": unary("MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
    "AveragePool": unary("AveragePool", kernel_shape=[2, 2], strides=[2, 2]),
    "GlobalAveragePool": unary("GlobalAveragePool"),
    "Concat": concat,
    "Split": split,
    "moving ops": moves,
    "Pad": between_convs(lambda b, h: b.add("Pad", h, b.integers(0, 0, 1, 1, 0, 0, 1, 1))),
    "Resize nearest": resize("nearest"),
    "Resize linear": resize("linear"),
    "Gather of a table": gather,
    "Gather": gather_activation,
    "Where": where,
    "shared weight and bias": shared_weights,
    "bias overflow": bias_overflow,
    "LayerNormalization": normalization,
}
