/** Row of a peer in the columns of the strategies' tables: score, size and latency as measured once, `–` where it was not. */
function peer(tool: string, evaluations: string, score: string, size: number, latency: number | null): string[] {
  const speed = latency === null ? ['–', '–'] : [`${latency.toFixed(2)}×`, (size * latency).toFixed(2)];
  return [`*${tool}*`, '', '', '', evaluations, '', '', '', score, '–', `${size.toFixed(2)}×`, ...speed];
}

const INC = 'Neural Compressor 2.6, basic';
const NNCF = 'NNCF 3.4, accuracy control';
const ORT = 'onnxruntime.quantization, best of 25';

/**
 * The best models of the peers that meet the same criterion, one thread, latency on onnxruntime-web 1.30 against float; scores on all
 * evaluation samples by native ONNX Runtime. Where a peer is missing it ended without such a model, or crashed.
 */
export const PEERS: Readonly<Record<string, readonly string[][]>> = {
  'fashion-lenet-uneq': [
    peer(`${INC} (no layer in int8)`, '44', '88.15', 1.01, 1),
    peer(NNCF, '3.5', '87.70', 0.83, 1.37),
  ],
  'fashion-mobilenet': [
    peer(INC, '1', '93.15', 0.49, 1.69),
    peer(NNCF, '2', '93.15', 0.58, 1.69),
    peer(ORT, '25', '93.20', 0.5, 1.55),
  ],
  'fashion-vit-outliers': [
    peer(NNCF, '10.9', '86.90', 0.55, 1.1),
    peer(`${NNCF}, told it is a transformer`, '1', '87.65', 0.38, null),
  ],
  'language-id': [
    peer(`${INC} (no layer in int8)`, '2', '–', 1, 1),
    peer('Neural Compressor 2.6, mse_v2', '4', '89.47', 0.31, 1.22),
  ],
  'spam-transformer': [
    peer(INC, '1', '97.90', 0.26, 0.75),
    peer(NNCF, '2', '97.90', 0.27, 0.8),
    peer(ORT, '25', '98.00', 0.86, 0.6),
  ],
  'text-direction': [
    peer(`${INC}, opset raised by hand`, '26', '97.25', 0.54, 3),
    peer(`${NNCF}, opset raised by hand`, '2', '97.00', 0.8, 1.62),
    peer(`${ORT}, opset raised by hand`, '25', '96.75', 0.6, 2.85),
  ],
  'text-recognition': [
    peer(`${NNCF}, opset raised by hand`, '14.8', '99.50', 0.32, 1.11),
    peer(`${ORT}, opset raised by hand`, '25', '99.00', 0.28, 1.1),
  ],
};
