#!/bin/sh
# Puts a release of the GeoNode chart to sleep, or wakes it and tells how long the first map took.
set -eu

usage() {
  cat >&2 <<'TEXT'
usage: stack.sh sleep|wake RELEASE [-n NAMESPACE] [--url URL] [--layer LAYER] [--timeout SECONDS] [--chart CHART]

  sleep    everything but what keeps data goes to 0 pods; volumes and secrets stay
  wake     everything comes back; ends when the first map was drawn, and prints the seconds it took

  -n, --namespace   namespace of the release (kubectl's own where absent)
  --url             GeoServer as you reach it, e.g. https://maps.example.org/geoserver; where absent, the Service through
                    the API server's proxy, which network policies of some clusters refuse
  --layer           layer the map must show; where absent, GeoServer's word that it knows no such layer counts as well
  --timeout         seconds to wait for the map (1800)
  --chart           folder or reference of the chart (the one this script lies in)

HELM and KUBECTL in the environment name the programs.
TEXT
  exit 2
}

helm=${HELM:-helm}
kubectl=${KUBECTL:-kubectl}
chart=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
namespace=
timeout=1800
url=
layer=

[ $# -ge 2 ] || usage
verb=$1
release=$2
shift 2
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    -n | --namespace) namespace=$2 ;;
    --url) url=${2%/} ;;
    --layer) layer=$2 ;;
    --timeout) timeout=$2 ;;
    --chart) chart=$2 ;;
    *) usage ;;
  esac
  shift 2
done
case $timeout in
  '' | *[!0-9]*) usage ;;
esac

run_kubectl() {
  if [ -n "$namespace" ]; then "$kubectl" --namespace "$namespace" "$@"; else "$kubectl" "$@"; fi
}

# Awake or not is all that changes. The autoscaler has set replicas too: Helm 4 must be told that 0 is meant all the same.
set_awake() {
  awake=$1
  set -- upgrade "$release" "$chart" --reset-then-reuse-values --set "awake=$awake"
  if [ -n "$namespace" ]; then set -- "$@" --namespace "$namespace"; fi
  if "$helm" upgrade --help | grep -q -- --force-conflicts; then set -- "$@" --force-conflicts; fi
  "$helm" "$@" >/dev/null
}

# The first map through the API server wants the Service's name and namespace.
find_service() {
  # shellcheck disable=SC2016 # the template is kubectl's
  found=$(run_kubectl get service --selector "app.kubernetes.io/instance=$release,app.kubernetes.io/component=geoserver" \
    --output 'go-template={{range .items}}{{if ne .spec.clusterIP "None"}}{{.metadata.namespace}}/services/{{.metadata.name}}{{"\n"}}{{end}}{{end}}' |
    head -n 1)
  if [ -z "$found" ]; then
    echo "release $release has no Service of GeoServer" >&2
    exit 1
  fi
}

map() {
  query="service=WMS&version=1.1.1&request=GetMap&styles=&srs=EPSG:4326&bbox=-180,-90,180,90&width=256&height=128"
  path="ows?$query&format=image/png&layers=${layer:-geosluice_is_it_up}"
  if [ -n "$url" ]; then
    curl --silent --fail --max-time 20 "$url/$path"
  else
    run_kubectl get --raw "/api/v1/namespaces/$found:http/proxy/geoserver/$path"
  fi
}

# A picture begins with its kind's name; a refusal comes as XML with a code.
drawn() {
  answer=$(map 2>/dev/null | tr -d '\000' | head -c 4000) || return 1
  case $answer in
    *PNG*) return 0 ;;
    *LayerNotDefined*) [ -z "$layer" ] ;;
    *) return 1 ;;
  esac
}

wake() {
  started=$(date +%s)
  set_awake true
  if [ -z "$url" ]; then find_service; fi
  echo "$release wakes up; waiting for the first map"
  until drawn; do
    if [ $(($(date +%s) - started)) -ge "$timeout" ]; then
      echo "no map after $timeout s; these are the pods:" >&2
      run_kubectl get pods --selector "app.kubernetes.io/instance=$release" >&2
      exit 1
    fi
    sleep 1
  done
  echo "first map after $(($(date +%s) - started)) s"
}

case $verb in
  sleep)
    set_awake false
    echo "$release sleeps; its volumes are kept. To wake it: $0 wake $release${namespace:+ -n $namespace}"
    ;;
  wake) wake ;;
  *) usage ;;
esac
