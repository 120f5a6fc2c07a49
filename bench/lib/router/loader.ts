import { load, type LoadOptions } from './load';

/** The program behind `loadFromOutside`: gets its options as a message, answers with the result, and ends. */
process.once('message', (options: LoadOptions) => {
  void load(options).then(
    (result) => process.send?.({ result }, () => process.disconnect()),
    (error: Error) => process.send?.({ failure: error.message }, () => process.disconnect()),
  );
});
