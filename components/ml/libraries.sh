#!/bin/sh
# Installs what /build/requirements.txt pins into /build/lib, for an image that has it at FOLDER.
# Usage: libraries.sh FOLDER   (as root, on a Debian with python3)
set -eu
apt-get update
apt-get install -y --no-install-recommends ca-certificates python3-pip
rm -rf /var/lib/apt/lists/*
# --target works on Debian's externally managed Python. Libraries' own tests go; bytecode stays, for a step cannot write it
# and would compile for a second each time. It is unchecked, because a copy may change the times that are checked.
python3 -m pip install --no-cache-dir --no-compile --no-deps --target /build/lib -r /build/requirements.txt
find /build/lib -type d -name tests -prune -exec rm -rf {} +
rm -rf /build/lib/bin
python3 -m compileall -q -s /build/lib -p "$1" --invalidation-mode unchecked-hash /build/lib
