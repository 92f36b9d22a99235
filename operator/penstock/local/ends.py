"""How the end of a container is told, as kubelet does."""


def exit_code(returned: int) -> int:
    """The exit code of a process that asyncio has waited for: 128 and its number if a signal ended it."""
    return returned if returned >= 0 else 128 - returned


def reason(code: int, starved: bool = False) -> str:
    """The reason beside an exit code. `starved`: something of it was ended for want of memory."""
    if not code:
        return "Completed"
    return "OOMKilled" if starved else "Error"
