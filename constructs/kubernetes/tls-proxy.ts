import type { Construct } from 'constructs';
import type { Volume } from '../../imports/k8s';
import type { Component, Identity } from '../topology';
import { ConfigFiles } from './config-files';
import { scratch, type ContainerProps } from './container';
import { tlsFiles } from './tls';

const DIRECTORY = '/etc/vigil/proxy';

/** Part of a server that only some identities may read, although its other paths ask for no certificate. */
export interface RestrictedPath {
  readonly path: string;
  readonly clients: readonly Identity[];
}

export interface TlsListener {
  /** Port on the pod's address. */
  readonly port: number;
  /** Port on loopback that is served there. */
  readonly upstream: number;
  /** Who may connect; `anyone` for a server that has a login of its own. */
  readonly clients: readonly Identity[] | 'anyone';
  /** @default none */
  readonly restricted?: RestrictedPath;
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
  access_log off;
  server_tokens off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  proxy_http_version 1.1;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
  ssl_session_tickets off;

  # A path that holds a variable is read at each handshake, so a renewed leaf needs no reload.
  map $ssl_server_name $leaf { default ${tlsFiles.certificate}; }
  map $ssl_server_name $leaf_key { default ${tlsFiles.key}; }
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
${[...listeners.map(listenerConf), ...upstreams.map(upstreamConf)].join('\n')}}
`;
}

const subjects = (name: string, clients: readonly Identity[]): string =>
  `  map $ssl_client_s_dn ${name} {
    default 0;
${clients.map(({ commonName }) => `    "CN=${commonName}" 1;\n`).join('')}  }
`;

function listenerConf({ port, upstream, clients, restricted }: TlsListener): string {
  const open = clients === 'anyone';
  const allowed = `$allowed_${port}`;
  const restrictedAllowed = `$restricted_${port}`;
  return `
${open ? '' : subjects(allowed, clients)}${restricted ? subjects(restrictedAllowed, restricted.clients) : ''}  server {
    listen ${port} ssl;
    ssl_certificate $leaf;
    ssl_certificate_key $leaf_key;
    ssl_client_certificate ${tlsFiles.authority};
    ssl_verify_client ${open ? 'optional' : 'on'};
    ssl_verify_depth 3;
    add_header Strict-Transport-Security "max-age=31536000" always;
${restricted ? locationConf(`= ${restricted.path}`, upstream, restrictedAllowed) : ''}${locationConf('/', upstream, open ? undefined : allowed)}  }
`;
}

function locationConf(path: string, upstream: number, allowed: string | undefined): string {
  return `    location ${path} {
${allowed ? `      if (${allowed} = 0) { return 403; }\n` : ''}      proxy_pass http://127.0.0.1:${upstream};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
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
