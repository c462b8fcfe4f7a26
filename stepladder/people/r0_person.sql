-- A person looks at each case and says what they expect; what they said last counts.
with latest as (
  select cases.*, max(answers.nth) as nth from cases natural join answers group by all
),
said as (
  select * exclude (nth, as_of, time, blind) from answers natural join latest
)
select * from cases natural left join said
