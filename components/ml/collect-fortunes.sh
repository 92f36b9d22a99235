#!/bin/sh
# Unpacks Debian's fortune collections into DIR/<language>/<file>, with their copyright files in DIR/copyright/.
# Usage: collect-fortunes.sh DIR   (needs Debian's apt-get and dpkg-deb, and its package archive)
set -eu
target=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 0755 "$work"
mkdir -p "$target/copyright"

# Debian's package suffix is not always the language: "br" is Portuguese, and English has none.
languages="cs:fortunes-cs de:fortunes-de en:fortunes en:fortunes-min eo:fortunes-eo es:fortunes-es it:fortunes-it pl:fortunes-pl pt:fortunes-br"
apt-get update
cd "$work"
for pair in $languages; do
    language=${pair%%:*}
    package=${pair#*:}
    apt-get download "$package"
    mkdir "$work/$package"
    dpkg-deb -x "$package"_*.deb "$work/$package"
    mkdir -p "$target/$language"
    # Left out: indexes (*.dat), links to the same text (*.u8), the offensive collections (off/), and the one Slovak
    # file among the Czech ones.
    find "$work/$package/usr/share/games/fortunes" -type f \
        ! -name '*.dat' ! -name '*.u8' ! -name '*-pre' ! -name '*-sk' ! -path '*/off/*' \
        -exec cp {} "$target/$language/" \;
    cp "$work/$package/usr/share/doc/$package/copyright" "$target/copyright/$package"
done
find "$target" -type d -exec chmod 0755 {} +
find "$target" -type f -exec chmod 0644 {} +
