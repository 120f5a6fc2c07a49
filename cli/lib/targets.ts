import type { ScrapeJob } from '../../constructs/topology';
import { poll } from './async';
import { fullReason } from './diagnose';
import { CliError } from './errors';
import type { KubeClient } from './kube-client';
import { PrometheusApi, type Target } from './prometheus-api';
import type { RolloutOptions } from './rollout';
import { listWorkloads } from './workloads';

/** What Prometheus is expected to have targets of. */
type Jobs = readonly Pick<ScrapeJob, 'name'>[];

export interface JobSummary {
  readonly job: string;
  readonly up: number;
  readonly total: number;
}

export interface Verdict {
  readonly jobs: readonly JobSummary[];
  /** One for each target or job that is not as it should be. */
  readonly problems: readonly TargetProblem[];
}

export interface TargetProblem {
  readonly job: string;
  /** Pod of the target, when there is one. */
  readonly pod?: string;
  readonly text: string;
}

const INTERVAL_MS = 500;

/** Every expected job has a target, and every target is up and was scraped over TLS. */
export function judgeTargets(scrapeJobs: Jobs, targets: readonly Target[]): Verdict {
  const expected = scrapeJobs.map(({ name }) => name);
  const names = [...new Set([...expected, ...targets.map(({ scrapePool }) => scrapePool)])].sort();
  const jobs = names.map((job) => {
    const ofJob = targets.filter(({ scrapePool }) => scrapePool === job);
    return { job, up: ofJob.filter(({ health }) => health === 'up').length, total: ofJob.length };
  });
  const missing = jobs
    .filter(({ job, total }) => total === 0 && expected.includes(job))
    .map(({ job }) => ({ job, text: `${job}: Prometheus has no target` }));
  return { jobs, problems: [...missing, ...targets.flatMap(problemOf)] };
}

function problemOf({ scrapePool, scrapeUrl, labels, health, lastError }: Target): TargetProblem[] {
  const problem = { job: scrapePool, pod: labels.pod };
  if (health !== 'up') {
    const reason = health === 'unknown' ? 'not scraped yet' : lastError;
    return [{ ...problem, text: `${scrapePool}: ${scrapeUrl} is ${health}: ${reason}` }];
  }
  if (!scrapeUrl.startsWith('https:')) {
    return [{ ...problem, text: `${scrapePool}: ${scrapeUrl} is scraped without TLS` }];
  }
  return [];
}

/** The first problem of each job stands for the others: what one exporter probes fails together. */
export function briefly(problems: readonly TargetProblem[]): string[] {
  const jobs = new Set(problems.map(({ job }) => job));
  return [...jobs].flatMap((job) => {
    const [first = '', ...others] = problems
      .filter((problem) => problem.job === job)
      .map(({ text }) => text);
    return others.length === 0 ? [first] : [first, `${job}: and ${others.length} more`];
  });
}

/**
 * Waits until every target is up over TLS: the proof that the whole works.
 *
 * @throws CliError with each target that is not, the error of its last scrape, and what its pod says.
 */
export async function proveTargets(
  client: KubeClient,
  expected: Jobs,
  options: RolloutOptions,
): Promise<Verdict> {
  const prometheus = await openPrometheus(client, options);
  let last: Verdict | undefined;
  try {
    const proven = await poll(
      async () => {
        const verdict = await tryJudge(prometheus, expected, options);
        last = verdict ?? last;
        return verdict?.problems.length === 0 ? verdict : undefined;
      },
      { ...options, intervalMs: INTERVAL_MS },
    );
    if (proven) return proven;
    throw new CliError(await explainProblems(client, last?.problems ?? []));
  } finally {
    prometheus.close();
  }
}

/** The technician's certificate may be on its way. */
async function openPrometheus(client: KubeClient, options: RolloutOptions): Promise<PrometheusApi> {
  let reason: unknown;
  const opened = await poll(
    async () => {
      try {
        return await PrometheusApi.open(client, options.signal);
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        reason = error;
        options.report(error.message);
        return undefined;
      }
    },
    { ...options, intervalMs: INTERVAL_MS },
  );
  if (opened) return opened;
  throw reason;
}

async function tryJudge(
  prometheus: PrometheusApi,
  expected: Jobs,
  { report, signal }: RolloutOptions,
): Promise<Verdict | undefined> {
  try {
    const verdict = judgeTargets(expected, await prometheus.targets());
    const { problems, jobs } = verdict;
    const total = jobs.reduce((sum, job) => sum + job.total, 0);
    if (problems[0])
      report(`${total - problems.length} of ${total} targets up; ${problems[0].text}`);
    return verdict;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof CliError)) throw error;
    report(error.message);
    return undefined;
  }
}

async function explainProblems(
  client: KubeClient,
  problems: readonly TargetProblem[],
): Promise<string> {
  if (problems.length === 0) return 'Prometheus did not answer; see `vigil status`';
  const workloads = await listWorkloads(client);
  const blocks = await Promise.all(
    problems.map(async ({ job, text }) => {
      const workload = workloads.find(({ name }) => name === job);
      const reasons = workload && !workload.isRolledOut ? await fullReason(client, workload) : [];
      return [text, ...reasons.map((line) => `  ${line}`)];
    }),
  );
  return [...blocks.flat(), ...hintsFor(problems)].join('\n');
}

/** What someone else's cluster does not show unless it was told to; the setting that does without it. */
const HINTS: Readonly<Record<string, string>> = {
  kubelet:
    "kubelets must have serving certificates of the cluster's CA (serverTLSBootstrap: true), or set cluster.kubelets: false",
  'api-server':
    'the API server must run as pods in kube-system with the label component=kube-apiserver, or set cluster.apiServer: false',
  'core-dns':
    'CoreDNS must run as pods in kube-system with the label k8s-app=kube-dns and metrics on port 9153, or set cluster.coreDns: false',
  scheduler: 'the scheduler must listen on its node, or set cluster.controlPlane: false',
  'controller-manager':
    'the controller-manager must listen on its node, or set cluster.controlPlane: false',
};

/** One line for each job whose targets a setting could do without. */
export const hintsFor = (problems: readonly TargetProblem[]): string[] =>
  [...new Set(problems.map(({ job }) => HINTS[job]))].flatMap((hint) =>
    hint === undefined ? [] : [`hint: ${hint}`],
  );
