-- Customers in fifths: by recency, frequency and value; each group buys as its like did (RFM quintiles).
-- A day on which things only came back is no purchase, though its money counts; whose purchases are of
-- unknown worth stands, in value, where the average customer does.
create table model_edges as
with profiles as (
  select customer,
    date_diff('day', max(case when value < 0 then null else day end), max(learn_at)) as recency,
    count(distinct case when value < 0 then null else day end) as frequency,
    sum(value) / nullif(count(distinct case when value >= 0 then day end), 0) as worth
  from purchases cross join ask where day < learn_at group by customer
),
everyone as (select coalesce(avg(worth), 0) as usual from profiles),
fifths as (
  select recency, frequency, coalesce(worth, usual) as monetary, usual,
    ntile(5) over (order by recency, customer) as r,
    ntile(5) over (order by frequency, customer) as f,
    ntile(5) over (order by coalesce(worth, usual), customer) as m
  from profiles cross join everyone where frequency > 0
)
-- the edge of a fifth is the largest value in it, so customers who tie fall into the same one
select max(usual) as usual,
  max(case when r = 1 then recency end) as r1, max(case when r = 2 then recency end) as r2,
  max(case when r = 3 then recency end) as r3, max(case when r = 4 then recency end) as r4,
  max(case when f = 1 then frequency end) as f1, max(case when f = 2 then frequency end) as f2,
  max(case when f = 3 then frequency end) as f3, max(case when f = 4 then frequency end) as f4,
  max(case when m = 1 then monetary end) as m1, max(case when m = 2 then monetary end) as m2,
  max(case when m = 3 then monetary end) as m3, max(case when m = 4 then monetary end) as m4
from fifths;

create table model_known as
with profiles as (
  select customer,
    date_diff('day', max(case when value < 0 then null else day end), max(learn_at)) as recency,
    count(distinct case when value < 0 then null else day end) as frequency,
    sum(value) / nullif(count(distinct case when value >= 0 then day end), 0) as worth
  from purchases cross join ask where day < learn_at group by customer
),
scores as (
  select customer,
    case when recency <= r1 then 5 when recency <= r2 then 4
      when recency <= r3 then 3 when recency <= r4 then 2 else 1 end as r,
    case when frequency <= f1 then 1 when frequency <= f2 then 2
      when frequency <= f3 then 3 when frequency <= f4 then 4 else 5 end as f,
    case when coalesce(worth, usual) <= m1 then 1 when coalesce(worth, usual) <= m2 then 2
      when coalesce(worth, usual) <= m3 then 3 when coalesce(worth, usual) <= m4 then 4 else 5 end as m
  from profiles cross join model_edges where frequency > 0
),
came as (
  select customer, count(distinct case when value < 0 then null else day end) as visits,
    count(distinct case when value >= 0 then day end) as valued, sum(value) as money
  from purchases cross join ask where day >= learn_at group by customer
)
select r, f, m, count(*) as customers, sum(coalesce(visits, 0)) as visits,
  sum(coalesce(valued, 0)) as valued, sum(money) as money
from scores left join came using (customer) group by r, f, m;

with profiles as (
  select customer,
    date_diff('day', max(case when value < 0 then null else day end), max(now)) as recency,
    count(distinct case when value < 0 then null else day end) as frequency,
    sum(value) / nullif(count(distinct case when value >= 0 then day end), 0) as worth
  from purchases cross join ask group by customer
),
scores as (
  select customer,
    case when recency <= r1 then 5 when recency <= r2 then 4
      when recency <= r3 then 3 when recency <= r4 then 2 else 1 end as r,
    case when frequency <= f1 then 1 when frequency <= f2 then 2
      when frequency <= f3 then 3 when frequency <= f4 then 4 else 5 end as f,
    case when coalesce(worth, usual) <= m1 then 1 when coalesce(worth, usual) <= m2 then 2
      when coalesce(worth, usual) <= m3 then 3 when coalesce(worth, usual) <= m4 then 4 else 5 end as m
  from profiles cross join model_edges where frequency > 0
),
everyone as (
  select sum(visits) / sum(customers) as visits, sum(money) / nullif(sum(valued), 0) as money
  from model_known
),
-- a small group's average is pulled towards everyone's, as if five average customers joined it
pace as (
  select r, f, (sum(known.visits) + 5 * max(everyone.visits)) / (sum(customers) + 5) as visits
  from model_known as known cross join everyone group by r, f
),
spend as (
  select m, (sum(coalesce(known.money, 0)) + 5 * max(everyone.money)) / (sum(known.valued) + 5) as money
  from model_known as known cross join everyone group by m
)
select cases.customer, pace.visits as prediction, pace.visits * spend.money as value,
  case
    when r = 5 and f >= 4 then 'champions'
    when r >= 3 and f >= 4 then 'loyal'
    when r >= 4 and f >= 2 then 'potential loyalists'
    when r = 5 then 'new'
    when r = 4 then 'promising'
    when r = 3 and f = 3 then 'need attention'
    when r = 3 then 'about to sleep'
    when f = 5 then 'cannot lose them'
    when f >= 3 then 'at risk'
    when r is not null then 'hibernating'
  end as segment
from cases left join scores using (customer) left join pace using (r, f) left join spend using (m)
