import type { V1Container, V1PodSpec, V1Volume } from '@kubernetes/client-node';
import { App } from 'cdk8s';
import { contextOf, toYaml, type Context } from '../../constructs/kubernetes';
import { ownServices, parseSettings, type VigilConfig } from '../../constructs/settings';
import { manifestsOf, type Manifest } from '../../constructs/synth';
import { vigil } from '../../constructs/vigil';

/** An object as it is rendered, with the fields that tests look at. */
export interface Rendered extends Manifest {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** The pods of a workload. */
export interface Pods {
  /** `<namespace>/<name>`. */
  readonly id: string;
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly spec: V1PodSpec;
  readonly containers: readonly V1Container[];
  readonly volumes: readonly V1Volume[];
  readonly claims: readonly string[];
}

export interface Stack {
  readonly context: Context;
  readonly objects: readonly Rendered[];
  readonly pods: readonly Pods[];
}

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** The whole stack with these settings, rendered in memory. */
export function stackOf(config: VigilConfig = {}): Stack {
  const context = contextOf(parseSettings(config));
  const objects = manifestsOf(context) as Rendered[];
  return {
    context,
    objects,
    pods: objects.filter(({ kind }) => WORKLOADS.includes(kind)).map(podsOf),
  };
}

interface WorkloadSpec {
  readonly selector: { readonly matchLabels: Record<string, string> };
  readonly template: {
    readonly metadata: { readonly labels: Record<string, string> };
    readonly spec: V1PodSpec;
  };
  readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
}

function podsOf(object: Rendered): Pods {
  const { selector, template, volumeClaimTemplates = [] } = object.spec as unknown as WorkloadSpec;
  const { name, namespace = '' } = object.metadata;
  return {
    id: `${namespace}/${name}`,
    kind: object.kind as Pods['kind'],
    name,
    namespace,
    labels: template.metadata.labels,
    matchLabels: selector.matchLabels,
    spec: template.spec,
    containers: [...(template.spec.initContainers ?? []), ...template.spec.containers],
    volumes: template.spec.volumes ?? [],
    claims: volumeClaimTemplates.map(({ metadata }) => metadata.name),
  };
}

/** `<kind> <namespace>/<name>`, or without a namespace for what belongs to none. */
export const idOf = ({ kind, metadata }: Manifest): string =>
  `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;

export const ofKind = (objects: readonly Rendered[], kind: string): Rendered[] =>
  objects.filter((object) => object.kind === kind);

/**
 * The one object of this id.
 *
 * @throws Error when there is none.
 */
export function find(objects: readonly Rendered[], id: string): Rendered {
  const found = objects.find((object) => idOf(object) === id);
  if (!found) throw new Error(`no ${id} among: ${objects.map(idOf).join(', ')}`);
  return found;
}

/**
 * The text of a file in a ConfigMap.
 *
 * @throws Error when there is none.
 */
export function fileOf(objects: readonly Rendered[], id: string, file: string): string {
  const text = find(objects, `ConfigMap ${id}`).data?.[file];
  if (text === undefined) throw new Error(`ConfigMap ${id} has no ${file}`);
  return text;
}

/** One chart of the stack, rendered: what one file of `dist/` holds. */
export interface RenderedChart {
  readonly objects: readonly Rendered[];
  /** As YAML, for snapshots. */
  readonly text: string;
}

/**
 * The chart of this id. The tags of our own images follow their sources, which are no concern of a construct's test.
 *
 * @throws Error when the stack has no such chart.
 */
export function chartOf(id: string, config: VigilConfig = {}): RenderedChart {
  const own = Object.entries(ownServices).map(([key, name]) => [key, `vigil.local/${name}:test`]);
  const images = { ...(Object.fromEntries(own) as Record<string, string>), ...config.images };
  const context = contextOf(parseSettings({ ...config, images }));
  const chart = vigil(new App(), context).find(({ node }) => node.id === id);
  if (!chart) throw new Error(`the stack has no chart ${id}`);
  const objects = chart.toJson() as Rendered[];
  return { objects, text: objects.map(toYaml).join('---\n') };
}

/**
 * The pods of a chart's only workload.
 *
 * @throws Error when it has none, or several.
 */
export function onlyPods({ objects }: Pick<RenderedChart, 'objects'>): Pods {
  const [pods, ...others] = objects.filter(({ kind }) => WORKLOADS.includes(kind)).map(podsOf);
  if (!pods || others.length > 0) throw new Error('not exactly one workload');
  return pods;
}
