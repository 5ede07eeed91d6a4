"""What the comparison needs beside Python, made or fetched into `bench/.cache`: two C programs, npm and Debian packages.

Nothing is installed on the machine, but for an empty folder that nginx insists on. What cannot be had is a `Missing` with
its reason, and shows under the table.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache"
PATIENCE = 300.0  # s for a download
UWS = ("@btc-vision/uwebsockets.js", "@trufflesuite/uws-js-unofficial")
"""uWebSockets.js is not on npm. These are its own binaries of v20.57.0 (Node 20 and later, glibc 2.38) and v20.30.0 (Node 16
to 20, any glibc), as others published them there; the first that loads is used."""
NPM = {"ws": "8.23.0", "socket.io": "4.8.4", UWS[0]: "20.57.0", UWS[1]: "20.30.0-unofficial.0"}
STATE = Path("/var/lib/nginx")  # nchan wants its folders there, whatever the configuration says
DEBIAN = ("nginx", "libnginx-mod-nchan")


class Missing(Exception):
    """Something that cannot be had here, and why."""


@functools.cache
def compiled(name: str) -> Path:
    """The program made of `name`.c. Raises Missing without a C compiler, or where there is no epoll."""
    source, program = HERE / f"{name}.c", CACHE / name
    if not (compiler := shutil.which("gcc") or shutil.which("cc")):
        raise Missing("there is no C compiler")
    CACHE.mkdir(exist_ok=True)
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        _do([compiler, "-O2", "-o", str(program), str(source)], CACHE)
    return program


@functools.cache
def node() -> str:
    """The path of Node."""
    if not (found := shutil.which("node")):
        raise Missing("there is no Node")
    return found


@functools.cache
def module(name: str) -> Path:
    """The folder in whose `node_modules` an npm package is. Each has its own, so that one that fails harms no other."""
    folder = CACHE / "npm" / name.replace("/", "-")
    if not (folder / "node_modules" / name / "package.json").exists():
        if not (npm := shutil.which("npm")):
            raise Missing("there is no npm")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text("{}")
        options = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error")
        _do([npm, "install", *options, f"{name}@{NPM[name]}"], folder)
    return folder


@functools.cache
def uws() -> Path:
    """The binary of uWebSockets.js that this machine can load."""
    say = "console.log('uws_' + process.platform + '_' + process.arch + '_' + process.versions.modules + '.node')"
    name = _do([node(), "-e", say], HERE).strip()
    reason = Missing(f"no {name}")
    for package in UWS:
        for binary in (module(package) / "node_modules" / package).rglob(name):
            try:
                _do([node(), "-e", "require(process.argv[1])", str(binary)], HERE)
            except Missing as refused:
                reason = refused
            else:
                return binary
    raise reason


@functools.cache
def nginx() -> Path:
    """The folder into which Debian's nginx and its module nchan are unpacked."""
    folder = CACHE / "nchan"
    if not (folder / "usr/sbin/nginx").exists():
        if not shutil.which("apt-get") or not shutil.which("dpkg"):
            raise Missing("only fetched where there is apt-get")
        packages = folder / "packages"
        packages.mkdir(parents=True, exist_ok=True)
        _do(["apt-get", "download", *DEBIAN], packages)
        for package in packages.glob("*.deb"):
            _do(["dpkg", "-x", str(package), str(folder)], folder)
    try:
        STATE.mkdir(exist_ok=True)
    except OSError:
        raise Missing(f"Debian's nginx needs {STATE}: make it, as root") from None
    return folder


def _do(command: list[str], folder: Path) -> str:
    try:
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=PATIENCE).stdout
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        told = next((line for line in said if "rror" in line), said[-1] if said else "failed")
        raise Missing(f"{command[0].rpartition('/')[2]}: {told.strip()}") from None
