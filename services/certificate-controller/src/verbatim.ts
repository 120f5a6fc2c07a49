import {
  type ConfigurationOptions,
  Observable,
  type ObservableMiddleware,
  ResponseContext,
  SelfDecodingBody,
} from '@kubernetes/client-node';

/**
 * Sends and returns bodies of one call as they are. The generated models know the fields of one
 * version of Kubernetes and drop all others, which would delete them from an object that is read,
 * changed and put back; they also turn timestamps into dates, which are written differently.
 * @param call the call, made with the options that it is given
 * @param body sent instead of what the model makes of it; nothing is sent without it
 */
export async function verbatim<T>(
  call: (options: ConfigurationOptions) => Promise<unknown>,
  body?: T,
): Promise<T> {
  let answer = '';
  const keep = async (response: ResponseContext): Promise<ResponseContext> => {
    answer = await response.body.text();
    const again = new SelfDecodingBody(Promise.resolve(Buffer.from(answer)));
    return new ResponseContext(response.httpStatusCode, response.headers, again);
  };
  const middleware: ObservableMiddleware = {
    pre: (context) => {
      if (body !== undefined) context.setBody(JSON.stringify(body));
      return new Observable(Promise.resolve(context));
    },
    post: (response) => new Observable(keep(response)),
  };
  await call({ middleware: [middleware], middlewareMergeStrategy: 'append' });
  return JSON.parse(answer) as T;
}
