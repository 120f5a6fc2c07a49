import { z } from 'zod';
import { imageNames } from './images';
import { defaultResources, type ContainerName } from './resources';
import { bytes, cidr, cpu, duration } from './units';

const dnsLabel = (): z.ZodString =>
  z.string().regex(/^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$/, {
    error:
      'a DNS label: lower-case letters, digits and hyphens, 32 at most, beginning with a letter',
  });

const retentionSize = (): z.ZodString =>
  z
    .string()
    .regex(/^[1-9]\d*(MB|GB|TB)$/, {
      error: 'a size: a whole number and MB, GB or TB, such as 6GB',
    });

const image = (): z.ZodString =>
  z.string().regex(/^[a-z0-9.:/_-]+[^/](:(?!latest$)[\w][\w.-]*|@sha256:[a-f0-9]{64})$/, {
    error: 'an image with a tag other than latest, or with a digest (name@sha256:…)',
  });

const remoteWrite = z.strictObject({
  name: dnsLabel().describe('Name of the receiver, used in metrics and flows.'),
  url: z.url({ protocol: /^https$/, error: 'an https:// URL' }).describe('Where samples are sent.'),
  cidrs: z
    .array(cidr())
    .min(1)
    .describe('Networks of the receiver: Prometheus may open connections to these only.'),
  tokenSecret: dnsLabel()
    .optional()
    .describe(
      'Secret in namespace monitoring whose key `token` is sent as bearer token. Default: none.',
    ),
});

const resources = z.strictObject({
  cpu: cpu().optional().describe('CPU request (cores or millicores).'),
  memory: bytes().optional().describe('Memory request.'),
  memoryLimit: bytes().optional().describe('Memory limit.'),
});

const containerNames = Object.keys(defaultResources) as [ContainerName, ...ContainerName[]];

/** Every setting, with unit and default. `vigil.config.ts` is its input, `Settings` what the program reads. */
export const settingsSchema = z.strictObject({
  cluster: z
    .strictObject({
      name: dnsLabel()
        .default('vigil')
        .describe('Name of the kind cluster that `up` creates. Default: vigil.'),
      nodes: z.int().min(1).max(30).default(3).describe('Nodes of that cluster. Default: 3.'),
      nodeImage: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Node image for kind; VIGIL_NODE_IMAGE goes first. Default: the one kind ships with.',
        ),
      domain: z
        .string()
        .regex(/^[a-z0-9.-]+$/, { error: 'a DNS domain' })
        .default('cluster.local')
        .describe('DNS domain of the cluster. Default: cluster.local.'),
      nodeCidrs: z
        .array(cidr())
        .min(1)
        .default(['172.16.0.0/12', '192.168.0.0/16'])
        .describe(
          'Networks that hold the nodes and the API server. Default: the ranges Docker gives out.',
        ),
      apiServerPort: z
        .int()
        .min(1)
        .max(65_535)
        .default(6443)
        .describe('Port of the API server on its node, behind the Service. Default: 6443.'),
      approveKubeletServing: z
        .boolean()
        .default(true)
        .describe(
          'Approve kubelet serving certificates after checking each request. Default: true.',
        ),
      controlPlane: z
        .boolean()
        .default(true)
        .describe(
          'Scrape scheduler and controller-manager (they must listen on the node). Default: true.',
        ),
    })
    .prefault({}),
  certificates: z
    .strictObject({
      leafLifetime: duration()
        .default('30d')
        .describe('Lifetime of a leaf certificate. Default: 30d.'),
      rootLifetime: duration().default('1y').describe('Lifetime of the root. Default: 1y.'),
      propagation: duration()
        .default('3m')
        .describe('Time a changed Secret needs to reach every pod. Default: 3m.'),
    })
    .prefault({}),
  prometheus: z
    .strictObject({
      scrapeInterval: duration().default('15s').describe('Time between two scrapes. Default: 15s.'),
      retentionTime: duration()
        .default('15d')
        .describe('Age at which samples are dropped. Default: 15d.'),
      retentionSize: retentionSize()
        .default('6GB')
        .describe('Size at which the oldest are dropped. Default: 6GB.'),
      storage: bytes().default('8Gi').describe('Size of the volume. Default: 8Gi.'),
      externalLabels: z
        .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string())
        .default({})
        .describe('Labels added to alerts and remote writes. Default: none.'),
      remoteWrite: z
        .array(remoteWrite)
        .default([])
        .describe('Receivers of a copy of all samples. Default: none.'),
    })
    .prefault({}),
  alertmanager: z
    .strictObject({
      retention: duration()
        .default('5d')
        .describe('How long silences and notifications are kept. Default: 5d.'),
      storage: bytes().default('256Mi').describe('Size of the volume. Default: 256Mi.'),
    })
    .prefault({}),
  storageClass: dnsLabel()
    .optional()
    .describe("StorageClass of the volumes. Default: the cluster's own default."),
  images: z
    .partialRecord(z.enum(imageNames as [string, ...string[]]), image())
    .default({})
    .describe('Image by component, in place of the pinned one. Default: none replaced.'),
  resources: z
    .partialRecord(z.enum(containerNames), resources)
    .default({})
    .describe(
      'Requests and limits by container, in place of the defaults. Default: none replaced.',
    ),
});

export type VigilConfig = z.input<typeof settingsSchema>;
export type Settings = z.output<typeof settingsSchema>;
