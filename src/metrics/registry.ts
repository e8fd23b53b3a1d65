import { accuracy } from './accuracy.ts';
import { agreement } from './agreement.ts';
import { cosine } from './cosine.ts';
import { ctcExactMatch } from './ctc-exact-match.ts';
import { f1 } from './f1.ts';
import { mae } from './mae.ts';
import type { Metric } from './metric.ts';
import { mse } from './mse.ts';
import { rmse } from './rmse.ts';
import { topk } from './topk.ts';

/** By the key under `evaluation.accuracy.metric`. */
export const METRICS: ReadonlyMap<string, Metric> = new Map(
  [topk, accuracy, f1, mse, rmse, mae, ctcExactMatch, agreement, cosine].map((metric) => [metric.name, metric]),
);
