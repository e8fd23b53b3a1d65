import { Fault } from '../../base/fault.ts';
import { createRng } from '../../base/rng.ts';
import { TOKEN_KEY } from '../config/token.ts';
import { SigOptClient } from '../sigopt/client.ts';
import { searchRemotely } from '../sigopt/remote-search.ts';
import type { StrategyContext, TuneStrategy } from '../types.ts';
import { searchLocally } from './sigopt-local.ts';

/**
 * Neural Compressor's SigOpt strategy: the lowest latency that meets the accuracy criterion, searched by a SigOpt server where an
 * address and a token are given, else by the equivalent on this machine.
 */
export const sigopt: TuneStrategy = {
  name: 'sigopt',
  help: 'Seeks the lowest latency that meets the accuracy criterion: by a SigOpt server if you name one and give its API token, else by the equivalent on this machine. Use it if you have such a server.',
  options: {
    sigopt_base_url: {
      type: 'string',
      help: 'API address of your SigOpt server, such as https://sigopt.ninja:4443/api; the hosted service is gone.',
      default: null,
    },
    sigopt_project_id: {
      type: 'string',
      help: 'Project on that server: lower-case letters, digits, - _ and dots. Created where it is missing.',
      default: null,
    },
    sigopt_experiment_name: { type: 'string', help: 'Name of the experiment on that server.', default: 'nc-tune' },
  },
  async *propose(context) {
    const { service, options, rng } = context;
    const lacking = missing(context);
    // A session goes on as it began: the sequences of the two differ.
    const mode = await context.recall('sigopt mode', async () => (lacking === null ? 'remote' : 'local'));
    if (mode === 'local' || service === null) {
      const message = `The strategy sigopt runs on this machine: ${lacking ?? 'so this session began'}.`;
      context.warn({ code: 'strategy-local', message });
      yield* searchLocally(context);
      return;
    }
    if (service.token === null) throw tokenMissing();
    const jitter = createRng(rng.below(2 ** 31));
    const client = new SigOptClient(String(options['sigopt_base_url']), service.token, service, jitter);
    yield* searchRemotely(context, client);
  },
};

/** What keeps the service from being called, in words; null: nothing. */
function missing({ service, options }: StrategyContext): string | null {
  if (service === null) return 'there is no network';
  if (!options['sigopt_base_url']) return 'no SigOpt server is named (sigopt_base_url)';
  return service.token === null ? `no API token is given (${TOKEN_KEY}, or SIGOPT_API_TOKEN in the environment)` : null;
}

function tokenMissing(): Fault {
  return new Fault('service-unauthorized', {
    message: 'This session is led by a SigOpt server, and its API token is never stored.',
    place: `tuning.strategy.${TOKEN_KEY}`,
    next: `Give the token once more: in the configuration, or as SIGOPT_API_TOKEN in the environment of the command line.`,
  });
}
