-- As much in every period ahead as in the last one that is known.
with latest as (select series, arg_min(value, ago) as value from readings group by series),
shown as (select series, time, value as prediction from latest cross join ahead)
select cases.series, shown.time, shown.prediction
from cases left join shown on cases.series = shown.series
