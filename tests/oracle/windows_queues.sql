-- Rows of the queue's variants: one for each reason (R02: also at 0), and their sum (R03).
-- In: counted, wanted, by_reason. Out: kpi_rows.

insert into kpi_rows by name
with reasons as (
    select unnest([
        {'kpi': 'contacts_flowed_out', 'among': ['timeout', 'overflow', 'empty', 'key_exit', 'callback', 'voicemail',
                                                 'transfer', 'withdrawn', 'error']},
        {'kpi': 'offers_missed', 'among': ['timeout', 'rejected', 'customer_left']},
        {'kpi': 'transfers', 'among': ['blind', 'attended', 'queue', 'external', 'other']},
        {'kpi': 'service_level_decided', 'among': ['met', 'missed']}
    ], recursive := true)
),
each_reason as (select kpi, unnest(among) as reason from reasons),
numbers as (
    select r.kpi, r.reason, c.queue, c.channel, n_of(c.n, concat_ws('/', r.kpi, r.reason)) as number
    from counted c, each_reason r
    where c.family = 'contact'
    union all
    select k.kpi, null, c.queue, c.channel, n_of(c.n, k.kpi)
    from counted c, (select unnest(['hold_abandons', 'callbacks_requested']) as kpi) k
    where c.family = 'contact'
)
select kpi, 'value' as stat, queue, channel, reason, sum(number) as value, sum(number) as count
from numbers, wanted
where wanted.flows
group by grouping sets ((kpi, queue, channel, reason), (kpi, queue, channel))
-- a KPI without reasons has its total only
having grouping(reason) = 1 or reason is not null;

insert into kpi_rows by name
select 'transfer_ratio' as kpi, 'value' as stat, t.queue, t.channel, t.value / m.answered as value, m.answered as count
from kpi_rows t
join measured m on m.family = 'contact' and m.queue is not distinct from t.queue
    and m.channel is not distinct from t.channel
where t.kpi = 'transfers' and t.reason is null and m.answered > 0;
