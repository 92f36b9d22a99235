"""The cluster's certificate authority, and the certificates, keys and kubeconfigs that it issues (openssl, P-256)."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.paths import made

DAYS = "3650"
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@dataclass(frozen=True)
class Pair:
    """The files of a certificate and of its private key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """A certificate authority in a directory; what is there already is used again."""

    folder: Path

    @property
    def root(self) -> Pair:
        """The authority's own certificate."""
        pair = self._pair("ca")
        if not pair.certificate.exists():
            files: list[str | Path] = ["-keyout", pair.key, "-out", pair.certificate]
            run(["openssl", "req", "-x509", *KEY, *files, "-days", DAYS, "-subj", "/CN=penstock-test-cluster"])
        return pair

    def issue(self, user: str, group: str = "", names: Sequence[str] = ()) -> Pair:
        """A certificate for a client (its user and group, as Kubernetes reads CN and O) and for the server ``names``.

        ``names`` are subject alternative names in openssl's form, e.g. ``DNS:localhost`` or ``IP:127.0.0.1``.
        """
        pair = self._pair(user.replace(":", "-"))
        if pair.certificate.exists():
            return pair
        request, extensions = pair.key.with_suffix(".csr"), pair.key.with_suffix(".ext")
        subject = (f"/O={group}" if group else "") + f"/CN={user}"
        lines = ["basicConstraints=CA:FALSE", "extendedKeyUsage=clientAuth,serverAuth"]
        lines += [f"subjectAltName={','.join(names)}"] if names else []
        extensions.write_text("\n".join(lines) + "\n")
        run(["openssl", "req", *KEY, "-keyout", pair.key, "-out", request, "-subj", subject])
        files: list[str | Path] = ["-in", request, "-out", pair.certificate, "-extfile", extensions]
        signer: list[str | Path] = ["-CA", self.root.certificate, "-CAkey", self.root.key, "-CAcreateserial"]
        run(["openssl", "x509", "-req", *files, *signer, "-days", DAYS])
        request.unlink()
        extensions.unlink()
        return pair

    def service_accounts(self) -> Pair:
        """The key pair that signs service account tokens; ``certificate`` is the public key."""
        pair = Pair(self.folder / "service-accounts.pub", self.folder / "service-accounts.key")
        if not pair.certificate.exists():
            made(self.folder)
            run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", pair.key])
            run(["openssl", "pkey", "-in", pair.key, "-pubout", "-out", pair.certificate])
        return pair

    def kubeconfig(self, path: Path, server: str, user: str, group: str = "") -> Path:
        """Write a kubeconfig (JSON, which is YAML) for the user at ``server``, certificates inside it."""
        pair = self.issue(user, group)
        cluster = {"server": server, "certificate-authority-data": _base64(self.root.certificate)}
        identity = {
            "client-certificate-data": _base64(pair.certificate),
            "client-key-data": _base64(pair.key),
        }
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "penstock", "cluster": cluster}],
            "users": [{"name": user, "user": identity}],
            "contexts": [{"name": "penstock", "context": {"cluster": "penstock", "user": user}}],
            "current-context": "penstock",
        }
        made(path.parent)
        path.touch(mode=0o600)
        path.write_text(json.dumps(config, indent=2) + "\n")
        return path

    def _pair(self, name: str) -> Pair:
        made(self.folder).chmod(0o700)
        return Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
