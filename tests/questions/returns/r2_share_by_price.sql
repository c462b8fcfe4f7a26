-- A parcel comes back as often as others that were dear, or cheap, in shops of the same country did.
create table model_share as
select country, dear, (sum(case when label = 'back' then 1.0 else 0.0 end) + 1) / (count(*) + 4) as share
from labels natural join dear left join shops using (shop) group by country, dear;

select cases.*, share as prediction, share as surely
from cases left join dear using (shop, parcel) left join shops using (shop)
left join model_share on dear.dear = model_share.dear and shops.country = model_share.country
