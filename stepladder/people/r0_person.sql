-- A person looks at each case and says what they expect; what they said last counts.
select cases.*, said.prediction
from cases natural left join (
  select * exclude (prediction, time, nth), arg_max(prediction, nth) as prediction
  from answers group by all
) as said
