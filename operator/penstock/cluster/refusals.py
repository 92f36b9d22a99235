"""What went wrong between here and the API server, in one sentence that says how to go on."""

import json
import os
import re
import socket
import ssl


def explain_config(error: Exception, kubeconfig: str | None, context: str | None) -> str:
    """Why there is no usable kubeconfig."""
    place = kubeconfig or "~/.kube/config"
    words = str(error).strip().rstrip(".")
    if context and context in words:
        return f"there is no context {context!r} in {place}; `kubectl config get-contexts` lists them"
    if not any(os.path.exists(os.path.expanduser(part)) for part in place.split(os.pathsep)):
        ways = "name one with --kubeconfig or $KUBECONFIG, or ask with --local about what `penstock run` did here"
        return f"there is no kubeconfig at {place}; {ways}"
    return f"the kubeconfig {place} cannot be used: {' '.join(words.split())}"


def explain_unreachable(error: Exception, host: str) -> str:
    """Why there is no answer."""
    return f"cannot reach the API server at {host}: {_cause(error)}; check the cluster, and --context or $KUBECONFIG"


def _cause(error: BaseException) -> str:
    """The words of the innermost cause, without the wrappings of the HTTP library."""
    chain: list[BaseException] = []
    inner: BaseException | None = error
    while inner is not None and inner not in chain:
        chain.append(inner)
        inner = getattr(inner, "reason", None) if isinstance(getattr(inner, "reason", None), Exception) else None
        inner = inner or chain[-1].__cause__ or chain[-1].__context__
    for one in reversed(chain):
        if isinstance(one, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({one.verify_message})"
        if isinstance(one, socket.gaierror):
            return "its name cannot be resolved"
        if isinstance(one, TimeoutError):
            return "no answer in time"
        if isinstance(one, OSError) and one.strerror:
            return one.strerror.lower()
    if any("timed out" in str(one).lower() for one in chain):
        return "no answer in time"
    return " ".join(str(chain[-1]).split()) or type(error).__name__


def explain_refusal(method: str, path: str, status: int, text: str) -> str:
    """What the API server answered instead of doing it."""
    try:
        answer = json.loads(text)
        message = str(answer["message"])
        details = answer.get("details") or {}
    except (ValueError, KeyError, TypeError):
        answer, message, details = {}, " ".join(text.split())[:200], {}
    if status == 401:
        return "the API server does not accept your credentials (401); log in again, or choose another --context"
    if status == 403:
        return f"you are not allowed to do that: {message}"
    if status == 404 and details.get("name"):
        namespace = re.search(r"/namespaces/([^/]+)/", path)
        home = f" in namespace {namespace[1]}" if namespace else ""
        return f"there is no {details.get('kind', 'object').rstrip('s')} {details['name']!r}{home}"
    if status == 404 and "penstock.dev" in path:
        return "this cluster does not know the kinds of penstock.dev; install Penstock with Helm first"
    return f"the API server refused ({status}): {message or answer.get('reason') or method}"
