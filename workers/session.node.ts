import { parentPort } from 'node:worker_threads';
import { systemClock } from '../src/base/clock.ts';
import { nodeEndpoint } from '../src/bridge/node-worker.ts';
import { serve } from '../src/bridge/remote.ts';
import { SessionHost } from '../src/engine/session-host.ts';
import { ort } from '../src/runtime/ort-node.ts';

if (parentPort) serve(new SessionHost(ort, systemClock), nodeEndpoint(parentPort));
