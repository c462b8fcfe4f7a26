"""The texts of a bundle: how it is installed, started, watched over and read about."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from string import Template

from stepladder.release.release import Release

PORT = 8000
DOCKERFILE = Template("""\
FROM python:$python-slim
$system
# nobody's account: the service needs no rights but to its own project
RUN useradd --system --uid 10001 --create-home stepladder
WORKDIR /app
COPY requirements.lock $wheel ./
RUN python -m pip install --no-cache-dir --requirement requirements.lock \\
 && python -m pip install --no-cache-dir --no-deps ./$wheel
COPY --chown=10001:10001 project ./project
USER 10001
# tokens, and whatever is published later, outlive the container: docker run -v NAME:/app/project
VOLUME /app/project
EXPOSE $port
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \\
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/healthz', timeout=3)"]
# all addresses, but of the container only: what can be reached from outside is said by docker run -p
CMD ["python", "-P", "-m", "stepladder", "serve", "--project", "/app/project", \\
  "--host", "0.0.0.0", "--port", "$port"]
""")
UNIT = Template("""\
[Unit]
Description=stepladder: $question
After=network.target

[Service]
# the bundle lies in /opt/$name, with stepladder installed in venv; the project lives in the state's folder
StateDirectory=$name
WorkingDirectory=%S/$name
ExecStartPre=:/bin/sh -c "test -e question.toml || cp -R /opt/$name/project/. ."
ExecStart=:/opt/$name/venv/bin/python -P -m stepladder serve --project %S/$name --host 127.0.0.1 --port $port
Restart=on-failure
RestartSec=5
DynamicUser=true
UMask=0077
NoNewPrivileges=true
CapabilityBoundingSet=
PrivateDevices=true
PrivateTmp=true
ProtectSystem=strict
ProtectHome=true
ProtectClock=true
ProtectControlGroups=true
ProtectHostname=true
ProtectKernelLogs=true
ProtectKernelModules=true
ProtectKernelTunables=true
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=true
RestrictRealtime=true
RestrictSUIDSGID=true
LockPersonality=true
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
""")
README = Template("""\
# $question: $rung, learnt up to $as_of

This folder runs alone: it needs Python $python and the libraries of requirements.lock, and nothing of
the machine it comes from. Release `$release`.

On a machine with Python:

```
python$python -m venv venv
venv/bin/python -m pip install --requirement requirements.lock ./$wheel
venv/bin/python -P -m stepladder token "who asks" --project project
venv/bin/python -P -m stepladder serve --project project
```

The token is shown once; every request brings it: `Authorization: Bearer sl_…`.

In a container:

```
docker build --tag $name .
docker run --name $name --publish 127.0.0.1:$port:$port --volume $name:/app/project $name
docker exec $name python -P -m stepladder token "who asks" --project /app/project
```

As a service: put this folder at /opt/$name, make `venv` there as above, then

```
cp $name.service /etc/systemd/system/
systemctl enable --now $name
/opt/$name/venv/bin/python -P -m stepladder token "who asks" --project /var/lib/$name
```

`project` holds the cleaned tables and the latest published predictions, so it holds customers' data.
It holds no password and no token, and does not say where the tables came from: it answers, but does not
refresh itself. When something new is shipped, make a new bundle.
""")
# what a library needs of the system beyond what the image has
SYSTEM = {"lightgbm": "libgomp1"}


def written(name: str, release: Release, wheel: str, pinned: Sequence[str]) -> dict[str, str]:
    """File name -> text."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower()).strip("-")
    called = f"stepladder-{plain}" if plain else "stepladder"
    found = release.manifest
    words = {
        "name": called,
        "question": found.question,
        "rung": found.rung,
        "as_of": found.as_of,
        "release": release.hash,
        "wheel": wheel,
        "port": str(PORT),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "system": _system(pinned),
    }
    texts = {"Dockerfile": DOCKERFILE, f"{called}.service": UNIT, "README.md": README}
    return {file: text.substitute(words) for file, text in texts.items()}


def _system(pinned: Sequence[str]) -> str:
    packages = [SYSTEM[n] for n in (need.partition("==")[0] for need in pinned) if n in SYSTEM]
    if not packages:
        return ""
    install = f"apt-get install --yes --no-install-recommends {' '.join(packages)}"
    # the image names its system by version; its packages have none that stays
    return f"# hadolint ignore=DL3008\nRUN apt-get update && {install} && rm -rf /var/lib/apt/lists/*\n"
