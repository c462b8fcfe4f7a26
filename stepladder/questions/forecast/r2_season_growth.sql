-- Season and growth: the mean of three seasons at the latest height, and a quarter of the latest growth on.
with sized as (
  select series, value, ago, season, ago % season as phase,
    case when season = 1 then 1 else 3 end as seasons,
    case when season = 1 then 3 else season end as span,
    case when season <= 12 then 3 else ceil(season / 4.0) end as late
  from readings cross join ask
),
latest as (select series, phase, min(ago) as ago from sized group by series, phase),
shapes as (
  select sized.series, sized.phase, avg(value) as usual
  from sized join latest on sized.series = latest.series and sized.phase = latest.phase
  where sized.ago < latest.ago + seasons * season group by sized.series, sized.phase
),
-- the latest periods, what is usual in them, and the same periods a season before
heights as (
  select sized.series, max(season) as season, max(span) as span, max(late) as late,
    sum(case when ago <= late then value end) as recent, sum(case when ago <= late then usual end) as alike,
    count(case when ago <= late then 1 end) as n,
    sum(case when ago > span and ago <= span + late then value end) as earlier,
    count(case when ago > span and ago <= span + late then 1 end) as n_earlier
  from sized join shapes on sized.series = shapes.series and sized.phase = shapes.phase
  group by sized.series
),
-- twice as much, or half, is no growth that goes on
grown as (
  select series, season, span,
    case when season > 1 and recent > 0 and alike > 0 and recent <= 2 * alike and alike <= 2 * recent
      then recent / alike else 1.0 end as height,
    case when recent > 0 and earlier > 0 and 2 * n >= late and 2 * n_earlier >= late
      and recent / n <= 2 * earlier / n_earlier and earlier / n_earlier <= 2 * recent / n
      then (recent / n) / (earlier / n_earlier) else 1.0 end as growth
  from heights
),
shown as (
  select grown.series, time,
    usual * height * (1 + 0.25 * (growth - 1) * step / cast(span as double)) as prediction
  from grown join shapes on grown.series = shapes.series
    join ahead on shapes.phase = (grown.season - (step - 1) % grown.season) % grown.season
)
select cases.series, shown.time, shown.prediction
from cases left join shown on cases.series = shown.series
