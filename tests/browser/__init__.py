"""The page in a real browser (Debian's Chromium), on scenes: `make browser`."""
