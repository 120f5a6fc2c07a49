import { ApiException } from '@kubernetes/client-node';
import { ApiError, ConflictError, UnreachableError } from './kube';

/**
 * What to do next follows from the status: decide anew (409), wait (429 and 5xx, which an API
 * server gives that is only just coming up), or report. Without a status the API server was not
 * reached, or something else answered in its place.
 * @param call what was tried, for the message
 */
export function errorOf(call: string, error: unknown): Error {
  if (!(error instanceof ApiException)) {
    // A host of several addresses, none of which answers, gives an error without a message.
    const { message, code } = error as NodeJS.ErrnoException;
    return new UnreachableError(`${call}: ${message || code}`);
  }
  const status = error.code;
  const message = `${call}: ${status} ${statusMessage(error.body)}`;
  if (status === 409) return new ConflictError(message);
  if (status === 429 || status >= 500) return new UnreachableError(message);
  return new ApiError(status, message);
}

function statusMessage(body: unknown): string {
  if (typeof body !== 'string') return '';
  try {
    return (JSON.parse(body) as { message?: string }).message ?? '';
  } catch {
    return body.slice(0, 100);
  }
}
