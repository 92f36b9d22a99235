"""One Pipeline as a page that stands alone: it can be kept, printed and mailed."""
