-- Agents: what each is doing at every moment, as intervals between the points at which anything changes.
-- In: events, void, stays, beats (heartbeats), listings (contacts in them), capacities, organisation_days, heartbeat.
-- Out: doing.

create table agent_events as
select entity as agent, at_ms, coalesce(seq, -1) as seq, r.rank, event_id, e.type, class, lower(status) as status,
       nullif(team, '') as team, least(since, at_ms) as since, shift_from, shift_to, is_productive, rate
from events e
anti join void using (topic, entity)
join type_rank r on r.type = e.type
where topic = 'agent.events';

create table beats as
select agent, at_ms, since, lead(at_ms) over (partition by agent order by at_ms) as next_at,
       (at_ms + 3 * heartbeat_ms + 9999) // 10000 * 10000 as due_at  -- R33, seen on the next ten seconds
from agent_events, heartbeat
where type = 'agent.snapshot';

-- Words: who says what from when on. Of one moment a heartbeat's word is the last, and what it tells of the past the
-- first. R30: class custom is a break (of an error, an error), logged in without a status is available; a routable
-- status that has the name of a state is that state.
create table presence_words as
select agent, at_ms, type = 'agent.snapshot' as is_beat, seq, rank, event_id,
       case
           when type = 'agent.logged_in' then 'available'
           when type = 'agent.logged_out' then 'logged_out'
           when type = 'agent.snapshot' then case
               when status in ('available', 'on_contact', 'acw', 'ringing', 'break', 'error', 'offline') then status
               when status in ('ready', 'routable', 'online', 'idle', 'waiting', 'logged_in') then 'available'
               when status in ('logged_out', 'logged out') then 'offline'
               else 'break' end
           when class = 'offline' then 'offline'
           when class = 'custom' then case when status = 'error' then 'error' else 'break' end
           when status in ('available', 'on_contact', 'acw', 'ringing', 'error') then status
           else 'available'
       end as value
from agent_events
where type in ('agent.logged_in', 'agent.logged_out', 'agent.status_changed', 'agent.snapshot');

insert into presence_words
select w.agent, e.since, false, -2, -1, '', w.value
from presence_words w join agent_events e using (agent, event_id)
where e.type = 'agent.snapshot' and e.since < e.at_ms;

create table team_words as
select agent, at_ms, type = 'agent.snapshot' as is_beat, seq, rank, event_id, team as value
from agent_events where team is not null;

-- R37: what an hour online costs, in thousandths of money.
create table rate_words as
select agent, at_ms, false as is_beat, seq, rank, event_id, rate as value from agent_events where rate is not null;

create table capacity_words as
select agent, at_ms, type = 'agent.snapshot' as is_beat, seq, rank, event_id, map(list(channel), list(number)) as value
from agent_events join (select distinct * from capacities) c using (agent, event_id)
group by all;

create macro newest(words) as table
select agent, at_ms, last(value order by is_beat, seq, rank, event_id) as value from query_table(words) group by all;

-- Contacts, as heartbeats list them: since when in which phase, and when for the last time.
create table listed as
select l.agent, l.contact, p.phase, least(l.since, e.at_ms) as since, l.channel, max(e.at_ms) as last_at
from listings l
join agent_events e using (agent, event_id),
lateral (select case
    when lower(l.state) in ('ringing', 'connecting', 'incoming', 'offered', 'pending') then 'ringing'
    when lower(l.state) in ('acw', 'ended', 'wrap_up', 'wrapping', 'after_call_work') then 'acw'
    when lower(l.state) in ('missed', 'rejected', 'error') then null
    else 'on_contact' end as phase) p
where p.phase is not null
group by all;

create macro first_beat_after(who, moment) as (
    select min(b.at_ms) from beats b where b.agent = who and b.at_ms > moment
);

-- What a contact has said of its end is believed. A stay without an end is over when heartbeats list the contact as
-- something else, or do not list it any more.
create table held as
with own as (
    select s.*, coalesce((
        select max(l.last_at) from listed l
        where l.agent = s.agent and l.contact = s.contact and l.phase = s.phase and l.last_at > s.start_at
    ), s.start_at) as last_at
    from stays s
)
select agent, contact, phase, start_at, channel,
       coalesce(end_at, least(first_beat_after(agent, last_at), (
           select min(l.since) from listed l
           where l.agent = own.agent and l.contact = own.contact and l.phase <> own.phase
             and l.last_at > own.last_at and l.since > own.start_at
       ))) as end_at
from own;

-- A contact that has said nothing of it is where heartbeats list it.
insert into held
select l.agent, l.contact, l.phase, l.since, l.channel,
       least(first_beat_after(l.agent, l.last_at), (
           select min(o.since) from listed o
           where o.agent = l.agent and o.contact = l.contact and o.last_at > l.last_at and o.since > l.since
       ))
from listed l
where not exists (
    select 1 from stays s
    where s.agent = l.agent and s.contact = l.contact and l.phase in (s.phase, 'ringing')
      and s.start_at <= l.last_at and (s.end_at is null or s.end_at >= l.since)
);

-- Shifts lie on each other, the newest said on top; the days that one touches are covered by it.
create table shifts as
select agent, at_ms, seq, event_id, planned_from as shift_from, planned_to as shift_to, is_productive,
       (select max(d.start_ms) from organisation_days d where d.start_ms <= planned_from) as cover_from,
       (select min(d.start_ms) from organisation_days d where d.start_ms >= planned_to) as cover_to
from (
    select *, greatest(10000, (shift_from + 9999) // 10000 * 10000) as planned_from,
           (shift_to + 9999) // 10000 * 10000 as planned_to  -- a plan begins and ends with ten seconds
    from agent_events
    where type = 'shift.scheduled'
)
where planned_to > planned_from;

create table moments as
select distinct agent, at_ms from (
    select agent, at_ms from presence_words
    union all select agent, at_ms from team_words
    union all select agent, at_ms from capacity_words
    union all select agent, at_ms from rate_words
    union all select agent, due_at from beats
    union all select agent, unnest([start_at, end_at]) from held where end_at is null or end_at > start_at
    union all select agent, unnest([shift_from, shift_to, cover_from, cover_to]) from shifts
)
where at_ms is not null and agent in (select agent from presence_words);  -- R31

create table counts as
select agent, phase, channel, at_ms, sum(sum(more)) over (partition by agent, phase, channel order by at_ms) as number
from (
    select agent, phase, channel, unnest([start_at, end_at]) as at_ms, unnest([1, -1]) as more
    from held where end_at is null or end_at > start_at
)
where at_ms is not null
group by agent, phase, channel, at_ms;

create table contacts_at as
with busy as (select distinct agent, phase, channel from counts)
select m.agent, m.at_ms, b.phase, b.channel, c.number
from moments m
join busy b using (agent)
asof join counts c on c.agent = m.agent and c.phase = b.phase and c.channel = b.channel and c.at_ms <= m.at_ms
where c.number > 0;

create table known as
select m.agent, m.at_ms, lead(m.at_ms) over (partition by m.agent order by m.at_ms) as until,
       if(p.value = 'logged_out', 'offline', p.value) as presence, coalesce(t.value, '') as team, c.value as capacity, r.value as rate,
       -- R33: who has logged out is not waited for
       coalesce(b.due_at <= m.at_ms, false) and p.value is distinct from 'logged_out' as is_stale
from moments m
asof left join newest('presence_words') p on p.agent = m.agent and p.at_ms <= m.at_ms
asof left join newest('team_words') t on t.agent = m.agent and t.at_ms <= m.at_ms
asof left join newest('capacity_words') c on c.agent = m.agent and c.at_ms <= m.at_ms
asof left join newest('rate_words') r on r.agent = m.agent and r.at_ms <= m.at_ms
asof left join (select distinct agent, at_ms, due_at from beats) b on b.agent = m.agent and b.at_ms <= m.at_ms;

create table planned as
select k.agent, k.at_ms,
       arg_max(s.is_productive, (s.at_ms, s.seq, s.shift_from, -s.shift_to, s.event_id))
           filter (s.shift_from <= k.at_ms and s.shift_to > k.at_ms) as is_productive
from known k
join shifts s on s.agent = k.agent and s.cover_from <= k.at_ms and s.cover_to > k.at_ms
group by all;

create table taken as
select agent, at_ms, coalesce(sum(number) filter (phase = 'ringing'), 0) as ringing,
       coalesce(sum(number) filter (phase = 'on_contact'), 0) as on_contact,
       coalesce(sum(number) filter (phase = 'acw'), 0) as acw,
       coalesce(sum(number) filter (phase = 'on_contact' and channel = 'chat'), 0) as chats,
       sum(number / greatest(1, coalesce(k.capacity[channel], 1))) filter (phase <> 'ringing') as used
from contacts_at join known k using (agent, at_ms)
group by all;

-- R30: one state by precedence. K17, K18: busy is on contact or wrapping up while routable, idle is available; ringing
-- and breaks are neither. R34: a contact uses 1/capacity of its channel, at most all of the agent. R32c: paid is planned
-- and productive on a day that a shift covers, else online. R32b: adherence.
create table doing as
with stated as (
    select k.agent, k.team, k.at_ms, k.until, k.presence, coalesce(k.rate, 0) as rate, t.chats, t.used,
           p.agent is not null as is_covered, p.is_productive,
           case
               when k.presence is null then null
               when k.is_stale then 'unknown'
               when k.presence in ('offline', 'error') then k.presence
               when t.on_contact > 0 or k.presence = 'on_contact' then 'on_contact'
               when t.acw > 0 or k.presence = 'acw' then 'acw'
               when t.ringing > 0 or k.presence = 'ringing' then 'ringing'
               else k.presence
           end as state,
           coalesce(k.presence in ('available', 'on_contact', 'acw', 'ringing') and not k.is_stale, false) as can_take,
           coalesce(k.is_stale, false) as is_stale
    from known k
    left join taken t using (agent, at_ms)
    left join planned p using (agent, at_ms)
)
select *,
       coalesce(state in ('on_contact', 'acw') and can_take, false) as is_busy,
       coalesce(state = 'available', false) as is_idle,
       can_take and state in ('available', 'on_contact', 'acw', 'ringing') as is_routable,
       coalesce(state not in ('offline', 'unknown'), false) as is_online,
       case when is_covered then coalesce(is_productive, false) else is_online end as is_paid,
       is_productive is not null as is_planned,
       case
           when is_productive then can_take or coalesce(state = 'on_contact', false)
           when not is_productive then coalesce(presence, 'offline') in ('break', 'offline') and not is_stale
           else false
       end as adheres
from stated
where state is not null or is_productive is not null;
