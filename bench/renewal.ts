import { pause } from '../cli/lib/async';
import { certificateStatus } from '../cli/lib/certificates';
import { CliError } from '../cli/lib/errors';
import { KubeClient } from '../cli/lib/kube-client';
import type { Session } from '../cli/lib/session';
import { contextOf } from '../constructs/kubernetes';
import { EXPIRY_JOB } from '../constructs/prometheus/scrape-jobs';
import { manifestsOf, type Manifest } from '../constructs/synth';
import type { CertificatePlan } from '../constructs/topology';
import { bench } from './lib/bench';
import {
  CONTEXT,
  allTargetsUp,
  numberOf,
  readOptions,
  restartsByPod,
  until,
  withPrometheus,
  withStack,
  type Stack,
} from './lib/cluster';
import { timed, type Figure } from './lib/figures';

/** Seconds that the kubelets and the controller may take to see a changed ConfigMap or Secret, with room to spare. */
const PATIENCE = 300;
/** Clients that ask Prometheus all the time, each time over a new connection with a new handshake. */
const CLIENTS = 4;
const PLAN = { name: 'certificate-plan', key: 'plan.json' } as const;

type ConfigMap = Manifest & { readonly data: Readonly<Record<string, string>> };

/**
 * Renews every leaf twice under load and counts what failed meanwhile. A plan that asks for one more name makes the
 * certificate-controller renew all leaves in its usual way; putting the plan back renews them again, so that the
 * cluster ends as it began.
 */
function measure(session: Session): Promise<Figure[]> {
  const { context } = readOptions(CONTEXT);
  return withStack(session, context, async (stack) => {
    const { client, topology, settings, signal } = stack;
    await withPrometheus(stack, (prometheus) =>
      until('every target is up', 30, signal, () => allTargetsUp(prometheus, topology)),
    );
    const plan = planIn(manifestsOf(contextOf(settings, topology)));
    const restarts = await restartsByPod(client);
    const started = performance.now();
    const { first, second, requests } = await renewTwice(stack, plan);
    const window = Math.ceil((performance.now() - started) / 1000 + 15);
    const failed = await withPrometheus(stack, (prometheus) =>
      numberOf(
        prometheus,
        `sum(count_over_time(up[${window}s])) - sum(sum_over_time(up[${window}s]))`,
      ),
    );
    const scrapes = await withPrometheus(stack, (prometheus) =>
      numberOf(prometheus, `sum(count_over_time(up[${window}s]))`),
    );
    const after = await restartsByPod(client);
    return [
      { what: 'scrapes while every leaf was renewed, twice', value: scrapes },
      { what: '  of which failed', value: failed, atMost: 0 },
      { what: `requests of ${CLIENTS} clients meanwhile`, value: requests.sent },
      { what: '  of which failed', value: requests.failed, atMost: 0 },
      {
        what: 'pods replaced or restarted',
        value: [...after].filter(([pod, count]) => restarts.get(pod) !== count).length,
        atMost: 0,
      },
      { what: 'until every leaf is renewed and served, first', value: first, unit: 's' },
      { what: 'and again', value: second, unit: 's' },
    ];
  });
}

/** Renews every leaf and renews it back, with clients at work meanwhile; the seconds that each took. */
async function renewTwice(
  stack: Stack,
  plan: ConfigMap,
): Promise<{ first: number; second: number; requests: Requests }> {
  const load = new Load(stack);
  try {
    const { seconds: first, ends } = await renewedWithOneMoreName(stack, plan);
    const second = await renewed(stack, ends);
    return { first, second, requests: await load.stop() };
  } finally {
    await load.stop();
  }
}

/** The plan is put back in any case; the seconds that the renewal took, and the leaves' ends after it. */
async function renewedWithOneMoreName(
  stack: Stack,
  plan: ConfigMap,
): Promise<{ seconds: number; ends: LeafEnds }> {
  const old = await leafEnds(stack);
  try {
    await stack.client.apply(withOneMoreName(plan));
    const seconds = await renewed(stack, old);
    return { seconds, ends: await leafEnds(stack) };
  } finally {
    await putBack(plan, stack);
  }
}

function planIn(manifests: readonly Manifest[]): ConfigMap {
  const found = manifests.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === PLAN.name,
  );
  if (!found) throw new CliError(`the manifests have no ConfigMap ${PLAN.name}`);
  return found as ConfigMap;
}

function withOneMoreName(manifest: ConfigMap): ConfigMap {
  const plan = JSON.parse(manifest.data[PLAN.key] ?? '') as CertificatePlan;
  const leaves = plan.leaves.map((leaf) => ({
    ...leaf,
    dnsNames: [...leaf.dnsNames, `${leaf.component}.bench.invalid`],
  }));
  const text = `${JSON.stringify({ ...plan, leaves }, undefined, 2)}\n`;
  return { ...manifest, data: { [PLAN.key]: text } };
}

/** With a client of its own: an interruption must not leave the plan changed. */
async function putBack(plan: ConfigMap, { client }: Stack): Promise<void> {
  const own = new KubeClient(client.kubeConfig, new AbortController().signal);
  try {
    await own.apply(plan);
  } finally {
    own.close();
  }
}

/** End of each component's leaf as its Secret has it, in seconds since the Unix epoch. */
type LeafEnds = ReadonlyMap<string, number>;

async function leafEnds({ client, topology }: Stack): Promise<LeafEnds> {
  const leaves = new Set(topology.plan.leaves.map(({ component }) => component));
  const all = await certificateStatus(client, topology.plan);
  return new Map(
    all
      .filter(({ component }) => leaves.has(component))
      .map(({ component, notAfter }) => [component, Date.parse(notAfter ?? '') / 1000]),
  );
}

/** Waits until every leaf's Secret holds another certificate and every component serves it; the seconds it took. */
async function renewed(stack: Stack, old: LeafEnds): Promise<number> {
  const { signal } = stack;
  const { seconds } = await timed(async () => {
    await until('every leaf is renewed', PATIENCE, signal, async () => {
      const now = await leafEnds(stack);
      return [...old].every(([component, end]) => (now.get(component) ?? end) > end);
    });
    const stored = await leafEnds(stack);
    await withPrometheus(stack, (prometheus) =>
      until('every component serves its new leaf', PATIENCE, signal, async () => {
        const served = await prometheus.query(
          `min by (component) (probe_ssl_earliest_cert_expiry{job="${EXPIRY_JOB}"})`,
        );
        return served.every(
          ({ metric, value }) => stored.get(metric.component ?? '') === Number(value[1]),
        );
      }),
    );
  });
  return seconds;
}

interface Requests {
  readonly sent: number;
  readonly failed: number;
}

/** Clients that open one connection after another, until they are stopped. */
class Load {
  private sent = 0;
  private failed = 0;
  private readonly ended = new AbortController();
  private readonly clients: Promise<void>[];

  public constructor(private readonly stack: Stack) {
    this.clients = Array.from({ length: CLIENTS }, () => this.client());
  }

  public async stop(): Promise<Requests> {
    this.ended.abort();
    await Promise.all(this.clients);
    return { sent: this.sent, failed: this.failed };
  }

  private async client(): Promise<void> {
    while (!this.ended.signal.aborted && !this.stack.signal.aborted) {
      this.sent += 1;
      try {
        await withPrometheus(this.stack, (prometheus) => prometheus.query('vector(1)'));
      } catch {
        this.failed += 1;
        await pause(250, this.ended.signal).catch(() => undefined);
      }
    }
  }
}

void bench({ title: 'Every leaf renewed under load', minutes: 20, measure });
