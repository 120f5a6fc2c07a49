/**
 * A command that writes a file as large as half-way between a bound and everything, and then waits.
 *
 * @param folder where it may write
 * @param mebibytes that would be everything
 * @param bound in percent of that
 */
export function fill(folder: string, mebibytes: number, bound: number): string[] {
  const kibibytes = Math.round((mebibytes * 1024 * (bound + 100)) / 200);
  const write = `dd if=/dev/zero of=${folder}/file bs=1024 count=${kibibytes}`;
  return ['sh', '-c', `${write} && exec sleep 86400`];
}
