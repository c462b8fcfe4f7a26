"""stepladder serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from stepladder.cli.options import HERE, Flag, Folder, Json, Verbose, app, whole

if TYPE_CHECKING:
    from stepladder.service.gate import App
    from stepladder.service.shelf import Shelf


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
    site: Annotated[tuple[str, ...], Parameter(consume_multiple=False)] = (),
    open_: Annotated[Flag, Parameter(name="--open")] = False,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Serve the pages in which the business looks and decides, and the HTTP API for programs.

    Example: stepladder serve --project shop --open

    Args:
        project: A project, or a folder that holds several.
        host: Who can reach it; by default this machine only.
        port: Where it listens.
        rate: Requests a second for each token; 0 for any number.
        max_body: The largest request, in bytes.
        max_cases: The most cases in one request.
        proxy: An address or network of a proxy before it, whose connections are many people's; this machine
            is one. Everybody else has 100 connections.
        site: A name under which people open the pages, where it is not localhost: shop.example.
        open_: Open the browser on the first page, as you, without a token.
        json: Log one line of JSON for each event.
        verbose: Write the log to stepladder.log as well, with more in it.
    """
    from stepladder.service.limits import Limits, proxies
    from stepladder.service.serve import serve as run

    def made(shelf: Shelf, limits: Limits) -> App:
        from stepladder.pages.house import house

        return house(shelf, limits, site)

    def ready(shelf: Shelf, port: int) -> None:
        from stepladder.pages.opened import opened

        opened(shelf, host, port)

    limits = Limits(max_body, max_cases, rate, 2 * rate, proxies=proxies(proxy))
    run(project, host, port, limits, verbose, json, made, ready if open_ else None)
