import { runProgram } from './program';

void runProgram(process.argv.slice(2)).then((exitCode) => {
  // Not process.exit: what is still being written to a pipe must arrive.
  process.exitCode = exitCode;
});
