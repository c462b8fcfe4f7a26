"""A file for Dagster: the published predictions as an asset with a partition a day, and its schedule."""

from __future__ import annotations

from datetime import date
from string import Template

from stepladder.leave.schedule.call import Call

ASSET = Template('''\
"""stepladder: the nightly run of $question as an asset. dagster dev -f THIS_FILE

A backfill of several days is one call, which does only what is not done yet.
"""

import subprocess

import dagster as dg

COMMAND = $command
NAME = $name
# the run of a day stands at its beginning, so the day itself has a partition as soon as it begins
DAYS = dg.DailyPartitionsDefinition(start_date=$start, end_offset=1)


@dg.asset(
    name=NAME,
    description=$words,
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("watch", asset=NAME)],
    kinds={"python"},
)
def predictions(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The published predictions of a day; the check fails on an alarm of the watch."""
    days = context.partition_key_range
    code = subprocess.run([*COMMAND, "--from", days.start, "--to", days.end]).returncode
    if code not in (0, 1):
        raise dg.Failure(f"stepladder run ended with {code}; its log says why", allow_retries=False)
    watch = dg.AssetCheckResult(check_name="watch", passed=code == 0)
    return dg.MaterializeResult(check_results=[watch])


job = dg.define_asset_job(f"{NAME}_job", selection=[NAME], partitions_def=DAYS)
nightly = dg.build_schedule_from_partitioned_job(job, hour_of_day=$hour, minute_of_hour=$minute)
defs = dg.Definitions(assets=[predictions], jobs=[job], schedules=[nightly])
''')


def files(call: Call, start: date) -> dict[str, str]:
    """One Python file; its first partition is `start`."""
    text = ASSET.substitute(
        question=call.question,
        command=repr(call.command),
        name=repr(call.name),
        start=repr(start.isoformat()),
        words=repr(f"stepladder: what is forecast every night of {call.question}"),
        hour=call.hour,
        minute=call.minute,
    )
    return {f"{call.name}_asset.py": text}
