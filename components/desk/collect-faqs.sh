#!/bin/sh
# Unpacks the FAQs of Perl and Python from Debian's packages into DIR/perl and DIR/python, with their copyright files in
# DIR/copyright/.
# Usage: collect-faqs.sh DIR   (needs Debian's apt-get and dpkg-deb, and its package archive)
set -eu
target=$1
mkdir -p "$target/copyright" "$target/perl" "$target/python"
target=$(cd "$target" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 0755 "$work"

apt-get update
cd "$work"
# The documentation of Python is a package for each of its versions; python3-doc names the one of this Debian.
python=$(apt-cache depends python3-doc | sed -n 's/.*Depends: \(python3\.[0-9]*-doc\).*/\1/p' | head -n 1)
for package in perl-doc "$python"; do
    apt-get download "$package"
    mkdir "$work/$package"
    dpkg-deb -x "$package"_*.deb "$work/$package"
    cp "$work/$package/usr/share/doc/$package/copyright" "$target/copyright/$package"
done
find "$work/perl-doc/usr/share/perl" -name 'perlfaq[1-9].pod' -exec cp {} "$target/perl/" \;
find "$work/$python/usr/share/doc" -path '*/_sources/faq/*.rst.txt' ! -name index.rst.txt -exec cp {} "$target/python/" \;
find "$target" -type d -exec chmod 0755 {} +
find "$target" -type f -exec chmod 0644 {} +
