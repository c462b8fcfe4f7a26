"""How it went: realised against promised, the business's own figures, alarms and what was done about each."""

from __future__ import annotations

from hashlib import sha256

from starlette.responses import Response

from stepladder.pages import acted, jobs
from stepladder.pages.routes import form, page
from stepladder.pages.visit import Visit
from stepladder.release.ship import shipments
from stepladder.service.refused import Refused
from stepladder.watch.findings import Alarm
from stepladder.watch.kept import kept
from stepladder.watch.page import contents


@page("/q/{name}/watch")
def watch(visit: Visit) -> Response:
    """What the last watch found; its pictures are drawn once."""
    project = visit.project
    there, running = kept(project.folder), jobs.settled(project)
    if there is None:
        shipped = bool(shipments(project))
        return visit.page("nothing_watched", words=project.words, shipped=shipped, running=running)
    watched, text = there
    digest = sha256(text.encode()).hexdigest()
    found = visit.standing.once(("watched", digest), lambda: contents(watched))
    alarms = [(alarm, acted.acts(project, alarm)) for alarm in watched.alarms]
    return visit.page("watch_page", **found, alarms=alarms, running=running)


@form("/q/{name}/watch/done", role="review")
def done(visit: Visit) -> Response:
    """What somebody did about an alarm."""
    text, project = visit.field("text"), visit.project
    acted.note(project, _alarm(visit), text, visit.who.name, visit.request)
    return visit.to(visit.at("watch") + "#alarms")


def _alarm(visit: Visit) -> Alarm:
    there = kept(visit.project.folder)
    named = visit.field("alarm"), visit.field("since")
    for alarm in there[0].alarms if there else ():
        if (alarm.name, alarm.since) == named:
            return alarm
    raise Refused(
        409, f"the alarm {named[0][:80]!r} is over, or another by now",
        "what was done is noted with an alarm that is there", "look at the page again",
    )  # fmt: skip
