import type { Identity } from '../topology';
import { TLS_CIPHERS, subjectOf, tlsFiles } from './tls';

/** Directives of `http` that put its temporary files where a read-only root lets them be. */
export const NGINX_TEMPORARY = `  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
`;

/** What the line of a request that is turned away says; who looks for such lines knows it (loki/selectors.ts). */
export const NOT_ALLOWED = 'request not allowed';

/**
 * Directives of `http` for a line for each request that a proxy turns away itself, and for no other: what its server
 * refuses has a status there.
 */
export const NGINX_TURNED_AWAY = `  map $upstream_status$status $turned_away { default 0; 400 1; 403 1; }
  log_format turned_away escape=json '{"level":"warning","msg":"${NOT_ALLOWED}","client":"$remote_addr","subject":"$ssl_client_s_dn","verified":"$ssl_client_verify","method":"$request_method","path":"$uri","status":$status}';
  access_log /dev/stdout turned_away if=$turned_away;
`;

/** Directives of `http` for TLS with the component's leaf, which servers name `$leaf` and `$leaf_key`. */
export const NGINX_TLS = `  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers ${TLS_CIPHERS};
  ssl_session_tickets off;

  # A path that holds a variable is read at each handshake, so a renewed leaf needs no reload.
  map $ssl_server_name $leaf { default ${tlsFiles.certificate}; }
  map $ssl_server_name $leaf_key { default ${tlsFiles.key}; }
`;

/** A variable that is 1 for these clients, and 0 for everyone else with a certificate. */
export const nginxSubjects = (name: string, clients: readonly Identity[]): string =>
  `  map $ssl_client_s_dn ${name} {
    default 0;
${clients.map((client) => `    "${subjectOf(client)}" 1;\n`).join('')}  }
`;
