#!/bin/sh
# Brings Chromium from the system's packages where that is possible; where it is not, says what is skipped.
set -eu

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium …"
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core fonts-noto-color-emoji >/dev/null; then
        exit 0
    fi
fi

echo "There is no Chromium, and this user may not install it: the tests in a browser are skipped." >&2
