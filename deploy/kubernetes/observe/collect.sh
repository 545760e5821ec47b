#!/usr/bin/env bash
# Copies the alert rules and dashboards of deploy/observe to where kustomize may read them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
mkdir -p dashboards
cp ../../observe/grafana/dashboards/*.json dashboards/
{
  printf 'apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: helmwatch\n  labels:\n    app.kubernetes.io/name: helmwatch\nspec:\n'
  sed 's/^/  /; s/ *$//' ../../observe/prometheus/alerts.yml
} > rules.yaml
