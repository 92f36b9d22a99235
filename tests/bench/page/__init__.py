"""Rows W1 to W10: the web page, with its real server in a process of its own and a real browser, mostly on scenes."""
