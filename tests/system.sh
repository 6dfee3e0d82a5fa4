#!/usr/bin/env bash
# Installs what the tests start besides Python: Prometheus and Alertmanager, Chromium, a JDK with Maven, Kafka's jars (of
# the versions given, or of one), and what the tests of the page take from npm. Nothing where it is there already.
set -euo pipefail
cd "$(dirname "$0")"

missing=()
command -v promtool >/dev/null || missing+=(prometheus)
command -v amtool >/dev/null || missing+=(prometheus-alertmanager)
command -v chromium >/dev/null || missing+=(chromium)
command -v java >/dev/null || missing+=(default-jdk-headless)
command -v mvn >/dev/null || missing+=(maven)
command -v npm >/dev/null || missing+=(nodejs npm)
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "the tests need: ${missing[*]} (on Debian: apt-get install ${missing[*]})" >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# What the Grafana boards are type checked against.
if [ ! -d grafana/types/node_modules ] || [ grafana/types/package-lock.json -nt grafana/types/node_modules ]; then
    npm ci --prefix grafana/types --silent
    touch grafana/types/node_modules
fi

for version in "${@:-4.1.0}"; do
    if [ ! -d "kafka/.libs/$version" ]; then
        rm -rf "kafka/.libs/$version.part"
        mvn -q -B -f kafka/pom.xml -Dkafka.version="$version" dependency:copy-dependencies -DoutputDirectory=".libs/$version.part"
        mv "kafka/.libs/$version.part" "kafka/.libs/$version"
    fi
done

if ! cmp -s page/package-lock.json page/node_modules/.made-from; then
    npm ci --prefix page --silent --no-audit --no-fund --ignore-scripts
    cp page/package-lock.json page/node_modules/.made-from
fi
