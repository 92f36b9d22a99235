"""What goes wrong with artifacts, in words that a user can act on."""


class CourierError(Exception):
    """A transfer that failed; the message is what the attempt's failure says."""


class InvalidArtifact(CourierError):
    """What the step left is not an artifact: it is missing, or would not be safe to hand on."""


class DamagedArtifact(CourierError):
    """What is stored is not what was published."""
