-- A leaf is of the kinds that leaves as long as it, to the centimetre, were of.
create table model_kinds as select distinct kind from labels;

create table model_shares as
select cast(floor(length) as bigint) as size, kind, count(*) as leaves
from leaves join labels using (leaf) group by size, kind;

with sizes as (select size, sum(leaves) as leaves from model_shares group by size),
mine as (
  select cases.leaf, cast(floor(length) as bigint) as size from cases left join leaves using (leaf)
)
select mine.leaf, model_kinds.kind,
  (coalesce(model_shares.leaves, 0) + 1.0) / (coalesce(sizes.leaves, 0) + 3) as prediction
from mine cross join model_kinds
left join sizes on mine.size = sizes.size
left join model_shares on mine.size = model_shares.size and model_kinds.kind = model_shares.kind
