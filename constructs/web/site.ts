import type { Construct } from 'constructs';
import { buildPages, pageFiles, type Game } from '../../pages/build';
import { ConfigFiles } from '../kubernetes';

/** Where a server finds its page. */
export const SITE_DIRECTORY = '/srv/page';

/** Media type by file extension; there are no other files in a page. */
export const mediaTypes = {
  html: 'text/html',
  css: 'text/css',
  js: 'text/javascript',
  svg: 'image/svg+xml',
} as const;

/** The paths that are served; everything else is 404. */
export const sitePaths: readonly string[] = ['/', ...pageFiles.map((file) => `/${file}`)];

/** What a page may do: load its own files, and nothing else. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** On every answer, whatever its status. */
export const securityHeaders = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** On every answer over TLS besides; a file is asked for again each time, and answered with 304 while it is the same. */
export const tlsHeaders = {
  'Cache-Control': 'no-cache',
  'Strict-Transport-Security': 'max-age=31536000',
} as const;

/** The files of a game, mounted. Servers read a file for each request, so that a new page restarts nothing. */
export const siteFiles = (scope: Construct, component: string, game: Game): ConfigFiles =>
  new ConfigFiles(scope, {
    name: `${component}-page`,
    mountPath: SITE_DIRECTORY,
    files: buildPages()[game],
    reloadsItself: true,
  });
