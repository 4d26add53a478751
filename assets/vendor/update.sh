#!/usr/bin/env bash
# Brings the files of this folder from the npm registry again, at the versions written below, and checks that they are the same.
# To move to other versions: change them, run `./update.sh --new`, and look at the page.
set -euo pipefail
cd "$(dirname "$0")"

# package@version, file in the package, file here
FILES="
graphiql@4.1.2 graphiql.min.js graphiql.min.js
graphiql@4.1.2 graphiql.min.css graphiql.min.css
react@18.3.1 umd/react.production.min.js react.production.min.js
react-dom@18.3.1 umd/react-dom.production.min.js react-dom.production.min.js
@graphiql/plugin-explorer@4.0.6 dist/index.umd.js graphiql-plugin-explorer.umd.js
@graphiql/plugin-explorer@4.0.6 dist/style.css graphiql-plugin-explorer.css
graphql-ws@6.4.2 umd/graphql-ws.min.js graphql-ws.min.js
"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
while read -r package from to; do
  [ -n "$package" ] || continue
  packed="$folder/${package//\//_}"
  if [ ! -d "$packed" ]; then
    mkdir "$packed"
    (cd "$packed" && npm pack --silent "$package" > /dev/null && tar xzf ./*.tgz)
  fi
  cp "$packed/package/$from" "$to"
done <<< "$FILES"

if [ "${1:-}" = --new ]; then
  awk 'NF { print $3 }' <<< "$FILES" | xargs sha256sum > SHA256SUMS
  echo "SHA256SUMS is written; put the versions into README.md"
fi
sha256sum --check --quiet SHA256SUMS
echo "all files are those of SHA256SUMS"
