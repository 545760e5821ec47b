#!/usr/bin/env python3
"""check.py METRICS PROMETHEUS_URL: asks a running Prometheus every expression of the dashboards and alert rules, and looks up every metric that they
name in METRICS, a scrape of Helmwatch. A panel whose metric was renamed would otherwise show "no data" for ever."""
import json
import pathlib
import re
import sys
import urllib.parse
import urllib.request

ELSEWHERE = re.compile(r"^(up|DCGM_\w+|helmwatch_cuda_memory_used_bytes|jvm_gc_pause_seconds_sum)$")  # not of a scrape on a CPU, or after a collection
NAME = re.compile(r"\b(?:helmwatch|jvm|process|system|disk|DCGM)_\w+")


def expressions(home):
    for dashboard in sorted((home / "grafana/dashboards").glob("*.json")):
        board = json.loads(dashboard.read_text())
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield f"{dashboard.name}, {panel['title']}", target["expr"]
        for variable in board["templating"]["list"]:
            yield f"{dashboard.name}, variable {variable['name']}", re.sub(r"label_values\((.*), \w+\)", r"\1", variable["query"]["query"])
    rules = (home / "prometheus/alerts.yml").read_text()
    for alert, text in re.findall(r"- alert: (\w+)\n\s+expr: ((?:\|\n(?: {10,}.*\n)+)|.*\n)", rules):
        yield f"alert {alert}", text.lstrip("|")


def main():
    scraped, prometheus = pathlib.Path(sys.argv[1]).read_text(), sys.argv[2]
    known = {re.split(r"[{ ]", line)[0] for line in scraped.splitlines() if line and not line.startswith("#")}
    # The scrape is of a service without a cluster; a test holds the page of metrics against those of a node.
    page = (pathlib.Path(__file__).parents[2] / "docs/metrics.md").read_text()
    known |= {name + part for name in re.findall(r"`(helmwatch_cluster_\w+)`", page) for part in ("", "_sum", "_count")}
    problems, count = [], 0
    for where, expression in expressions(pathlib.Path(__file__).parent):
        count += 1
        text = expression.replace("$__rate_interval", "1m").replace('"$node"', '".*"').replace('"$stream"', '".*"')
        query = urllib.parse.urlencode({"query": text})
        try:
            with urllib.request.urlopen(f"{prometheus}/api/v1/query?{query}", timeout=10) as answer:
                json.load(answer)
        except urllib.error.HTTPError as refused:
            problems.append(f"{where}: {json.load(refused)['error']}")
        for name in NAME.findall(text):
            if name not in known and not ELSEWHERE.match(name):
                problems.append(f"{where}: there is no metric {name}")
    print("\n".join(problems), file=sys.stderr)
    print(f"dashboards and alerts: {count} expressions, {len(problems)} problems")
    sys.exit(1 if problems or count < 60 else 0)


main()
