-- Every leaf may be of each kind as often as leaves are of that kind.
create table model_shares as
select kind, count(*) * 1.0 / sum(count(*)) over () as share from labels group by kind;

select cases.leaf, kind, share as prediction from cases cross join model_shares
