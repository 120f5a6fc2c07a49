import type { Construct } from 'constructs';
import type { Volume } from '../../imports/k8s';
import type { Component, Identity } from '../topology';
import { ConfigFiles } from './config-files';
import { scratch, type ContainerProps } from './container';
import { NGINX_TEMPORARY, NGINX_TLS, NGINX_TURNED_AWAY, nginxSubjects } from './nginx';
import { tlsFiles } from './tls';

const DIRECTORY = '/etc/vigil/proxy';

/** Paths of a server with clients of their own. */
export interface RestrictedPaths {
  /** Whole paths, and prefixes, which end with a slash. */
  readonly paths: readonly string[];
  readonly clients: readonly Identity[];
  /** @default all */
  readonly methods?: readonly Method[];
}

/** GET includes HEAD, as nginx has it. */
type Method = 'GET' | 'POST';

export interface TlsListener {
  /** Port on the pod's address. */
  readonly port: number;
  /** Port on loopback that is served there. */
  readonly upstream: number;
  /** Who may ask for what is not restricted; `anyone` for a server that has a login of its own. */
  readonly clients: readonly Identity[] | 'anyone';
  /** @default none */
  readonly restricted?: readonly RestrictedPaths[];
  /** Largest body of a request, in MiB. @default 1 */
  readonly maxBodyMiB?: number;
}

/** A way out: plain on loopback, mutual TLS to a component of ours. */
export interface TlsUpstream {
  /** Port on loopback. */
  readonly port: number;
  readonly server: Component;
  readonly serverPort: number;
}

export interface TlsProxyProps {
  readonly listeners?: readonly TlsListener[];
  readonly upstreams?: readonly TlsUpstream[];
}

/**
 * A sidecar (nginx) for programs that cannot serve TLS, cannot check identities, or read client certificates only at
 * start. Paths with a variable make nginx load leaf and key again at each handshake; the bundle of roots is read at
 * start, which is why its components are `rereads: 'leaf'` in the topology.
 */
export class TlsProxy {
  public readonly files: ConfigFiles;
  public readonly volumes: readonly Volume[] = [scratch('proxy-tmp', '16Mi')];
  public readonly container: ContainerProps;

  public constructor(scope: Construct, component: Component, props: TlsProxyProps) {
    this.files = new ConfigFiles(scope, {
      name: `${component.name}-proxy`,
      mountPath: DIRECTORY,
      files: { 'nginx.conf': nginxConf(props) },
    });
    this.container = {
      name: 'tlsProxy',
      command: ['nginx'],
      args: ['-c', `${DIRECTORY}/nginx.conf`, '-e', 'stderr', '-g', 'daemon off;'],
      ports: component.ports,
      mounts: [this.files.mount, { name: 'proxy-tmp', mountPath: '/tmp' }],
    };
  }
}

/** The configuration, exported for its tests. */
export function nginxConf({ listeners = [], upstreams = [] }: TlsProxyProps): string {
  return `# Written by Vigil; see constructs/kubernetes/tls-proxy.ts.
worker_processes 1;
pid /tmp/nginx.pid;
events { worker_connections 512; }
http {
${NGINX_TURNED_AWAY}  server_tokens off;
${NGINX_TEMPORARY}  proxy_http_version 1.1;
  # Bodies are passed on as they come: the only disk here is a small one in memory.
  proxy_buffering off;
  proxy_request_buffering off;
${NGINX_TLS}  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
${[...listeners.map(listenerConf), ...upstreams.map(upstreamConf)].join('\n')}}
`;
}

function listenerConf(listener: TlsListener): string {
  const { port, upstream, clients, restricted = [], maxBodyMiB = 1 } = listener;
  const open = clients === 'anyone';
  const allowed = `$allowed_${port}`;
  const restrictedTo = restricted.map((one, index) => ({
    ...one,
    allowed: `$restricted_${port}_${index}`,
  }));
  return `
${open ? '' : nginxSubjects(allowed, clients)}${restrictedTo.map((one) => nginxSubjects(one.allowed, one.clients)).join('')}  server {
    listen ${port} ssl;
    ssl_certificate $leaf;
    ssl_certificate_key $leaf_key;
    ssl_client_certificate ${tlsFiles.authority};
    ssl_verify_client ${open ? 'optional' : 'on'};
    ssl_verify_depth 3;
    client_max_body_size ${maxBodyMiB}m;
    add_header Strict-Transport-Security "max-age=31536000" always;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-Proto https;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
${restrictedTo.flatMap(({ paths, ...one }) => paths.map((path) => restrictedConf(path, upstream, one))).join('')}${locationConf('/', `http://127.0.0.1:${upstream}`, open ? [] : [refuseOthers(allowed)])}  }
`;
}

/** The server gets the path that was compared, and not the one that was written, which may hide it (`/a/%2e%2e/b`). */
function restrictedConf(
  path: string,
  upstream: number,
  { allowed, methods }: Pick<RestrictedPaths, 'methods'> & { readonly allowed: string },
): string {
  const location = path.endsWith('/') ? path : `= ${path}`;
  return locationConf(location, `http://127.0.0.1:${upstream}${path}`, [
    refuseOthers(allowed),
    ...(methods ? [`limit_except ${methods.join(' ')} { deny all; }`] : []),
  ]);
}

const refuseOthers = (allowed: string): string => `if (${allowed} = 0) { return 403; }`;

function locationConf(location: string, target: string, conditions: readonly string[]): string {
  return `    location ${location} {
${conditions.map((condition) => `      ${condition}\n`).join('')}      proxy_pass ${target};
    }
`;
}

function upstreamConf({ port, server, serverPort }: TlsUpstream): string {
  return `
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass https://${server.dnsName}:${serverPort};
      proxy_ssl_certificate $leaf;
      proxy_ssl_certificate_key $leaf_key;
      proxy_ssl_trusted_certificate ${tlsFiles.authority};
      proxy_ssl_verify on;
      proxy_ssl_verify_depth 3;
      proxy_ssl_name ${server.dnsName};
      proxy_ssl_server_name on;
      proxy_ssl_protocols TLSv1.2 TLSv1.3;
      proxy_set_header Host ${server.dnsName};
      proxy_set_header Connection "";
    }
  }
`;
}
