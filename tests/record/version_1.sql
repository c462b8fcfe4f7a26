-- A record as the first version made it, with what it might hold.
create table meta (schema_version integer not null);
insert into meta values (1);
create table bakeoffs (id KEY, question text not null, started text not null, finished text, "by" text not null,
  status text not null, data_fingerprint text not null, settings text not null, versions json not null, result json);
create table losses (bakeoff integer not null references bakeoffs, rung text not null, cutoff text not null,
  height integer not null, role text not null, status text not null, loss float, weight float, cases integer not null,
  fit_s float, predict_s_per_1000 float, memory_mb float, model_bytes integer, primary key (bakeoff, rung, cutoff));
create table predictions (id KEY, question text not null, bakeoff integer references bakeoffs, rung text not null,
  as_of text not null, path text not null, sha256 text not null, rows integer not null, model_hash text not null,
  "by" text not null, time text not null);
create table decisions (id KEY, question text not null, rung text not null, "by" text not null,
  time text not null, because text not null);
insert into bakeoffs (question, started, "by", status, data_fingerprint, settings, versions)
  values ('retention', '2020-01-01', 'Ann', 'running', 'f00', 'text', '{}');
insert into decisions (question, rung, "by", time, because) values ('retention', 'r1_rule', 'Ann', '2020', 'first');
