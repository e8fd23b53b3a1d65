import { systemClock } from '../src/base/clock.ts';
import { serve } from '../src/bridge/remote.ts';
import { SessionHost } from '../src/engine/session-host.ts';
import { ort } from '../src/runtime/ort-webgpu.ts';

serve(new SessionHost(ort, systemClock));
