import formbody from '@fastify/formbody';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { clientOf, printable, refuse } from './http-app';
import type { AppMetrics, LoginOutcome } from './metrics';
import { LOGIN_PAGE, WELCOME_PAGE } from './pages';
import type { User } from './users';

/** Attempts of one address whose password is looked at, in one window. */
export interface LoginLimit {
  readonly attempts: number;
  readonly windowMs: number;
}

export interface LoginOptions {
  readonly user: User;
  readonly metrics: AppMetrics;
  readonly limit: LoginLimit;
}

/** Characters of a user name that are logged. */
const USER_LENGTH = 64;
/** After which a client may try again when too many others wait, in seconds. */
const BUSY_S = 5;

const credentials = z.object({ username: z.string(), password: z.string() });

interface Refusal {
  readonly outcome: LoginOutcome;
  readonly status: number;
  readonly error: string;
  /** In seconds. */
  readonly retryAfter?: number;
}

const WRONG: Refusal = { outcome: 'failed', status: 401, error: 'Wrong user name or password' };
const BUSY: Refusal = {
  outcome: 'overloaded',
  status: 503,
  error: 'Too many others log in',
  retryAfter: BUSY_S,
};

/**
 * `/login`: a form, and what takes it, as a form or as JSON. Every attempt that is refused is logged, for the detection
 * of brute force counts the lines; but only so many for each address cost a password hash.
 */
export async function addLogin(app: FastifyInstance, options: LoginOptions): Promise<void> {
  const { limit, metrics, user } = options;
  await app.register(formbody);
  await app.register(rateLimit, { global: false, timeWindow: limit.windowMs });
  const attempt = app.createRateLimit({ max: limit.attempts });
  const notice = app.createRateLimit({ max: 1 });

  /** Why an attempt is refused; undefined when it is not. */
  const judge = async (
    request: FastifyRequest,
    { username, password }: z.infer<typeof credentials>,
  ): Promise<Refusal | undefined> => {
    const used = await attempt(request);
    if (!used.isAllowed && used.isExceeded) {
      const { ttlInSeconds: retryAfter } = used;
      const noticed = await notice(request);
      if (!noticed.isAllowed && !noticed.isExceeded) {
        request.log.warn({ client: clientOf(request), retryAfter }, 'Login rate limited');
      }
      return { outcome: 'rate_limited', status: 429, error: 'Too many attempts', retryAfter };
    }
    const verdict = await user.verify(username, password);
    if (verdict === 'busy') return BUSY;
    return verdict === 'wrong' ? WRONG : undefined;
  };

  app.get('/login', (_request, reply) => sendPage(reply, LOGIN_PAGE));

  app.post('/login', async (request, reply) => {
    const form = credentials.safeParse(request.body);
    if (!form.success) return refuse(request, reply, 400, 'username and password are required');
    const who = {
      user: printable(form.data.username, USER_LENGTH),
      client: clientOf(request),
      userAgent: printable(request.headers['user-agent'] ?? ''),
    };
    const refusal = await judge(request, form.data);
    metrics.countLogin(refusal?.outcome ?? 'succeeded');
    if (refusal) {
      const { outcome, status, error, retryAfter } = refusal;
      request.log.warn({ ...who, outcome }, 'Failed login attempt');
      if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
      return refuse(request, reply, status, error);
    }
    request.log.info(who, 'Login succeeded');
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    return isForm ? sendPage(reply, WELCOME_PAGE) : reply.send({ status: 'logged in' });
  });
}

/** Answers with a page. */
export function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(html);
}
