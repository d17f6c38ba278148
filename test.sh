#!/usr/bin/env bash
# Installs what the tests need, runs them all, and ends with: N passed, N failed, N skipped
#   ./test.sh            everything
#   ./test.sh Store Api  only the test projects whose names contain one of the words
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")"

packages=(containerd runc containernetworking-plugins iproute2 nftables iptables conntrack busybox-static libsqlite3-0
          docker-registry skopeo nginx-light curl tcpdump procps tzdata util-linux)
command -v kubectl >/dev/null || packages+=(kubernetes-client)
missing=()
for p in "${packages[@]}"; do dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p"); done
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  if ! apt-get install -y -q --no-install-recommends "${missing[@]}" >/tmp/kobune-apt.log 2>&1; then
    apt-get -q update >>/tmp/kobune-apt.log 2>&1
    apt-get install -y -q --no-install-recommends "${missing[@]}" >>/tmp/kobune-apt.log 2>&1 ||
      { tail -n 20 /tmp/kobune-apt.log; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
  fi
fi

results=$(mktemp -d); trap 'rm -rf "$results"' EXIT
echo "Building …"
if ! dotnet build Kobune.slnx -v q --nologo -clp:NoSummary -nodeReuse:false >"$results/build.log" 2>&1; then
  grep -E "error|warn" "$results/build.log" | sort -u | head -n 40
  echo "0 passed, 1 failed, 0 skipped"; exit 1
fi

passed=0 failed=0 skipped=0
attribute() { sed -n "s/.*<assembly [^>]* $2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1; }
for project in tests/*.Tests tests/Kobune.Architecture tests/Kobune.EndToEnd; do
  name=$(basename "$project")
  if [ $# -gt 0 ]; then
    wanted=no; for w in "$@"; do [[ $name == *"$w"* ]] && wanted=yes; done
    [ $wanted = yes ] || continue
  fi
  program=$project/bin/Debug/net10.0/$name
  [ -x "$program" ] || continue
  start=$SECONDS
  timeout --kill-after=10 "${KOBUNE_TEST_TIMEOUT:-900}" "$program" -noLogo -noColor -xml "$results/$name.xml" >"$results/$name.log" 2>&1
  code=$?
  p=$(attribute "$results/$name.xml" passed 2>/dev/null); f=$(attribute "$results/$name.xml" failed 2>/dev/null); s=$(attribute "$results/$name.xml" skipped 2>/dev/null)
  e=$(attribute "$results/$name.xml" errors 2>/dev/null)
  f=$(( ${f:-0} + ${e:-0} ))
  if [ $code -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
  passed=$((passed + ${p:-0})) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
  echo "$name: ${p:-0} passed, $f failed, ${s:-0} skipped ($((SECONDS - start)) s)"
  if [ "$f" -gt 0 ]; then tail -n 80 "$results/$name.log"; fi
  grep -E "\[SKIP\]" "$results/$name.log" | sort -u | head -n 10
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
