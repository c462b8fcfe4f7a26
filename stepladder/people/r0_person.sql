-- A person looks at each case and says what they expect; what they said last counts.
with latest as (
  select cases.*, max(answers.nth) as nth from cases natural join answers group by all
),
said as (
  select * exclude (nth, shown_as_of, said_on, blind) from answers natural join latest
)
select * from cases natural left join said
