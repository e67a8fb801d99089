#!/usr/bin/env bash
# Makes ../python.js anew. It needs node, npm and patch; nothing else ever runs it.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact \
  @lezer/python@1.1.19 @lezer/lr@1.4.12 @lezer/common@1.5.5 @lezer/generator@1.8.1 esbuild@0.28.2

cp node_modules/@lezer/python/src/{python.grammar,tokens.js} .
patch --quiet --strip=1 <"$here/python.patch"
npx lezer-generator python.grammar --output parser.js
npx esbuild parser.js --bundle --minify --format=esm --target=es2022 --legal-comments=none --log-level=warning \
  --banner:js='// Made by grammar/make.sh of @lezer/python 1.1.19, @lezer/lr 1.4.12 and @lezer/common 1.5.5. MIT, see grammar/LICENSE.' \
  --outfile="$here/../python.js"
