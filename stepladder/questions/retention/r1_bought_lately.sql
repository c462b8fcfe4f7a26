-- Whoever bought within the last horizon buys again: one average for them, another for the rest.
create table model_lately as
with visits as (
  -- a day on which things only came back is no purchase; its money counts
  select customer, day, sum(value) as value, max(case when value < 0 then 0 else 1 end) as bought
  from purchases group by customer, day
),
known as (
  select customer, date_diff('day', max(day), max(learn_at)) <= max(horizon) as lately
  from visits cross join ask where day < learn_at and bought = 1 group by customer
),
came as (
  select customer, sum(bought) as visits, sum(value) as money,
    count(case when bought = 1 then value end) as valued
  from visits cross join ask where day >= learn_at group by customer
),
everyone as (
  select sum(coalesce(visits, 0)) / count(*) as visits, sum(money) / count(*) * (sum(visits) / nullif(sum(valued), 0)) as money,
    sum(visits) / nullif(sum(valued), 0) as unknown
  from known left join came using (customer)
)
-- a small group's average is pulled towards everyone's, as if five average customers joined it
select
  lately,
  (sum(coalesce(came.visits, 0)) + 5 * max(everyone.visits)) / (count(*) + 5) as prediction,
  -- purchases of unknown worth are worth as much as the others
  (sum(coalesce(came.money, 0)) * max(everyone.unknown) + 5 * max(everyone.money)) / (count(*) + 5) as value
from known left join came using (customer) cross join everyone
group by lately;

with lately as (
  select customer, date_diff('day', max(day), max(now)) <= max(horizon) as lately
  from purchases cross join ask where coalesce(value, 0) >= 0 group by customer
)
select cases.customer, prediction, value
from cases left join lately using (customer) left join model_lately using (lately)
