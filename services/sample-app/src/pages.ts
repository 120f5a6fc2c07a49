import { createHash } from 'node:crypto';

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:3rem auto;padding:0 1rem}' +
  'label,button{display:block;margin-top:1rem}input{font:inherit;width:100%}button{font:inherit}' +
  ':root{color-scheme:light dark}';

/** Nothing is loaded, run or embedded; the one style is allowed by its hash. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** On every answer, whatever its status. */
export const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

const FORM = `<form method="post" action="/login">
<label>User name <input name="username" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Log in</button>
</form>`;

/** A whole page. Both parts are HTML already: nothing of a request goes into one but a checked request id. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${STYLE}</style></head>
<body><main><h1>${title}</h1>
${body}
</main></body>
</html>
`;
}

export const HOME_PAGE = page(
  'Sample app',
  `<p>A small service that shows how to be monitored.</p>\n${FORM}`,
);
export const LOGIN_PAGE = page('Log in', FORM);
export const WELCOME_PAGE = page('Logged in', '<p>The password was right. No session is kept.</p>');
