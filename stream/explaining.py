"""The command ``explain``: a board is asked for the contacts behind a number, and they are shown as a table."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from stream.configuration import Options
from stream.failures import Unreachable, WrongCall
from stream.guard import read_token
from stream.reporting import write

TIMEOUT_SECONDS = 90


def explain(
    options: Options,
    kpi: str,
    queue: str | None,
    channel: str | None,
    team: str | None,
    window: str | None,
    where: tuple[str, ...],
    limit: int,
    board: str,
    *,
    as_json: bool,
) -> int:
    """Asks and shows. Raises ``WrongCall``, ``Unreachable``."""
    given = {"kpi": kpi, "queue": queue, "channel": channel, "team": team, "window": window, "limit": str(limit)}
    for further in where:
        name, equals, value = further.partition("=")
        if not equals or not value or name in given:
            raise WrongCall(f"--where: {further} should be NAME=VALUE, such as reason=blind")
        given[name] = value
    token = read_token(options.settings().board.token_file)
    answer = asyncio.run(_ask(board.rstrip("/"), {k: v for k, v in given.items() if v is not None}, token))
    if as_json:
        write(answer, "-")
    else:
        _show(answer)
    return 0


async def _ask(board: str, query: dict[str, str], token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as session,
            session.get(f"{board}/api/v1/explain", params=query) as response,
        ):
            body: dict[str, Any] = await response.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Unreachable(f"no board at {board} (--board): {error or type(error).__name__}") from error
    if response.status == 400:
        name = body["parameter"]
        option = f"--{name}" if name in ("queue", "channel", "team", "window", "limit") else f"--where {name}"
        raise WrongCall(f"{option}: {body['error']}" if name != "kpi" else f"KPI {body['error']}")
    if response.status != 200:
        raise Unreachable(f"the board at {board}: {body.get('error', response.status)}")
    return body


def _show(answer: dict[str, Any]) -> None:
    out = Console(highlight=False, soft_wrap=True)
    value = "no value" if answer["value"] is None else f"{answer['value']:g} {answer['unit']}"
    place = " ".join(f"{name}={answer[name]}" for name in ("queue", "channel", "team") if answer[name] is not None)
    out.print(f"{answer['kpi']} {answer['stat']} = {value}", markup=False)
    out.print(f"  formula   {answer['formula']}  [{answer['source']}]", markup=False)
    out.print(
        f"  of        {place or 'everything'}, {answer['window']}: {answer['from'] or ''} to {answer['to']}",
        markup=False,
    )
    out.print(f"  adds up   {answer['numerator']:g} / {answer['denominator']:g}", markup=False)
    own = answer["of_the_window"]
    if own is not None:
        out.print(f"  of it     {own['numerator']:g} / {own['denominator']:g} is the window's own", markup=False)
    out.print(f"  contacts  {answer['contributing']} count, {answer['left_out']} are left out", markup=False)
    if answer["complete_from"]:
        out.print(f"  complete  from {answer['complete_from']} on: what closed before may be gone", markup=False)
    day = answer["to"].partition("T")[0]
    table = Table("contact", "queue", "channel", "counts as", "what happened", box=None)
    for found in answer["contributions"]:
        counts = f"{found['numerator']:g} / {found['denominator']:g}"
        table.add_row(
            found["entity"], found["queue"], found["channel"],
            f"left out: {found['left_out']}" if found["left_out"] is not None else counts, _story(found, day),
        )  # fmt: skip
    if answer["contributions"]:
        out.print(table)
    hidden = answer["contributing"] + answer["left_out"] - len(answer["contributions"])
    if hidden:
        out.print(f"  and {hidden} more (--limit)", markup=False)


def _story(found: dict[str, Any], day: str) -> str:
    """What happened, in order; moments of the answer's own day without their date."""

    def moment(text: str) -> str:
        date, _, time = text.partition("T")
        return time[:8] if date == day else f"{date} {time[:8]}"

    if found["since"]:
        return f"since {moment(found['since'])}"
    told = []
    for fact in sorted(found["facts"], key=lambda fact: fact["at"]):
        took = "" if fact["seconds"] is None else f" {fact['seconds']:g} s"
        told.append(f"{moment(fact['at'])} {fact['fact'].replace('_', ' ')}{took}")
    return "; ".join(told)
