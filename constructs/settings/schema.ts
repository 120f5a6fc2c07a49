import { z } from 'zod';
import { alertRouter } from './alert-router';
import { imageNames } from './images';
import { defaultResources, type ContainerName } from './resources';
import { thresholds } from './thresholds';
import { bytes, cidr, cpu, dnsLabel, duration, httpsUrl, seconds, text } from './units';

const objectName = (): z.ZodString =>
  text(
    /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    'the name of a Kubernetes object: lower-case letters, digits, hyphens and dots',
  );

const retentionSize = (): z.ZodString =>
  text(/^[1-9]\d*(MB|GB|TB)$/, 'a size: a whole number and MB, GB or TB, such as 6GB');

const folder = (): z.ZodString =>
  text(
    /^(\/[\w-][\w.-]*)+$/,
    'the absolute path of a folder: letters, digits, underscores, hyphens and dots, such as /var/log/kubernetes',
  );

const image = (): z.ZodString =>
  text(
    /^[a-z0-9.:/_-]*[a-z0-9](:(?!latest$)[\w][\w.-]*|@sha256:[a-f0-9]{64})$/,
    'an image with a tag other than latest, or with a digest (name@sha256:…)',
  );

const domain = (): z.ZodString =>
  text(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'a DNS domain, such as cluster.local');

const labelName = (): z.ZodString =>
  text(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name: letters, digits and underscores, no digit first');

const remoteWrite = z.strictObject({
  name: dnsLabel().describe('Name of the receiver, used in metrics and flows.'),
  url: httpsUrl().describe('Where samples are sent.'),
  cidrs: z
    .array(cidr())
    .min(1)
    .describe('Networks of the receiver: Prometheus may open connections to these only.'),
  tokenSecret: objectName()
    .optional()
    .describe(
      'Secret in namespace monitoring whose key `token` is sent as bearer token. Default: none.',
    ),
});

const resources = z.strictObject({
  cpu: cpu().optional().describe('CPU request. Default: by container, below.'),
  memory: bytes().optional().describe('Memory request. Default: by container, below.'),
  memoryLimit: bytes().optional().describe('Memory limit. Default: by container, below.'),
});

const containerNames = Object.keys(defaultResources) as [ContainerName, ...ContainerName[]];

/** Every setting, with unit and default. `vigil.config.ts` is its input, `Settings` what the program reads. */
export const settingsSchema = z.strictObject({
  cluster: z
    .strictObject({
      name: dnsLabel().default('vigil').describe('Name of the kind cluster that `up` creates.'),
      nodes: z.int().min(1).max(30).default(3).describe('Nodes of that cluster.'),
      nodeImage: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Node image for kind; VIGIL_NODE_IMAGE goes first. Default: the one kind ships with.',
        ),
      domain: domain().default('cluster.local').describe('DNS domain of the cluster.'),
      nodeCidrs: z
        .array(cidr())
        .min(1)
        .default(['172.16.0.0/12', '192.168.0.0/16'])
        .describe(
          'Networks that hold the nodes and the API server; the default is what Docker gives out.',
        ),
      apiServerPort: z
        .int()
        .min(1)
        .max(65_535)
        .default(6443)
        .describe('Port of the API server on its node, behind the Service.'),
      approveKubeletServing: z
        .boolean()
        .default(true)
        .describe('Approve kubelet serving certificates after checking each request.'),
      apiServer: z
        .boolean()
        .default(true)
        .describe('Scrape the API server (it must run as pods in kube-system).'),
      controlPlane: z
        .boolean()
        .default(true)
        .describe('Scrape scheduler and controller-manager (they must listen on the node).'),
      kubelets: z
        .boolean()
        .default(true)
        .describe("Scrape kubelets (their serving certificates must be of the cluster's CA)."),
      coreDns: z
        .boolean()
        .default(true)
        .describe('Scrape CoreDNS (pods in kube-system with metrics on port 9153).'),
    })
    .prefault({}),
  certificates: z
    .strictObject({
      leafLifetime: duration().default('30d').describe('Lifetime of a leaf certificate.'),
      rootLifetime: duration().default('1y').describe('Lifetime of the root.'),
      propagation: duration()
        .default('3m')
        .describe('Time a changed Secret needs to reach every pod.'),
    })
    .prefault({}),
  prometheus: z
    .strictObject({
      scrapeInterval: duration().default('15s').describe('Time between two scrapes.'),
      evaluationInterval: duration()
        .default('10s')
        .describe('Time between two evaluations of the rules.'),
      retentionTime: duration().default('15d').describe('Age at which samples are dropped.'),
      retentionSize: retentionSize()
        .default('6GB')
        .describe('Size at which the oldest are dropped.'),
      storage: bytes().default('8Gi').describe('Size of the volume.'),
      externalLabels: z
        .record(labelName(), z.string())
        .default({})
        .describe('Labels added to alerts and remote writes.'),
      remoteWrite: z
        .array(remoteWrite)
        .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
          error: 'receivers of different names',
        })
        .default([])
        .describe('Receivers of a copy of all samples.'),
    })
    .prefault({}),
  alertmanager: z
    .strictObject({
      retention: duration().default('5d').describe('How long silences and notifications are kept.'),
      storage: bytes().default('256Mi').describe('Size of the volume.'),
      groupWait: duration()
        .default('5s')
        .describe('How long a new group waits for more alerts before it is sent.'),
      groupInterval: duration()
        .default('30s')
        .describe('Time between two notifications of a group that changes.'),
    })
    .prefault({}),
  loki: z
    .strictObject({
      retention: duration()
        .refine((text) => seconds(text) >= 86_400, { error: 'a time of at least 1d' })
        .default('7d')
        .describe('Age at which log lines are dropped; at least 1d.'),
      storage: bytes().default('10Gi').describe('Size of the volume.'),
    })
    .prefault({}),
  alloy: z
    .strictObject({
      auditLogFolder: folder()
        .default('/var/log/kubernetes')
        .describe("Folder of the API server's `audit.log` on its node; `up` puts it there."),
    })
    .prefault({}),
  web: z
    .strictObject({
      clientCertificates: z
        .boolean()
        .default(false)
        .describe('Ask visitors of the pages for a certificate; the technician has one.'),
      hosts: z
        .partialRecord(z.enum(['apache', 'nginx', 'sampleApp']), z.array(domain()))
        .default({})
        .describe('Further DNS names in the certificate, by component.'),
      service: z
        .enum(['ClusterIP', 'NodePort', 'LoadBalancer'])
        .default('ClusterIP')
        .describe('Type of the Services of the pages.'),
    })
    .prefault({}),
  alertRouter,
  thresholds,
  storageClass: objectName()
    .optional()
    .describe("StorageClass of the volumes. Default: the cluster's own default."),
  images: z
    .partialRecord(z.enum(imageNames as [string, ...string[]]), image())
    .default({})
    .describe('Image by component, in place of the pinned one.'),
  resources: z
    .partialRecord(z.enum(containerNames), resources)
    .default({})
    .describe('Requests and limits by container, in place of the defaults.'),
});

export type VigilConfig = z.input<typeof settingsSchema>;
export type Settings = z.output<typeof settingsSchema>;
