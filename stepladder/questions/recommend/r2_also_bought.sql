-- Whoever took these items also took those: pairs are counted, each person's latest 50 items.
create table model_pairs as
with latest as (
  select person, item, row_number() over (partition by person order by last desc, item) as nth
  from (
    select likes.person, likes.item, max(likes.time) as last
    from likes join candidates on likes.item = candidates.item
    group by likes.person, likes.item
  ) as l
),
basket as (select person, item from latest where nth <= 50),
takers as (select item, count(*) as n from basket group by item),
pairs as (
  select a.item, b.item as other, count(*) as n
  from basket as a join basket as b on a.person = b.person where a.item < b.item
  group by a.item, b.item having count(*) > 1
),
sides as (
  select item, other, n from pairs union all select other as item, item as other, n from pairs
),
scored as (
  -- cosine, drawn towards zero where few took both
  select sides.item, sides.other,
    sides.n / sqrt(cast(one.n as double) * two.n) * (sides.n / (sides.n + 5.0)) as likeness
  from sides join takers as one on sides.item = one.item join takers as two on sides.other = two.item
),
nearest as (
  select item, other, likeness,
    row_number() over (partition by item order by likeness desc, other) as nth
  from scored
)
select item, other, likeness from nearest where nth <= 30;

with latest as (
  select person, item, row_number() over (partition by person order by last desc, item) as nth
  from (
    select likes.person, likes.item, max(likes.time) as last
    from likes join cases on likes.person = cases.person group by likes.person, likes.item
  ) as l
),
points as (
  select latest.person, pairs.other as item, sum(pairs.likeness) as prediction
  from latest join model_pairs as pairs on latest.item = pairs.item
    join candidates on pairs.other = candidates.item
    left join seen on latest.person = seen.person and pairs.other = seen.item
  where latest.nth <= 50 and seen.item is null
  group by latest.person, pairs.other
),
ranked as (
  select person, item, prediction,
    row_number() over (partition by person order by prediction desc, item) as place
  from points
),
shown as (select person, item, prediction from ranked cross join ask where place <= list_length)
select cases.person, shown.item, shown.prediction
from cases left join shown on cases.person = shown.person
