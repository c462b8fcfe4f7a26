-- As much as in the same period of the last season; where nothing is known of that, as much as lately.
with ranked as (
  select series, value, ago % season as phase,
    row_number() over (partition by series, ago % season order by ago) as nth,
    row_number() over (partition by series order by ago) as latest
  from readings cross join ask
),
shown as (
  select lately.series, time, coalesce(alike.value, lately.value) as prediction
  from ranked as lately cross join ask cross join ahead
    left join ranked as alike on lately.series = alike.series and alike.nth = 1
      and alike.phase = (season - (step - 1) % season) % season
  where lately.latest = 1
)
select cases.series, shown.time, shown.prediction
from cases left join shown on cases.series = shown.series
