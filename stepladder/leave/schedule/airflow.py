"""A DAG file for Airflow: one task that calls the nightly run for the day that Airflow names."""

from __future__ import annotations

import shlex
from datetime import date
from string import Template

from stepladder.leave.schedule.call import Call

DAG = Template('''\
"""stepladder: the nightly run of $question. Put this file into Airflow's folder of DAGs.

A day that was missed is caught up on; earlier ones: airflow backfill create. The steps of the run,
their retries and what is done already are stepladder's own business, so this is one task, tried once.
It fails with exit code 1 on an alarm of the watch, and with 2 on an error.
"""

from datetime import datetime, timezone

from airflow import DAG
from airflow.providers.standard.operators.bash import BashOperator
from airflow.timetables.trigger import CronTriggerTimetable

with DAG(
    dag_id=$name,
    description=$words,
    schedule=CronTriggerTimetable($cron, timezone="UTC"),
    start_date=datetime($year, $month, $day, tzinfo=timezone.utc),
    catchup=True,
    max_active_runs=1,
    tags=["stepladder"],
):
    BashOperator(
        task_id="run",
        bash_command=$command,
        append_env=True,
        retries=0,
    )
''')


def files(call: Call, start: date) -> dict[str, str]:
    """One Python file for the folder of DAGs; its first day is `start`."""
    text = DAG.substitute(
        question=call.question,
        name=repr(call.name),
        words=repr(f"stepladder: the nightly run of {call.question}"),
        cron=repr(call.cron),
        year=start.year,
        month=start.month,
        day=start.day,
        # with the timetable above, ds is the day on which the run starts: what was known before it
        command=repr(f"{_plain(shlex.join(call.command))} --from {{{{ ds }}}} --to {{{{ ds }}}}"),
    )
    return {f"{call.name}_dag.py": text}


def _plain(command: str) -> str:
    """The command as a Jinja template that gives exactly this text."""
    return command.replace("{", "{{ '{' }}")
