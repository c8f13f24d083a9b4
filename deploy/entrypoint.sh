#!/bin/sh
# Puts the loops that were compiled with the image where more can be added to them, and becomes the command.
# The image itself is read only; a cache that is there already stays.
set -eu
compiled=$(dirname "$(command -v astro-assets)")/../loops
if [ -d "$compiled" ] && [ -n "${NUMBA_CACHE_DIR:-}" ] && [ ! -e "$NUMBA_CACHE_DIR" ]; then
  # In one step: several processes may start with one cache.
  partial=$(mktemp -d "$NUMBA_CACHE_DIR.XXXXXX")
  if ! { cp -R "$compiled/." "$partial/" && mv -T "$partial" "$NUMBA_CACHE_DIR" 2>/dev/null; }; then
    rm -rf "$partial"
  fi
fi
exec "$@"
