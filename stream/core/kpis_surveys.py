"""The KPIs of surveys: what customers say, by queue and channel, and what employees say, by team.

Scores reach a measure in thousandths of points on the scale of their KPI (``stream.core.survey``). Employees answer in
groups (R36): there is a row over everything only of at least ``GROUP_MIN`` answers, and rows by team only where every
team with answers has as many, those of no team among them; so no answer can be had by setting rows against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from stream.core.facts import KINDS
from stream.core.forms import Kpi, Measure, Sample, points, ratio

GROUP_MIN = 5


def _promoters(kind: str) -> Callable[[Measure], tuple[float, float]]:
    """S3: promoters less detractors of all answers; the text's own form leaves the passives out of the answers."""
    answers, promoters, detractors = (KINDS[name] for name in (kind, f"{kind}_promoters", f"{kind}_detractors"))

    def parts(m: Measure) -> tuple[float, float]:
        up, down = m.n(promoters), m.n(detractors)
        return 100 * (up - down), up + down if m.options.net_promoter_passives == "left_out" else m.n(answers)

    return parts


def _csat_mean(m: Measure) -> tuple[float, float]:
    n = m.n(KINDS["csat"])
    return (n * m.options.on_csat_scale(m.total_ms(KINDS["csat"]) / n / 1000) if n else 0), n


def _effort_index(m: Measure) -> tuple[float, float]:
    """S4: easy less hard; in the text's own form, where lower is easier, hard less easy."""
    sign = -1 if m.options.customer_effort_form == "ces_1" else 1
    return sign * 100 * (m.n(KINDS["ces_easy"]) - m.n(KINDS["ces_hard"])), m.n(KINDS["ces"])


def _effort_mean(m: Measure) -> tuple[float, float]:
    """S4: 1 (hard) to 7 (easy); in the text's own form 1 (easy) to 5 (hard)."""
    n, total = m.n(KINDS["ces"]), m.total_ms(KINDS["ces"]) / 1000
    return ((7 * n - total) * 4 / 6 + n if m.options.customer_effort_form == "ces_1" else total), n


def _in_groups(kpi: Kpi) -> Kpi:
    """R36: only where nobody can be told from the others."""
    compute, answers = kpi.compute, KINDS[kpi.inputs[0]]

    def of_groups(m: Measure) -> Iterator[Sample]:
        groups = [m.n(answers)] if m.is_everything else [n for n in m.each(answers) if n]
        if groups and min(groups) >= GROUP_MIN:
            yield from compute(m)

    return replace(kpi, compute=of_groups, parts=None)


_SCALE = ("kpis.csat_good_from", "kpis.csat_scale")
SURVEY_KPIS: tuple[Kpi, ...] = (
    ratio(
        "csat_ratio",
        "any",
        "good scores / answers: 4 and 5 of 1 to 5, on other scales from three quarters up (CSAT)",
        lambda m: (m.n(KINDS["csat_good"]), m.n(KINDS["csat"])),
        "csat",
        "csat_good",
        source="R35a; Zendesk, Intercom",
        knobs=_SCALE,
    ),
    points(
        "csat_mean",
        "any",
        "mean score on 1 to 5, other scales mapped linearly",
        _csat_mean,
        "csat",
        source="R35b; Intercom",
        knobs=("kpis.csat_scale",),
    ),
    points(
        "customer_effort_index",
        "any",
        "100 x (easy - hard) / answers, on 1 to 7: easy from 6 up, hard from 3 down",
        _effort_index,
        "ces",
        "ces_easy",
        "ces_hard",
        source="S4, R35c; CES 2.0",
        knobs=("kpis.customer_effort_form",),
    ),
    points(
        "customer_effort_mean",
        "any",
        "mean score on 1 (hard) to 7 (easy), other scales mapped linearly",
        _effort_mean,
        "ces",
        source="S4, R35c; CES 2.0",
        knobs=("kpis.customer_effort_form",),
    ),
    points(
        "net_promoter_score",
        "any",
        "100 x (promoters - detractors) / answers: 9 and 10 against 6 and lower",
        _promoters("nps"),
        "nps",
        "nps_promoters",
        "nps_detractors",
        source="S3; Reichheld: NPS",
        knobs=("kpis.net_promoter_passives",),
    ),
    ratio(
        "survey_response_ratio",
        "any",
        "customers' surveys answered within 30 days of being sent / surveys sent, each at its own time",
        lambda m: (m.n(KINDS["surveys_responded"]), m.n(KINDS["surveys_sent"])),
        "surveys_responded",
        "surveys_sent",
        source="kpis.md 1D; R35d",
    ),
    _in_groups(
        points(
            "employee_net_promoter_score",
            "employee",
            "100 x (promoters - detractors) / answers of employees, in groups of 5 or more",
            _promoters("enps"),
            "enps",
            "enps_promoters",
            "enps_detractors",
            source="S3, R36; eNPS",
            knobs=("kpis.net_promoter_passives",),
            dimensions=("team",),
        )
    ),
    _in_groups(
        ratio(
            "employee_satisfaction_ratio",
            "employee",
            "favourable answers / answers of employees, in groups of 5 or more",
            lambda m: (m.n(KINDS["esat_good"]), m.n(KINDS["esat"])),
            "esat",
            "esat_good",
            source="R35e, R36",
            knobs=_SCALE,
            dimensions=("team",),
        )
    ),
)
