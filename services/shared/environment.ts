import type * as z from 'zod';

/** A setting of a process that cannot be used; the message is one line. */
export class ConfigError extends Error {}

/**
 * Reads environment variables.
 * @throws ConfigError naming each variable that is wrong, what it holds and what it may hold
 */
export function readVariables<T>(schema: z.ZodType<T>, env: NodeJS.ProcessEnv): T {
  const result = schema.safeParse(env);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return `${name}=${env[name] ?? ''}: ${message}`;
  });
  throw new ConfigError(problems.join('; '));
}
