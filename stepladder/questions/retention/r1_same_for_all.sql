-- Everyone is expected to buy as often as the average customer did lately.
create table model_everyone as
with visits as (
  -- a day on which things only came back is no purchase; its money counts
  select customer, day, sum(value) as value, max(case when value < 0 then 0 else 1 end) as bought
  from purchases group by customer, day
),
known as (
  select distinct customer from visits cross join ask where day < learn_at and bought = 1
),
came as (
  select customer, sum(bought) as visits, sum(value) as money,
    count(case when bought = 1 then value end) as valued
  from visits cross join ask where day >= learn_at group by customer
)
-- half a purchase more and one customer more: what never happened yet may still happen
select
  (sum(coalesce(visits, 0)) + 0.5) / (count(*) + 1) as prediction,
  -- purchases of unknown worth are worth as much as the others
  sum(money) / count(*) * (sum(visits) / nullif(sum(valued), 0)) as value
from known left join came using (customer);

select customer, prediction, value from cases cross join model_everyone
