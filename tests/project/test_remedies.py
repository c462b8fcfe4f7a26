"""Every remedy can be typed: the commands and options that texts name are there where they are told."""

from __future__ import annotations

import ast
import random
import re
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

import stepladder
from stepladder import questions
from stepladder.cli import app, main
from stepladder.core.errors import Problem
from stepladder.project.frozen_words import NAMED, SWITCHES, VALUED, frozen
from stepladder.tables import Choices

ROOT = Path(stepladder.__file__).parent
VERBS = {
    verb: {name for one in app[verb].assemble_argument_collection() for name in one.names} | {"--help"}
    for verb in app
    if not verb.startswith("-")
}  # fmt: skip
PROSE = {"forgets", "is", "made", "reads"}  # what stepladder does, and is no verb of it
BARE = {  # where a flag stands without its command: the verbs by which that is told
    "cli/new.py": ("new", "refresh"),
    "cli/ship.py": ("ship", "models"),
    "cli/try_out.py": ("try",),
    **{f"cli/{verb}.py": (verb,) for verb in VERBS if verb not in ("new", "ship", "try")},
    "leave/bundle.py": ("ship",),
    "leave/schedules.py": ("schedule", "run"),
    "nightly/": ("run",),
    "pages/jobs.py": ("bakeoff",),
    "pages/opened.py": ("serve",),
    "project/at_work.py": ("forget",),
    "project/call_list.py": ("predict",),
    "project/cleaning.py": ("new",),
    "project/control.py": ("predict",),
    "project/decide.py": ("decide",),
    "project/export.py": ("predict",),
    "project/frozen_words.py": ("new",),
    "project/new.py": ("new",),
    "project/one_case.py": ("predict",),
    "project/predict.py": ("predict",),
    "project/record.py": ("record",),
    "project/sources.py": ("new",),
    "project/trial.py": ("try",),
    "project/workbook.py": ("predict",),
    "questions/question_toml.py": tuple(verb for verb in VERBS if verb != "new"),
    "release/ship.py": ("ship",),
    "report/next_steps.py": ("predict",),
    "service/limits.py": ("serve",),
    "service/serve.py": ("serve",),
    "service/shelf.py": ("serve",),
    "tables/": ("new",),
    "terminal/audit.py": ("audit",),
    "terminal/look_around.py": ("serve",),
    "terminal/production.py": ("ship", "run"),
    "terminal/record.py": ("record",),
    "terminal/relearnt.py": ("refresh",),
    "terminal/show.py": ("new",),
    "terminal/tokens.py": ("token",),
    "watch/suggest.py": ("watch",),
}
ANY = ("cli/__init__.py", "cli/options.py", "terminal/failure.py")
OTHERS = ("leave/hashes.py", "spark/java.py")  # options of pip and of Java
OF_OTHERS = r"\(pip [^)]*\)|apt-get .*|^ --role $"  # and a piece of `stepladder token`


def untypable(text: str, bare: set[str]) -> list[str]:
    """The commands in a text that are not there, and the options that are not their command's.

    An option is of the last command before it; without any it must be among `bare`.
    """
    found, options = [], bare
    for match in re.finditer(r"\bstepladder ([a-z]+)\b|(?<![\w-])(--[a-z][a-z-]*)", text):
        verb, flag = match.groups()
        if verb and verb not in PROSE:
            found += [] if verb in VERBS else [f"stepladder {verb}"]
            options = VERBS.get(verb, set())
        elif flag and flag not in options:
            found.append(flag)
    return found


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every text of a file that may be told; what is filled in stands as …"""
    tree = ast.parse(path.read_text())
    whole = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    inside = {id(part) for node in whole for part in node.values}
    said = (ast.Module, ast.ClassDef, ast.FunctionDef)
    first = [n.body[0] for n in ast.walk(tree) if isinstance(n, said) and n.body]
    inside |= {id(node.value) for node in first if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
            yield node.lineno, "".join(map(str, parts))
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
        ):
            yield node.lineno, node.value


def alone(inside: str) -> set[str]:
    """The options that may stand alone in a file."""
    of = [verbs for place, verbs in BARE.items() if inside == place or inside.startswith(place)]
    told = [verb for verbs in of for verb in verbs] if inside not in ANY else list(VERBS)
    return {flag for verb in told for flag in VERBS[verb]}


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_and_option_that_the_code_names_is_there(path):
    inside = path.relative_to(ROOT).as_posix()
    if inside in OTHERS:
        return
    for line, text in texts(path):
        said = re.sub(OF_OTHERS, "", text)
        assert not untypable(said, alone(inside)), f"{inside}:{line}: {text}"


def test_the_places_where_an_option_stands_alone_are_there():
    for place in BARE:
        assert not place.endswith(".py") or place == "cli/models.py" or place == "cli/refresh.py" or (
            ROOT / place
        ).is_file(), place  # fmt: skip


PAGES = [
    *ROOT.parent.glob("*.md"), *ROOT.parent.glob("docs/*.md"), *ROOT.rglob("README.md"),
    *ROOT.rglob("*.template"), *ROOT.rglob("*.j2"),
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_that_a_page_names_is_there(page):
    """In code, `like this`, or in a line of its own in a block."""
    text = page.read_text().replace("\\\n", " ")
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.S | re.M))
    code = re.findall(r"(?<!`)`(stepladder [^`\n]+)`|<code>(stepladder [^<]+)", text)
    code += re.findall(r"^()(?:\S*/)?(stepladder [a-z].*)$", blocks, re.M)
    for said in (one or other for one, other in code):
        command = said.split("#")[0].replace("stepladder VERB", "")
        assert not untypable(command, {"--help"}), said


def test_every_choice_of_new_stands_somewhere_in_question_toml():
    everywhere = {"--project", "--json", "--verbose", "--help"}
    flags = {name for name in VERBS["new"] if name.startswith("--") and "--empty-" not in name}
    assert flags - everywhere == {*SWITCHES, *VALUED}


@pytest.mark.parametrize("path", sorted((ROOT / "tables").rglob("*.py")), ids=lambda p: p.stem)
def test_no_flag_of_new_is_left_where_choices_are_frozen(path):
    """What the tables' code says, as whoever reads by frozen choices is told it."""
    spec = questions.load("retention").TABLES[0]
    for line, text in texts(path):
        if NAMED.search(text):
            said = frozen(text, spec)
            assert not untypable(said, VERBS["refresh"]), f"{line}: {said}"
            assert "[tables.purchases" in said or "[tables.…" in said


TYPED = {
    "--column customer='Kd. Nr.'": ({"customer": "Kd. Nr."}, "choices.columns"),
    "--column 'customer=Kd. Nr.'": ({"customer": "Kd. Nr."}, "choices.columns"),
    "--column status=": ({"status": ""}, "choices.beside"),
    "--column purchases.day=a*b": ({"day": "a*b"}, "choices.columns"),
    "--currency USD": ({"currency": "USD"}, "choices"),
    "--currency €": ({"currency": "€"}, "choices"),
    "--decimal ,": ({"decimal": ","}, "choices"),
    "--from-day 2024-01-31": ({"from_day": "2024-01-31"}, "choices"),
    "--to-day 2024-01-31": ({"to_day": "2024-01-31"}, "choices"),
    "--until 2024-01-31": ({"to_day": "2024-01-31"}, "choices"),
    "--only period=MONTHLY": ({"period": "MONTHLY"}, "choices.only"),
    "--only 'the kind=a film'": ({"the kind": "a film"}, "choices.only"),
    "--wide periods": ({"wide": "periods"}, "choices"),
    "--every month": ({"every": "month"}, "choices"),
    "--rate USD=0.9": ({"USD": 0.9}, "choices.rates"),
    "--sheet NAME": ({"sheet": "NAME"}, "choices"),
    "--by shop,article": ({"by": ["shop", "article"]}, "choices"),
    "--by 'my shop,article'": ({"by": ["my shop", "article"]}, "choices"),
    "--every week": ({"every": "week"}, "choices"),
    "--gaps zero": ({"gaps": "zero"}, "choices"),
    "--top 1000": ({"top": 1000}, "choices"),
    "--value-per order": ({"value_per": "order"}, "choices"),
    **{flag: (dict([pair]), "choices") for flag, pair in SWITCHES.items()},
}


@pytest.mark.parametrize("flag", TYPED)
@pytest.mark.parametrize("sentence", ["Give {}.", "give {} or leave it", "so it is ({})."])
def test_a_flag_is_said_as_a_line_that_question_toml_takes(flag, sentence):
    spec = questions.load("retention").TABLES[0]
    said, (line, section) = frozen(sentence.format(flag), spec), TYPED[flag]
    place = f" (in question.toml, under [tables.purchases.{section}]; then: stepladder refresh)"
    before, after = sentence.split("{}")
    assert place in said
    toml = said.replace(place, "").removeprefix(before).removesuffix(after)
    assert tomllib.loads(toml) == line
    part = section.removeprefix("choices").strip(".")
    own = {"columns": {}, "currency": "EUR", **({part: line} if part else line)}
    assert Choices.from_dict(own).to_dict().items() >= ({part: line} if part else line).items()


# --- what is really raised: bad sources, read by the verbs that read again


def orders(n: int = 600, **changed) -> str:
    """Orders of 60 customers, one row each, with what is changed of each column as a function of the row."""
    draw = random.Random(3)
    lines = [";".join(changed.pop("header", ["Kunde", "Datum", "Betrag", "Waehrung", "Status"]))]
    for i in range(n):
        day = date(2024, 1, 1) + timedelta(draw.randrange(300))
        usual = {"who": f"{100 + i % 60}", "day": f"{day}", "worth": f"{1 + i % 9},50",
                 "unit": "EUR", "how": "paid"}  # fmt: skip
        lines.append(";".join(changed[k](i, v) if k in changed else v for k, v in usual.items()))
    return "\n".join(lines) + "\n"


BAD = {  # a source that cannot be read as it was chosen to be, and what its error names
    "no customers": (orders(header=["Wer", "Datum", "Betrag", "Waehrung", "Status"]), "columns"),
    "no dates": (orders(header=["Kunde", "Wann", "Betrag", "Waehrung", "Status"]), "columns"),
    "days first or months": (
        orders(day=lambda i, v: f"0{1 + i % 9}/0{1 + i % 8}/2024"),
        "day_order",
    ),
    "both orders": (orders(day=lambda i, v: ("25/01/2024", "01/25/2024")[i % 2]), "day_order"),
    "unreadable days": (orders(day=lambda i, v: "bald" if i % 3 else v), "columns"),
    "unreadable amounts": (orders(worth=lambda i, v: "viel"), "columns"),
    "two currencies": (orders(unit=lambda i, v: ("EUR", "USD")[i % 2]), "currency"),
    "ids in scientific notation": (orders(who=lambda i, v: f"{i % 9},23E+{10 + i % 3}"), "columns"),
    "nothing": ("", ""),
    "a header alone": (orders(0), ""),
    "another separator": (orders().replace(";", "|"), "columns"),
}
ODD = {  # one that is read, and warned of
    "a far day": (orders() + "7;1950-01-01;1,5;EUR;paid\n", "from_day"),
    "a guest": (orders(900, who=lambda i, v: v if i % 3 else "guest"), "strangers"),
    "failed orders": (orders(how=lambda i, v: v if i % 4 else "failed"), "status"),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    (folder / "orders.csv").write_text(orders())
    return stepladder.new("retention", str(folder / "orders.csv"), folder / "shop")


def told(capsys, *words) -> tuple[str, int]:
    """All that a command prints, in one line, and its exit code."""
    code = 0
    try:
        main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capsys.readouterr()
    return " ".join(f"{said.out} {said.err}".split()).replace('\\"', '"'), code


@pytest.mark.parametrize(
    "verb", ["refresh", "refresh --json", "refresh --relearn --dry-run", "run", "run --json"]
)
@pytest.mark.parametrize("name", BAD)
def test_the_remedy_of_a_bad_source_is_of_the_verb_that_reads_it(shop, capsys, name, verb):
    source, named = BAD[name]
    (shop.folder.parent / "orders.csv").write_text(source)
    first, *more = verb.split()
    said, code = told(capsys, first, "--project", str(shop.folder), *more)
    assert not untypable(said, VERBS[first]), said
    if "--relearn" not in verb:  # which may find another way to read it
        assert code == 2
        assert ("[tables.purchases.choices" in said) is bool(named), said
        assert re.search(rf"\b{named}\b", said), said


@pytest.mark.parametrize("name", ODD)
def test_what_a_refresh_warns_of_names_lines_of_question_toml(shop, capsys, name):
    """Printed, as JSON, and in the report that is read when nobody knows the command any more."""
    source, named = ODD[name]
    (shop.folder.parent / "orders.csv").write_text(source)
    text, code = told(capsys, "refresh", "--project", str(shop.folder))
    plain, again = told(capsys, "refresh", "--project", str(shop.folder), "--json")
    page = (shop.folder / "data-report-purchases.md").read_text()
    assert (code, again) == (0, 0)
    for said in (text, plain, page):
        assert not untypable(said, VERBS["refresh"]), said
        assert re.search(rf'{named} = "[^"]*"', said), said
        assert "(in question.toml" in said, said


def test_the_remedy_of_a_warning_works(shop, capsys):
    """The line that is told, written where it is told, has the effect that is told."""
    (shop.folder.parent / "orders.csv").write_text(ODD["a guest"][0])
    kept = stepladder.refresh(shop).read["purchases"].rows_kept
    toml = shop.folder / "question.toml"
    text = toml.read_text()
    head = "[tables.purchases.choices]  # how the cleaner reads it\n"
    toml.write_text(text.replace(head, f'{head}strangers = "keep"\n'))
    with pytest.raises(Problem, match="refresh --relearn"):  # a guest is no whole number
        stepladder.refresh(stepladder.Project.open(shop.folder))
    again = stepladder.relearn(stepladder.Project.open(shop.folder))
    assert again.read["purchases"].rows_kept > kept
    toml.write_text(text)


def test_the_report_that_new_writes_is_read_later(tmp_path, capsys):
    (tmp_path / "orders.csv").write_text(ODD["a far day"][0])
    said, code = told(capsys, "new", "retention", "--from", str(tmp_path / "orders.csv"),
                      "--project", str(tmp_path / "shop"))  # fmt: skip
    assert code == 0
    assert "--from-day 1950-01-01" in said
    page = (tmp_path / "shop" / "data-report-purchases.md").read_text()
    assert 'from_day = "1950-01-01"' in page
    assert not untypable(page, set())
