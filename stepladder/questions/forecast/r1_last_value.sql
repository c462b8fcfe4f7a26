-- As much in every period ahead as in the last one that is known.
with ranked as (
  select series, value, row_number() over (partition by series order by ago) as latest from readings
),
shown as (
  select series, time, value as prediction from ranked cross join ahead where latest = 1
)
select cases.series, shown.time, shown.prediction
from cases left join shown on cases.series = shown.series
