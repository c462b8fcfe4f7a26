-- Everybody is shown what most people took lately, less what they have already.
create table model_trending as
select likes.item, count(distinct likes.person) as takers,
  row_number() over (order by count(distinct likes.person) desc, likes.item) as place
from likes join candidates on likes.item = candidates.item cross join ask
where likes.time >= ask.learn_at
group by likes.item;

with asked as (
  select cases.person, count(seen.item) as had
  from cases left join seen on cases.person = seen.person group by cases.person
),
offered as (
  select asked.person, best.item, best.takers,
    row_number() over (partition by asked.person order by best.place) as place
  from asked cross join ask
    join model_trending as best on best.place <= asked.had + ask.list_length
    left join seen on asked.person = seen.person and best.item = seen.item
  where seen.item is null
),
shown as (select person, item, takers from offered cross join ask where place <= list_length)
select cases.person, shown.item, cast(shown.takers as double) as prediction
from cases left join shown on cases.person = shown.person
