"""``validate.py FOLDER``, in the validator's environment: a line for each thing that a Workflow Run RO-Crate must have.

The JSON-LD context is taken out of a package; whatever else the validator would ask of the network is refused.
"""

import importlib.resources
import json
import sys
from typing import ClassVar

from rocrate_validator import services
from rocrate_validator.models import Severity
from rocrate_validator.utils.http import HttpRequester

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "workflow-run-crate-0.5"
LEAST_CHECKS = 50


class Answer:
    """The context, as a server would give it."""

    status_code = 200
    ok = True
    url = CONTEXT
    headers: ClassVar = {"Content-Type": "application/ld+json"}
    links: ClassVar = {}
    text = importlib.resources.files("rocrate").joinpath("data/ro-crate.jsonld").read_text("utf8")
    content = text.encode()

    def json(self) -> object:
        return json.loads(self.text)


def get(_: HttpRequester, url: str, **__: object) -> Answer:
    if url != CONTEXT:
        raise OSError(f"{url} was asked for, and tests have no network")
    return Answer()


HttpRequester.get = HttpRequester.head = get
settings = services.ValidationSettings(
    rocrate_uri=sys.argv[1],
    profile_identifier=PROFILE,
    requirement_severity=Severity.REQUIRED,
    skip_availability_check=True,
)
found = services.validate(settings)
for issue in found.get_issues():
    sys.stdout.write(f"{issue.check.identifier}: {issue.message}\n")
checks = len(found.executed_checks)
if checks < LEAST_CHECKS:
    sys.stdout.write(f"only {checks} checks were made\n")
