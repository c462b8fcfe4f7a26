-- A person looks at each case and says what they expect.
select cases.*, answers.prediction
from cases natural left join answers
