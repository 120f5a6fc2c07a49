import { BATCH_KIB } from './config';

/**
 * Bytes of a file that are read again: at most three batches were under way, and a line on the disk is at most twice as
 * long as what was sent of it, for its time and flags come with it.
 */
const WINDOW_BYTES = 2 * 3 * BATCH_KIB * 1024;

/** Seconds that lines may be old: Loki takes what is at most an hour older than the newest of a stream. */
const WINDOW_SECONDS = 50 * 60;

/**
 * Sets the positions back before Alloy starts. Alloy notes how far it has read, not how far Loki has received: what was
 * in memory when it was killed, or could not be sent in time when it was stopped, would be lost. Lines that are sent
 * twice are the same to the nanosecond, and Loki keeps one of them.
 *
 * A file is read again from a line that is a beginning (of containerd's parts of a long line, the one after `F`), at most
 * 50 minutes older than the positions; a journal from then on (its cursor is a moment, `t=`, in hexadecimal microseconds).
 */
export const resumeScript = (storage: string): string => `#!/bin/sh
# Written by Vigil; see constructs/alloy/resume.ts.
set -u

# iso OFFSET: the moment from which on lines are read again, as a clock with this offset from UTC writes it.
iso() {
  shift_seconds=0
  case $1 in
    [+-]??:??)
      hours=\${1#?}; minutes=\${hours#*:}; hours=\${hours%:*}
      shift_seconds=$(( (\${hours#0} * 60 + \${minutes#0}) * 60 ))
      case $1 in -*) shift_seconds=-$shift_seconds ;; esac ;;
  esac
  date -u -d "@$(( since + shift_seconds ))" +%Y-%m-%dT%H:%M:%S
}

# back FILE OFFSET: where to read on.
back() {
  [ -f "$1" ] || { echo "$2"; return; }
  size=$(wc -c < "$1")
  # Another file than the one that was read, after a rotation: Alloy begins at its start by itself.
  [ "$size" -ge "$2" ] || { echo "$2"; return; }
  from=$(( $2 > ${WINDOW_BYTES} ? $2 - ${WINDOW_BYTES} : 0 ))
  zone=$(tail -c "+$(( from + 1 ))" "$1" | head -n 2 | sed -n '$s/^[-0-9]*T[0-9:.]*\\([+-][0-9:]*\\) .*/\\1/p')
  tail -c "+$(( from + 1 ))" "$1" | head -c "$(( $2 - from ))" | LC_ALL=C awk -v from="$from" -v end="$2" -v since="$(iso "$zone")" '
    function moment() {
      return match($0, /20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]/) ? substr($0, RSTART, RLENGTH) : ""
    }
    # The first line may be cut, unless it is the first of the file; nor is it known then whether the next one begins.
    BEGIN { cut = from > 0; inside = cut }
    !inside && moment() >= since { print from; found = 1; exit }
    { from += length($0) + 1; inside = (NR == 1 && cut) || ($3 == "P" && ($2 == "stdout" || $2 == "stderr")) }
    END { if (!found) print end }'
}

for positions in ${storage}/*/positions.yml; do
  [ -f "$positions" ] || continue
  # Until when Alloy was there.
  saved=$(date -r "$positions" +%s)
  since=$(( saved - ${WINDOW_SECONDS} ))
  while IFS= read -r line; do
    case $line in
      *'path: cursor-'*) kind=cursor ;;
      *'path: '*) kind=file; path=\${line#*path: } ;;
      '  : "'*'"')
        value=\${line#*\\"}; value=\${value%\\"}
        [ "$kind" = file ] && line="  : \\"$(back "$path" "$value")\\"" ;;
      '  : '*)
        last=$(expr "$line" : '.*t=\\([0-9a-f]*\\)')
        [ "$kind" = cursor ] && [ -n "$last" ] && [ "$(( 0x$last / 1000000 ))" -gt "$since" ] &&
          line="  : t=$(printf %x "$(( since * 1000000 ))")" ;;
    esac
    printf '%s\\n' "$line"
  done < "$positions" > "$positions.resumed" && mv "$positions.resumed" "$positions"
done
`;
