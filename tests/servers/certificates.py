"""Certificates of a test's own: an authority that nobody knows, and a server that it vouches for. Made by `openssl`."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
AUTHORITY = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign")


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM: the authority's certificate, and the server's with its key."""

    authority: Path
    server: Path
    key: Path

    def for_server(self) -> ssl.SSLContext:
        """What the server shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server, self.key)
        return context

    def for_client(self) -> ssl.SSLContext:
        """Trusts this authority, and checks the server's name."""
        return ssl.create_default_context(cafile=str(self.authority))


def find_openssl() -> str | None:
    """The program, or None."""
    return shutil.which("openssl")


def make_certificates(folder: Path, name: str = "IP:127.0.0.1") -> Certificates:
    """An authority and a server called `name` (`IP:…` or `DNS:…`), valid for a day, in an empty `folder`."""
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    authority_key = folder / "ca.key"
    extensions = [part for extension in AUTHORITY for part in ("-addext", extension)]
    _request("/CN=Nobody's authority", authority_key, made.authority, *extensions)
    signed = ("-CA", str(made.authority), "-CAkey", str(authority_key), "-addext", f"subjectAltName={name}")
    _request("/CN=server", made.key, made.server, *signed, "-addext", "basicConstraints=critical,CA:FALSE")
    return made


def _request(subject: str, key: Path, certificate: Path, *options: str) -> None:
    files: list[str | Path] = ["-keyout", key, "-out", certificate]
    command = ["openssl", "req", "-x509", *KEY, "-days", "1", "-subj", subject, *files, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
