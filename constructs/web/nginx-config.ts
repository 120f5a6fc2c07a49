import { NGINX_TEMPORARY, NGINX_TLS, nginxSubjects, tlsFiles } from '../kubernetes';
import { accessLine, LOGGED_LENGTH, REQUEST_ID } from './access-log';
import { limits } from './limits';
import type { PageServer } from './page-server';
import { mediaTypes, securityHeaders, SITE_DIRECTORY, sitePaths, tlsHeaders } from './site';

/** nginx' configuration, for a process that is not root on a read-only root. */
export function nginxPageConfig(server: PageServer): string {
  const { ports, statusPort, names, clients } = server;
  return `# Written by Vigil; see constructs/web/nginx-config.ts.
worker_processes 1;
worker_shutdown_timeout ${limits.ending}s;
pid /tmp/nginx.pid;
error_log stderr warn;
events { worker_connections 512; }
http {
  server_tokens off;
${NGINX_TEMPORARY}${NGINX_TLS}${clients === 'anyone' ? '' : nginxSubjects('$allowed', clients)}
  client_header_timeout ${limits.arrival}s;
  client_body_timeout ${limits.arrival}s;
  send_timeout ${limits.answer}s;
  keepalive_timeout ${limits.idle}s;
  large_client_header_buffers 4 ${limits.line};
  client_max_body_size ${limits.body};
  reset_timedout_connection on;

  types {
${Object.entries(mediaTypes)
  .map(([extension, type]) => `    ${type} ${extension};\n`)
  .join('')}  }
  charset utf-8;

${accessLog}
  server {
    listen ${ports.web} ssl;
    ssl_certificate $leaf;
    ssl_certificate_key $leaf_key;
${demand(server)}${headers({ ...securityHeaders, ...tlsHeaders })}${refuseUnprintable}    if ($request_method !~ "^(GET|HEAD)$") { return 405; }
    root ${SITE_DIRECTORY};
${sitePaths.map((path) => `    location = ${path} {${path === '/' ? ' index index.html; ' : ' '}}\n`).join('')}    location / { return 404; }
  }

  server {
    listen ${ports.redirect} default_server;
    server_name "";
${headers(securityHeaders)}    return 400;
  }

  server {
    listen ${ports.redirect};
    server_name ${names.join(' ')};
${headers(securityHeaders)}${refuseUnprintable}    return 308 https://$host$request_uri;
  }

  server {
    listen 127.0.0.1:${statusPort};
    access_log off;
    location = /stub_status { stub_status; }
  }
}
`;
}

/** nginx tells seconds with three decimals: the digits without the point, and without zeros before them, are JSON. */
const accessLog = `  map $request_uri $path_sent { "~^(?<sent>[\\x21-\\x7e]{0,${LOGGED_LENGTH.path}})" $sent; }
  map $http_user_agent $user_agent { "~^(?<agent>[\\x20-\\x7e]{0,${LOGGED_LENGTH.userAgent}})" $agent; }
  map $http_x_request_id $id { "~^${REQUEST_ID}$" $http_x_request_id; default $request_id; }
  map $request_time $duration_ms {
    "~^0\\.0*(?<below>\\d+)$" $below;
    "~^(?<seconds>\\d+)\\.(?<thousandths>\\d+)$" $seconds$thousandths;
  }
  log_format access escape=json '${accessLine({
    method: '$request_method',
    path: '$path_sent',
    status: '$status',
    bytes: '$body_bytes_sent',
    durationMs: '$duration_ms',
    client: '$remote_addr',
    userAgent: '$user_agent',
    requestId: '$id',
  })}';
  access_log /dev/stdout access;
`;

/** See access-log.ts. */
const refuseUnprintable = `    if ($request_uri ~ "[^\\x21-\\x7e]") { return 400; }
    if ($http_user_agent ~ "[^\\x20-\\x7e]") { return 400; }
`;

/** Asked for in the handshake of each connection. */
const demand = ({ clients }: PageServer): string =>
  clients === 'anyone'
    ? ''
    : `    ssl_client_certificate ${tlsFiles.authority};
    ssl_verify_client on;
    ssl_verify_depth 3;
    if ($allowed = 0) { return 403; }
`;

const headers = (values: Readonly<Record<string, string>>): string =>
  Object.entries({ ...values, 'X-Request-Id': '$id' })
    .map(([name, value]) => `    add_header ${name} "${value}" always;\n`)
    .join('');
