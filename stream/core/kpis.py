"""The catalogue of KPIs: as data, and the only place where a KPI is named.

Commands, help texts, metrics, boards, documentation and tests are read from it. A KPI is computed from a ``Measure``:
what one place has measured in one window (``stream.core.forms``). Each area has a module of its own.
"""

from __future__ import annotations

from stream.core.forms import Kpi
from stream.core.kpis_agents import AGENT_KPIS
from stream.core.kpis_business import BUSINESS_KPIS
from stream.core.kpis_queue import QUEUE_KPIS
from stream.core.kpis_surveys import SURVEY_KPIS
from stream.core.kpis_targets import TARGET_KPIS
from stream.core.kpis_tickets import TICKET_KPIS

_ALL = (*QUEUE_KPIS, *TICKET_KPIS, *TARGET_KPIS, *AGENT_KPIS, *SURVEY_KPIS, *BUSINESS_KPIS)
CATALOGUE: dict[str, Kpi] = {kpi.name: kpi for kpi in _ALL}
