"""The business's rules: what may be changed, what would come of it, and the change."""

from __future__ import annotations

from starlette.responses import Response

from stepladder.core.errors import Problem
from stepladder.pages.routes import form, page
from stepladder.pages.visit import Visit
from stepladder.project import rules as project_rules
from stepladder.project import said
from stepladder.project.folder import Project
from stepladder.project.ground import Moved
from stepladder.project.preview import effects
from stepladder.project.rules import Change, apply, changed, sha256

SET = "set."  # before a rule's name, as the forms name it


@page("/q/{name}/rules")
def listed(visit: Visit) -> Response:
    """The rules as they are."""
    changes = said.rule_changes(visit.project)[::-1]
    found = project_rules.rules(visit.project)
    return visit.page("rules", rules=found, changes=changes, done=bool(visit.query.get("done")))


@page("/q/{name}/rules/preview", "rules")
def preview(visit: Visit) -> Response:
    """What a change would do; nothing is written."""
    project = fresh(visit)
    sent = {k.removeprefix(SET): v for k, v in visit.query.items() if k.startswith(SET)}
    return _previewed(visit, project, changed(project, sent), sent, "", [])


@form("/q/{name}/rules", "rules")
def applied(visit: Visit) -> Response:
    """Make the change that was previewed; if the rules were changed meanwhile, show what by."""
    project, why = fresh(visit), visit.field("why")
    sent = {k.removeprefix(SET): v for k, v in visit.sent.items() if k.startswith(SET)}
    change = changed(project, sent)
    seen = visit.sent.get("previewed", "")
    try:
        if not change.keys and not said.sent(project, visit.who.name, visit.request):
            raise Moved(
                "there is nothing to change any more",
                "somebody may have set the same rules already",
                "look at the rules as they are",
            )
        apply(project, change, why, seen, by=visit.who.name, request=visit.request)
    except Moved as moved:
        return _previewed(visit, project, change, sent, why, [moved.given, *_since(project)], 409)
    return visit.to(visit.at("rules", done="yes"))


def fresh(visit: Visit) -> Project:
    """The project as its files are now, whatever was looked at before."""
    return Project.open(visit.project.folder)


def _previewed(
    visit: Visit,
    project: Project,
    change: Change,
    sent: dict[str, str],
    why: str,
    moved: list[str],
    status: int = 200,
) -> Response:
    try:
        said_of = effects(project, change) if change.keys else []
    except Problem as problem:
        said_of = [f"What comes of it cannot be told now: {problem.given}."]
    return visit.page(
        "rules_preview", status, change=change, effects=said_of, previewed=sha256(project.settings),
        sent=sent, why=why, moved=moved,
        called={rule.name: rule.words for rule in project_rules.rules(project)},
    )  # fmt: skip


def _since(project: Project) -> list[str]:
    """What the last change of the rules was, and whose."""
    there = said.rule_changes(project)[-1:]
    return [
        f"{one.by} changed {key}: {old or 'nothing'} → {new or 'nothing'}"
        for one in there
        for key, old, new in (one.body or {}).get("changes", [])
    ]
