"""stepladder serve."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from stepladder.cli.options import HERE, Folder, Json, Verbose, app, whole


@app.command
def serve(
    *,
    project: Folder = HERE,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(converter=whole, validator=Number(gte=0, lte=65_535))] = 8000,
    rate: Annotated[float, Parameter(validator=Number(gte=0, lte=1_000_000))] = 200,
    max_body: Annotated[
        int, Parameter(converter=whole, validator=Number(gte=1_000, lte=2**31 - 1))
    ] = 1_000_000,
    max_cases: Annotated[
        int, Parameter(converter=whole, validator=Number(gte=1, lte=1_000_000))
    ] = 1_000,
    proxy: Annotated[tuple[str, ...], Parameter(consume_multiple=False)] = (),
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Answer by HTTP: somebody known from the published predictions, somebody new from their own rows.

    Example: stepladder serve --project shop --port 8000

    Args:
        project: A project, or a folder that holds several.
        host: Who can reach it; by default this machine only.
        port: Where it listens.
        rate: Requests a second for each token; 0 for any number.
        max_body: The largest request, in bytes.
        max_cases: The most cases in one request.
        proxy: An address or network of a proxy before it, whose connections are many people's; this machine
            is one. Everybody else has 100 connections.
        json: Log one line of JSON for each event.
        verbose: Write the log to stepladder.log as well, with more in it.
    """
    from stepladder.service.limits import Limits, proxies
    from stepladder.service.serve import serve as run

    limits = Limits(max_body, max_cases, rate, 2 * rate, proxies=proxies(proxy))
    run(project, host, port, limits, verbose, json)
