import { TLS_CIPHERS, subjectOf, tlsFiles } from '../kubernetes';
import { accessLine, LOGGED_LENGTH, REQUEST_ID } from './access-log';
import { limits } from './limits';
import type { PageServer } from './page-server';
import { mediaTypes, securityHeaders, SITE_DIRECTORY, sitePaths, tlsHeaders } from './site';

/** In the order of their hooks: the unique id is there before variables are set from it. */
const MODULES = [
  'mpm_event',
  'unixd',
  'unique_id',
  'alias',
  'allowmethods',
  'authz_core',
  'dir',
  'headers',
  'log_config',
  'mime',
  'reqtimeout',
  'rewrite',
  'setenvif',
  'ssl',
  'status',
];

/**
 * Processes, and threads in each: 256 workers. 200 visitors at once took 40 MiB of the container's 128, so that all of
 * them and the processes that a graceful restart leaves behind for a while have room.
 */
const MPM = { processes: 4, threads: 64 } as const;

/** httpd's configuration, for a process that is not root on a read-only root. */
export function apacheConfig(server: PageServer): string {
  const { ports, statusPort, names } = server;
  const [name = '', ...aliases] = names;
  return `# Written by Vigil; see constructs/web/apache-config.ts.
ServerRoot "/usr/local/apache2"
ServerName ${name}
PidFile "/tmp/httpd.pid"
DefaultRuntimeDir "/tmp"
${MODULES.map((module) => `LoadModule ${module}_module modules/mod_${module}.so\n`).join('')}
Listen ${ports.web}
Listen ${ports.redirect}
Listen 127.0.0.1:${statusPort}

StartServers 1
ServerLimit ${MPM.processes}
ThreadLimit ${MPM.threads}
ThreadsPerChild ${MPM.threads}
MinSpareThreads ${MPM.threads / 2}
MaxSpareThreads ${MPM.processes * MPM.threads}
MaxRequestWorkers ${MPM.processes * MPM.threads}
GracefulShutdownTimeout ${limits.ending}

ServerTokens Prod
ServerSignature Off
TraceEnable Off
HttpProtocolOptions Strict Require1.0
LimitRequestLine ${limits.line}
LimitRequestFieldSize ${limits.line}
LimitRequestFields 50
LimitRequestBody ${limits.body}
RequestReadTimeout handshake=${limits.arrival} header=${limits.arrival} body=${limits.arrival}
Timeout ${limits.answer}
KeepAliveTimeout ${limits.idle}

ErrorLog /proc/self/fd/2
# Who asks with other methods stands in the access log.
LogLevel warn allowmethods:crit
${accessLog()}
${headers(securityHeaders)}Header always set X-Request-Id "%{REQUEST_ID}e" env=REQUEST_ID

<Directory "/">
  AllowOverride None
  Require all denied
</Directory>

<VirtualHost *:${ports.web}>
  SSLEngine on
  SSLCertificateFile ${tlsFiles.certificate}
  SSLCertificateKeyFile ${tlsFiles.key}
  SSLProtocol -all +TLSv1.2 +TLSv1.3
  SSLCipherSuite ${TLS_CIPHERS}
  SSLSessionTickets off
${demand(server)}${headers(tlsHeaders, '  ')}${refuseUnprintable}
  DocumentRoot "${SITE_DIRECTORY}"
  DirectoryIndex index.html
  DirectorySlash Off
  FileETag MTime Size
  TypesConfig /dev/null
${Object.entries(mediaTypes)
  .map(([extension, type]) => `  AddType ${type} .${extension}\n`)
  .join('')}  AddDefaultCharset utf-8
  RedirectMatch 404 "^(?!(${sitePaths.map(escapeRegex).join('|')})$)"
  <Directory "${SITE_DIRECTORY}">
    # A mounted ConfigMap consists of links.
    Options FollowSymLinks
    AllowMethods GET HEAD
    ${admit(server)}
  </Directory>
</VirtualHost>

# Of several servers of an address the first answers for every name that no other has.
<VirtualHost *:${ports.redirect}>
  ServerName none.invalid
  RewriteEngine On
  RewriteRule ^ - [R=400,L]
</VirtualHost>

<VirtualHost *:${ports.redirect}>
  ServerName ${name}
${aliases.map((alias) => `  ServerAlias ${alias}\n`).join('')}${refuseUnprintable}  # The path as it was sent, and not as it was decoded; the query follows by itself.
  RewriteCond %{THE_REQUEST} "^\\S+ (/[^?\\s]*)"
  RewriteRule ^ https://%{SERVER_NAME}%1 [R=308,NE,L]
  RewriteRule ^ - [R=400,L]
</VirtualHost>

<VirtualHost 127.0.0.1:${statusPort}>
  CustomLog /dev/null access
  <Location "/server-status">
    SetHandler server-status
    Require all granted
  </Location>
</VirtualHost>
`;
}

/**
 * The variables are set once a request is complete; of one that never was (a line that is no request, a header that is
 * none), nothing is known but how it ended.
 */
function accessLog(): string {
  const ended = {
    status: '%>s',
    bytes: '%B',
    durationMs: '%{ms}T',
    client: '%a',
  };
  const complete = accessLine({
    method: '%m',
    path: '%{PATH_SENT}e',
    ...ended,
    userAgent: '%{USER_AGENT}e',
    requestId: '%{REQUEST_ID}e',
  });
  const broken = accessLine({ method: '', path: '', ...ended, userAgent: '', requestId: '' });
  return `SetEnvIfExpr "%{THE_REQUEST} =~ m#^\\S+ ([\\x21-\\x7e]{0,${LOGGED_LENGTH.path}})#" PATH_SENT=$1
SetEnvIfExpr "%{HTTP_USER_AGENT} =~ m#^([\\x20-\\x7e]{0,${LOGGED_LENGTH.userAgent}})#" USER_AGENT=$1
SetEnvIfExpr "%{reqenv:UNIQUE_ID} =~ m#^(.+)$#" REQUEST_ID=$1
SetEnvIf X-Request-Id "^(${REQUEST_ID})$" REQUEST_ID=$1
LogFormat "${quoted(complete)}" access
LogFormat "${quoted(broken)}" broken
CustomLog /proc/self/fd/1 access env=REQUEST_ID
CustomLog /proc/self/fd/1 broken env=!REQUEST_ID
`;
}

/** See access-log.ts. Within a virtual host, because none inherits the rules of the main server. */
const refuseUnprintable = `  RewriteEngine On
  RewriteCond %{THE_REQUEST} "[^\\x20-\\x7e]" [OR]
  RewriteCond %{HTTP_USER_AGENT} "[^\\x20-\\x7e]"
  RewriteRule ^ - [R=400,L]
`;

/** Asked for in the handshake of each connection. */
const demand = ({ clients }: PageServer): string =>
  clients === 'anyone'
    ? ''
    : `  SSLCACertificateFile ${tlsFiles.authority}
  SSLVerifyClient require
  SSLVerifyDepth 3
`;

const admit = ({ clients }: PageServer): string =>
  clients === 'anyone'
    ? 'Require all granted'
    : `Require expr "%{SSL_CLIENT_S_DN} in { ${clients.map((client) => `'${subjectOf(client)}'`).join(', ')} }"`;

const headers = (values: Readonly<Record<string, string>>, indent = ''): string =>
  Object.entries(values)
    .map(([name, value]) => `${indent}Header always set ${name} "${value}"\n`)
    .join('');

const quoted = (text: string): string => text.replaceAll('"', '\\"');

const escapeRegex = (path: string): string => path.replaceAll('.', '\\.');
