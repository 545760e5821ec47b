#!/usr/bin/env bash
# Checks the contrast of the page's colours, and its types, which are written as JSDoc, with TypeScript. Needs npm; everything is fetched into a
# temporary folder.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
node "$here/contrast.mjs" "$here/../../main/resources/io/helmwatch/web/page/desk.css"
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent \
  typescript@5.9.3 lit-html@3.3.1 @lit/reactive-element@2.1.1 uplot@1.6.30
cp "$here/tsconfig.json" "$folder"
cp -r "$here/../../main/resources/io/helmwatch/web/page" "$folder/page"
"$folder/node_modules/.bin/tsc" --project "$folder"
echo "types of the page: fine"
