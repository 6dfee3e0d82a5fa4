-- Surveys: one response an entity; its newest answer holds, and a revoked one is void.
-- In: events, void. Out: facts of family survey (customers, by queue), staff (employees, by team).

create table staff (kind text, topic text, entity text, n bigint, at_ms bigint, value bigint, team text);

-- S4, R35b, R35c: thousandths of points, higher is better: satisfaction on 1 to 5, effort on 1 to 7, promoters as said.
create table ratings as
with answers as (
    select topic, entity, n, at_ms, survey, coalesce(queue, '') as queue, coalesce(channel, '') as channel,
           case when survey in ('nps', 'enps') then case when higher_is_better then score else scale_min + scale_max - score end
                else 1 + case when survey = 'ces' then 6 else 4 end
                     * (case when higher_is_better then score - scale_min else scale_max - score end)
                     / (scale_max - scale_min)
           end as points
    from events anti join void using (topic, entity)
    where type = 'survey.answered'
)
select *, floor(points * 1000 + 0.5)::bigint as value,
       row_number() over (partition by topic, entity order by n desc) = 1 as holds
from answers;

insert into facts
select 'survey', survey, topic, entity, n, at_ms, value, queue, channel
from ratings where holds and survey not in ('enps', 'esat');

-- R36: an employee's answer belongs to the team in force, and to nothing else.
insert into staff
with said as (
    select topic, entity, n, last_value(nullif(team, '') ignore nulls) over (
               partition by topic, entity order by n rows between unbounded preceding and current row) as team
    from events
    where survey in ('enps', 'esat')
)
select r.survey, topic, entity, n, r.at_ms, r.value, coalesce(s.team, '')
from ratings r join said s using (topic, entity, n)
where holds and survey in ('enps', 'esat');

create table mailed as
select topic, entity, min(n) as n, arg_min(at_ms, n) as at_ms, arg_min(coalesce(queue, ''), n) as queue,
       arg_min(coalesce(channel, ''), n) as channel
from events anti join void using (topic, entity)
where type = 'survey.sent' and survey not in ('enps', 'esat')
group by all;

insert into facts select 'survey', 'sent', topic, entity, n, at_ms, 0, queue, channel from mailed;

-- Answered within 30 days, at the first answer; where that has the earlier stamp, when it was sent.
insert into facts
select 'survey', 'responded', topic, entity, greatest(m.n, a.n), greatest(m.at_ms, a.at_ms), 0,
       case when a.n > m.n then a.queue else m.queue end, case when a.n > m.n then a.channel else m.channel end
from mailed m
join (
    select topic, entity, min(n) as n, min(at_ms) as at_ms, arg_min(queue, n) as queue, arg_min(channel, n) as channel
    from ratings group by all
) a using (topic, entity)
where a.at_ms - m.at_ms <= 30::bigint * 86400000;
