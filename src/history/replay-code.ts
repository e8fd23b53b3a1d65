/** The part of every replay script that is the same: Python, after the constants that `replayScript` writes. */
export const REPLAY_CODE = `
TYPES = {
    "int8": QuantType.QInt8,
    "uint8": QuantType.QUInt8,
    "int16": QuantType.QInt16,
    "uint16": QuantType.QUInt16,
}


def clean(model):
    """Names every node, makes constants initializers, raises the operator set to 13, folds BatchNormalization."""
    taken = set()
    for index, node in enumerate(model.graph.node):
        if not node.name or node.name in taken:
            node.name = f"{node.op_type}_{index}"
        taken.add(node.name)
    opset = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    if opset < 13:
        model = onnx.version_converter.convert_version(model, 13)
    for node in [node for node in model.graph.node if node.op_type == "Constant" and node.attribute[0].name == "value"]:
        model.graph.initializer.append(numpy_helper.from_array(numpy_helper.to_array(node.attribute[0].t), node.output[0]))
        model.graph.node.remove(node)
    inputs = {each.name for each in model.graph.initializer}
    for listed in [each for each in model.graph.input if each.name in inputs]:
        model.graph.input.remove(listed)
    fold_batch_normalization(model.graph)
    return onnx.shape_inference.infer_shapes(model)


def fold_batch_normalization(graph):
    for conv in [node for node in graph.node if node.op_type == "Conv"]:
        weights = constants(graph)
        followers = readers(graph, conv.output[0])
        if len(followers) != 1 or followers[0].op_type != "BatchNormalization" or conv.input[1] not in weights:
            continue
        norm = followers[0]
        gamma, beta, mean, variance = (weights[name].astype(np.float64) for name in norm.input[1:5])
        epsilon = next((each.f for each in norm.attribute if each.name == "epsilon"), 1e-5)
        factor = gamma / np.sqrt(variance + epsilon)
        weight = weights[conv.input[1]].astype(np.float64)
        bias = weights[conv.input[2]].astype(np.float64) if len(conv.input) > 2 else np.zeros(len(factor))
        put(graph, conv.input[1], weight * factor.reshape(-1, *[1] * (weight.ndim - 1)))
        name = conv.input[2] if len(conv.input) > 2 else f"{conv.name}_bias"
        put(graph, name, bias * factor + (beta - mean * factor))
        conv.input[:] = [*conv.input[:2], name]
        conv.output[0] = norm.output[0]
        graph.node.remove(norm)


def constants(graph):
    return {each.name: numpy_helper.to_array(each) for each in graph.initializer}


def readers(graph, tensor):
    return [node for node in graph.node if tensor in node.input]


def put(graph, name, values, dtype=np.float32):
    """Sets or adds a constant."""
    for old in [each for each in graph.initializer if each.name == name]:
        graph.initializer.remove(old)
    graph.initializer.append(numpy_helper.from_array(np.array(values, dtype, order="C"), name))
    return name


def check(model):
    """Stops where the graph is not the one that was tuned."""
    nodes = {node.name: node for node in model.graph.node}
    tensors = {name for node in model.graph.node for name in (*node.input, *node.output)}
    weights = constants(model.graph)
    missing = [name for name, (op_type, *_) in {**STATIC, **DYNAMIC}.items() if name not in nodes or nodes[name].op_type != op_type]
    missing += [name for name in ABSORBED if name not in nodes]
    missing += [name for name in TENSORS if name not in tensors]
    missing += [name for name in (*(node for node, *_ in SCALINGS), *FLOW) if name not in nodes]
    if not missing:
        layers = [name for name, op in {**STATIC, **DYNAMIC}.items() if len(op) > 1]
        missing = [f"a constant weight of {name}" for name in layers if nodes[name].input[1] not in weights]
        missing += [f"{reads} -> {name} -> {writes}" for name, (reads, writes) in FLOW.items() if (nodes[name].input[0], nodes[name].output[0]) != (reads, writes)]
    if missing:
        sys.exit(
            f"The graph differs from the one that Octet quantized after its clean-up; not found: {', '.join(missing[:8])}.\\n"
            f"Rebuild the model with Octet instead: octet replay recipe.json model.onnx --output model.int8.onnx"
        )


def scale_channels(graph):
    """SmoothQuant: loud channels of activations are made quieter, the weights that read them louder."""
    nodes = {node.name: node for node in graph.node}
    for name, index, axis, operation, factors in SCALINGS:
        node, factors = nodes[name], np.array(factors, np.float32).astype(np.float64)
        values = constants(graph)[node.input[index]].astype(np.float64)
        if axis is not None:
            factors = factors.reshape([-1 if i == axis else 1 for i in range(values.ndim)])
        elif values.size == 1:
            values = values.reshape(-1)
        node.input[index] = put(graph, f"{name}_{index}_smoothed", values * factors if operation == "multiply" else values / factors)


class Samples(CalibrationDataReader):
    """The arrays of an .npz, named as the inputs, one sample at a time."""

    def __init__(self, path, model):
        given = {each.name for each in model.graph.input}
        arrays = {name: values for name, values in np.load(path).items() if name in given}
        if set(arrays) != given:
            sys.exit(f"{path}: an array for each input is wanted ({', '.join(sorted(given))}), found {', '.join(sorted(arrays)) or 'none'}")
        count = min(len(values) for values in arrays.values())
        self.samples = iter([{name: values[i : i + 1] for name, values in arrays.items()} for i in range(count)])

    def get_next(self):
        return next(self.samples, None)


def quantize_statically(model, calibration, folder):
    overrides = {}
    nodes = {node.name: node for node in model.graph.node}
    for node, (_, *weight) in STATIC.items():
        if weight:
            name, (dtype, axis, symmetric, reduced) = nodes[node].input[1], weight
            overrides[name] = [{"quant_type": TYPES[dtype], "symmetric": symmetric, "reduce_range": reduced}]
            if axis is not None:
                overrides[name][0]["axis"] = axis
    for name, (dtype, symmetric, scale, zero_point) in TENSORS.items():
        measured = {"quant_type": TYPES[dtype], "symmetric": symmetric}
        recorded = {
            "quant_type": TYPES[dtype],
            "scale": np.array(scale, np.float32),
            "zero_point": np.array(zero_point, dtype),
        }
        overrides[name] = [measured if calibration else recorded]
    names = {name for node in model.graph.node for name in (*node.input, *node.output) if name} - set(constants(model.graph))
    ranges = {name: TensorData(lowest=np.float32(0), highest=np.float32(1)) for name in names}
    cache = folder / "ranges.json"
    if not calibration:
        # Every range that counts is overridden: no sample has to run.
        save_tensors_data(TensorsData(CalibrationMethod.MinMax, ranges), cache)
    target = folder / "static.onnx"
    types = {node.op_type for node in model.graph.node if node.name in STATIC or node.name in ABSORBED}
    quantize_static(
        model,
        target,
        Samples(calibration, model) if calibration else None,
        quant_format=QuantFormat.QDQ,
        nodes_to_quantize=[*STATIC, *ABSORBED],
        op_types_to_quantize=sorted(types),
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        extra_options={"TensorQuantOverrides": overrides},
        calibration_cache_path=None if calibration else cache,
    )
    made = onnx.load(target)
    leave_planned_pairs(made.graph)
    set_parameters(made.graph, calibration)
    keep_float_layers(made.graph, channels_of(model))
    return made


def pairs(graph):
    """(tensor, QuantizeLinear, DequantizeLinear) of every activation."""
    for quantize in [node for node in graph.node if node.op_type == "QuantizeLinear"]:
        for dequantize in readers(graph, quantize.output[0]):
            yield quantize.name.removesuffix("_QuantizeLinear"), quantize, dequantize


def replace_input(node, old, new):
    node.input[:] = [new if name == old else name for name in node.input]


def leave_planned_pairs(graph):
    """onnxruntime quantizes every output and every reader; here float ops read float where they can."""
    writers = {name: node for node in graph.node for name in node.output}
    for tensor, quantize, dequantize in list(pairs(graph)):
        source, result = quantize.input[0], dequantize.output[0]
        if tensor not in TENSORS:
            for node in readers(graph, result):
                replace_input(node, result, source)
            if result == tensor:  # an output of the graph
                writer = writers[source]
                writer.output[:] = [tensor if name == source else name for name in writer.output]
                for node in readers(graph, source):
                    replace_input(node, source, tensor)
            graph.node.remove(quantize)
            graph.node.remove(dequantize)
        elif source not in writers or writers[source].name not in STATIC:
            for node in readers(graph, result):
                if node.name not in STATIC:
                    replace_input(node, result, source)


def set_parameters(graph, calibration):
    """AveragePool: onnxruntime hands the input's scale on, the kernel can do better."""
    for tensor, quantize, dequantize in pairs(graph):
        if calibration or tensor not in TENSORS:
            continue
        dtype, _, scale, zero_point = TENSORS[tensor]
        inputs = [put(graph, f"{tensor}_scale", scale), put(graph, f"{tensor}_zero_point", zero_point, dtype)]
        quantize.input[1:] = inputs
        dequantize.input[1:] = inputs


def channels_of(model):
    dims = {}
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        shape = value.type.tensor_type.shape.dim
        dims[value.name] = shape[1].dim_value if len(shape) > 1 else 0
    return dims


def keep_float_layers(graph, channels):
    """Float Conv and Gemm between DequantizeLinear and QuantizeLinear: onnxruntime would quantize their weights by itself."""
    weights = constants(graph)
    quantized = {quantize.input[0] for _, quantize, _ in pairs(graph)}

    def meets_quantize(tensor):
        return tensor in quantized or any(
            node.op_type in ("Relu", "Clip") and meets_quantize(node.output[0]) for node in readers(graph, tensor)
        )

    for tensor, quantize, dequantize in list(pairs(graph)):
        for node in readers(graph, dequantize.output[0]):
            is_layer = node.op_type in ("Conv", "ConvTranspose", "Gemm") and node.name not in STATIC
            if not is_layer or node.input[1] not in weights or not meets_quantize(node.output[0]):
                continue
            output = f"{tensor}_barrier"
            if channels.get(tensor, 0) > 1:
                vectors = [
                    put(graph, f"{name}s", np.full(channels[tensor], weights[name]), weights[name].dtype)
                    for name in dequantize.input[1:]
                ]
                barrier = helper.make_node("DequantizeLinear", [dequantize.input[0], *vectors], [output], output, axis=1)
            else:
                barrier = helper.make_node("LeakyRelu", [dequantize.output[0]], [output], output, alpha=1.0)
            if not any(output in each.output for each in graph.node):
                graph.node.append(barrier)
            replace_input(node, dequantize.output[0], output)


def quantize_dynamically(graph):
    """Ranges measured at run time: DynamicQuantizeLinear, integer product, Cast, Mul (Add), which onnxruntime fuses."""
    for node in [node for node in graph.node if node.name in DYNAMIC]:
        _, dtype, axis, symmetric, reduced = DYNAMIC[node.name]
        name = node.input[1]
        weight = constants(graph)[name]
        is_conv = node.op_type == "Conv"
        if any(each.name == "transB" and each.i for each in node.attribute):
            weight = weight.T
        if axis is not None:
            axis = 0 if is_conv else weight.ndim - 1
        codes, scales, zeros = quantize_weight(weight, TYPES[dtype].tensor_type, axis, symmetric, reduced)
        if is_conv and dtype == "int8":  # one zero point for all channels, and codes that every version has a kernel for
            codes, zeros, dtype = codes.astype(np.int16) + 128, zeros[:1].astype(np.int16) + 128, "uint8"
        if is_conv and axis is not None:
            scales = scales.reshape(-1, *[1] * (weight.ndim - 2))
        zeros = zeros if len(zeros) > 1 else zeros.reshape(())
        source, result = node.input[0], node.output[0]
        quantized = [f"{source}_dynamic", f"{source}_dynamic_scale", f"{source}_dynamic_zero_point"]
        made = []
        if not any(quantized[0] in each.output for each in graph.node):
            made.append(helper.make_node("DynamicQuantizeLinear", [source], quantized, f"{source}_DynamicQuantizeLinear"))
        base = f"{node.name}_{name}"
        inputs = [put(graph, f"{base}_quantized", codes, dtype), put(graph, f"{base}_zero_point", zeros, dtype)]
        product = helper.make_node(
            "ConvInteger" if is_conv else "MatMulInteger",
            [quantized[0], inputs[0], quantized[2], inputs[1]],
            [f"{result}_sum"],
            f"{node.name}_integer",
        )
        if is_conv:
            product.attribute.extend(node.attribute)
        bias = node.input[2] if len(node.input) > 2 else ""
        scaled = f"{result}_scaled" if bias else result
        factor = [quantized[1], put(graph, f"{base}_scale", scales)]
        made += [
            product,
            helper.make_node("Cast", [f"{result}_sum"], [f"{result}_float"], f"{node.name}_Cast", to=onnx.TensorProto.FLOAT),
            helper.make_node("Mul", factor, [f"{result}_factor"], f"{node.name}_factor"),
            helper.make_node("Mul", [f"{result}_float", f"{result}_factor"], [scaled], f"{node.name}_Mul"),
        ]
        if bias:
            if is_conv:
                bias = put(graph, f"{bias}_channels", constants(graph)[bias].reshape(-1, *[1] * (weight.ndim - 2)))
            made.append(helper.make_node("Add", [scaled, bias], [result], f"{node.name}_Add"))
        at = list(graph.node).index(node)
        graph.node.remove(node)
        for offset, each in enumerate(made):
            graph.node.insert(at + offset, each)


def quantize_weight(weight, kind, axis, symmetric, reduced):
    """Codes, and scales and zero points by channel, as onnxruntime computes them."""
    rows = [weight.reshape(-1)] if axis is None else np.moveaxis(weight, axis, 0).reshape(weight.shape[axis], -1)
    found = [compute_data_quant_params(row, kind, symmetric or axis is not None, reduced) for row in rows]
    coded = [quantize_nparray(kind, row, scale, zero) for row, (zero, scale) in zip(rows, found)]
    scales = np.array([scale for _, scale in found], np.float32)
    zeros = np.array([zero for zero, _ in found])
    if axis is None:
        return coded[0].reshape(weight.shape), scales.reshape(()), zeros
    moved = np.moveaxis(weight, axis, 0).shape
    return np.moveaxis(np.stack(coded).reshape(moved), 0, axis), scales, zeros


def store_weights(graph):
    """Weights of ops that compute in float: int8 times scales, or float16, which onnxruntime unfolds when a session is created."""
    outputs = {each.name for each in graph.output}
    for proto in list(graph.initializer):
        used = readers(graph, proto.name)
        is_float = proto.data_type == onnx.TensorProto.FLOAT and len(proto.dims) >= 2 and np.prod(proto.dims) >= 256
        if STORAGE == "float32" or not is_float or not used or proto.name in outputs:
            continue
        weight = numpy_helper.to_array(proto)
        stored, factors = compact(weight, *channel_axes(used[0], weight.shape))
        if stored.nbytes + sum(4 * each.size for each in factors) >= weight.nbytes:
            continue
        graph.initializer.remove(proto)
        value = f"{proto.name}_codes" if factors else proto.name
        codes = put(graph, f"{proto.name}_{stored.dtype}", stored, stored.dtype)
        nodes = [helper.make_node("Cast", [codes], [value], f"{proto.name}_Cast", to=onnx.TensorProto.FLOAT)]
        for i, factor in enumerate(factors):
            result = proto.name if i == len(factors) - 1 else f"{proto.name}_scaled"
            scale = put(graph, f"{proto.name}_scale_{i}", factor)
            nodes.append(helper.make_node("Mul", [value, scale], [result], f"{proto.name}_Mul_{i}"))
            value = result
        for node in reversed(nodes):
            graph.node.insert(0, node)


def channel_axes(node, shape):
    """Axes of outputs and inputs of a weight as its reader sees them; no inputs where there is but one."""
    rank = len(shape)
    transposed = any(each.name == "transB" and each.i for each in node.attribute)
    by_type = {
        "MatMul": (rank - 1, rank - 2),
        "Gemm": (0, 1) if transposed else (1, 0),
        "ConvTranspose": (1, 0),
        "LSTM": (1, 2),
        "GRU": (1, 2),
        "RNN": (1, 2),
    }
    output, input = by_type.get(node.op_type, (0, 1))
    return output, None if shape[input] == 1 else input


def compact(weight, output, input):
    """int8 codes with one factor per output channel or a second per input channel, or float16, by the worst channel's error."""
    if STORAGE == "float16":
        return weight.astype(np.float16), []
    values = weight.astype(np.float64)

    def along(axis, scales):
        return scales.reshape([-1 if i == axis else 1 for i in range(weight.ndim)])

    def scale_of(largest):
        scale = (largest / 127).astype(np.float32)
        return np.where(scale < 2.0**-126, np.float32(1), scale)

    def coded(factors):
        scale = np.float64(1)
        for factor in factors:
            scale = scale * factor.astype(np.float64)
        codes = np.clip(np.rint(values / scale), -127, 127)
        errors = (values - codes * scale) ** 2
        worst = 0.0
        for axis in (output, *([] if input is None else [input])):
            others = tuple(i for i in range(weight.ndim) if i != axis)
            power = (values**2).sum(axis=others)
            alive = power > 0
            worst = max(worst, *(errors.sum(axis=others)[alive] / power[alive]), 0.0)
        return codes.astype(np.int8), factors, np.sqrt(worst)

    magnitudes = np.abs(values)
    one = coded([along(output, scale_of(magnitudes.max(axis=tuple(i for i in range(weight.ndim) if i != output))))])
    best = one
    if input is not None:
        others = tuple(i for i in range(weight.ndim) if i not in (output, input))
        table = magnitudes.max(axis=others)  # by output and input, whichever axis comes first
        table = table if output < input else table.T
        by_output = np.ones(table.shape[0])
        for _ in range(20):
            by_input = (table * (1 / by_output)[:, None]).max(axis=0)
            by_input[by_input == 0] = 1
            by_output = (table * (1 / by_input)[None, :]).max(axis=1)
            by_output[by_output == 0] = 1
        two = coded([along(output, scale_of(by_output)), along(input, by_input.astype(np.float32))])
        best = two if one[2] > two[2] * 1.2 else one
    codes, factors, error = best
    return (weight.astype(np.float16), []) if STORAGE == "auto" and error > 0.08 else (codes, factors)


def sort(graph):
    """Nodes in an order in which everything is written before it is read."""
    known = {each.name for each in (*graph.input, *graph.initializer)} | {""}
    waiting = list(graph.node)
    written = {name for node in waiting for name in node.output}
    ordered = []
    while waiting:
        ready = [node for node in waiting if all(name in known or name not in written for name in node.input)]
        if not ready:
            sys.exit("The graph has a cycle")
        ordered += ready
        known |= {name for node in ready for name in node.output}
        done = {id(node) for node in ready}
        waiting = [node for node in waiting if id(node) not in done]
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in ordered]
    del graph.node[:]
    graph.node.extend(copies)


def prune(graph):
    used = {name for node in graph.node for name in node.input} | {each.name for each in graph.output}
    for proto in [each for each in graph.initializer if each.name not in used]:
        graph.initializer.remove(proto)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path, help="the float model that was tuned")
    parser.add_argument("output", type=pathlib.Path, help="the int8 model")
    parser.add_argument("--calibration", help="an .npz: measures the ranges anew with onnxruntime (MinMax) instead of Octet's")
    options = parser.parse_args()
    if BEYOND:
        sys.exit("onnxruntime's tools cannot express this config: " + "; ".join(BEYOND) + ".\\nRebuild it with Octet instead: octet replay recipe.json model.onnx --output model.int8.onnx")
    digest = hashlib.sha256(options.model.read_bytes()).hexdigest()
    if digest != MODEL_SHA256 and not options.calibration:
        sys.exit(f"{options.model} is not the model that was tuned (SHA-256 {digest}); give --calibration to measure its ranges.")
    model = clean(onnx.load(options.model))
    check(model)
    scale_channels(model.graph)
    prune(model.graph)
    if STATIC:
        with tempfile.TemporaryDirectory() as folder:
            model = quantize_statically(model, options.calibration, pathlib.Path(folder))
    quantize_dynamically(model.graph)
    store_weights(model.graph)
    sort(model.graph)
    prune(model.graph)
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    onnx.save(model, options.output)
    onnxruntime.InferenceSession(options.output, providers=["CPUExecutionProvider"])
    print(f"{options.output}: {options.output.stat().st_size} bytes")


main()
`;
