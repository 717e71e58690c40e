#!/usr/bin/env bash
# Runs dieharder on the samples as uniform words, two tests at a time, each on a stream of its own. It runs all tests
# that dieharder calls good, except most lags of rgb_lagged_sum, which take long. The tests that dieharder calls
# suspect, or says not to use, are opso, oqso, dna and sums. Arguments: the command that writes words, to which
# --stream and a number are added.
set -euo pipefail
command -v dieharder >/dev/null || {
  echo "dieharder is not installed (Debian: apt install dieharder)" >&2
  [ -z "${CI:-}" ]
  exit
}

tests="0 1 2 3 4 8 9 10 11 12 13 15 16 17 100 101 102 204 205 206 207 208 209"
for n in 1 2 3 4 5 6 7 8; do tests+=" 200:$n"; done
for n in 2 3 4 5; do tests+=" 201:$n 202:$n"; done
for n in 0 1 3 7 15 31; do tests+=" 203:$n"; done

export WORDS="$*"

one() {
  local number=${1%%:*} tuple=0
  [[ $1 == *:* ]] && tuple=${1#*:}
  # dieharder stops reading when it has enough. Then the pipe is closed and the writer ends.
  $WORDS --stream "$2" | dieharder -g 200 -d "$number" -n "$tuple" \
    -D test_name -D ntuple -D tsamples -D psamples -D pvalues -D assessment -D no_whitespace
}
export -f one

echo "test|tuple|samples|p-values|p|assessment"
stream=1000
for test in $tests; do
  echo "$test $((stream++))"
done | xargs -P 2 -L 1 bash -c 'one "$@"' one
