"""MAST's JSON interface (`/api/v0/invoke`) over rows in memory, as far as catalogues are asked by it.

A service is a name and what answers its parameters: other tests add theirs to :attr:`MastService.services`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from astro_assets_tests.archives.serving import Answer, Request

Rows = Sequence[Mapping[str, Any]]
#: Given the parameters of a request, returns the rows.
Service = Callable[[Mapping[str, Any]], Rows]
TIC_SERVICE = "Mast.Catalogs.Filtered.Tic.Rows"
_TYPES = {str: "string", int: "int", float: "float", type(None): "string"}


class MastService:
    """Handles MAST's paths.

    Attributes
    ----------
    services
        By name.
    column_configs
        What the portal knows of the columns of each, by the id under which it is asked.
    page_size
        Most rows of one answer, whatever is asked for; None for as many as are asked for.
    executing
        How many times a request is answered with "EXECUTING" before its rows come.
    """

    def __init__(self, services: Mapping[str, Service]) -> None:
        self.services = dict(services)
        self.column_configs: dict[str, Mapping[str, Any]] = {
            "Mast.Catalogs.Tess.Cone": {
                "ID": {"text": "TIC ID", "autoFacetRule": "never"},
                "KIC": {"text": "KIC ID", "intAsString": True},
                "Teff": {"text": "T_eff", "vot.unit": "K"},
            }
        }
        self.page_size: int | None = None
        self.executing = 0
        self.edit: Callable[[dict[str, Any]], dict[str, Any]] = lambda answer: answer

    def __call__(self, request: Request) -> Answer:
        """Answer a request."""
        if request.path.endswith("/columnsconfig"):
            return _json(self.column_configs.get(request.fields["colConfigId"], {}))
        if request.path != "/api/v0/invoke":
            return Answer(b"nothing is here", "text/plain", 404)
        asked = json.loads(request.fields["request"])
        if asked["service"] == "Mast.Catalogs.All.Tic":
            histograms: dict[str, Any] = {"discreteHistogram": {}, "continuousHistogram": {}}
            return _json({"status": "COMPLETE", "data": {"Tables": [{"ExtendedProperties": histograms}]}})
        if self.executing > 0:
            self.executing -= 1
            return _json({"status": "EXECUTING", "data": [], "fields": [], "msg": ""})
        if asked["service"] not in self.services:
            return _json(
                {"status": "ERROR", "msg": f"unknown service {asked['service']}", "data": [], "fields": []}
            )
        return _json(self.edit(self._page(asked, list(self.services[asked["service"]](asked["params"])))))

    def _page(self, asked: Mapping[str, Any], rows: list[Mapping[str, Any]]) -> dict[str, Any]:
        size = min(int(asked["pagesize"]), self.page_size or 10**9)
        first = (int(asked["page"]) - 1) * size
        names = list(rows[0]) if rows else []
        return {
            "status": "COMPLETE",
            "msg": "",
            "fields": [{"name": name, "type": _type(name, rows)} for name in names],
            "data": rows[first : first + size],
            "paging": {
                "page": asked["page"],
                "pageSize": size,
                "pagesFiltered": max(1, -(-len(rows) // size)),
                "rows": len(rows[first : first + size]),
                "rowsFiltered": len(rows),
                "rowsTotal": len(rows),
            },
        }


def tic_service(rows: list[dict[str, Any]]) -> Service:
    """Return the TESS Input Catalog of some stars; a test may change the rows."""

    def answer(params: Mapping[str, Any]) -> Rows:
        (asked,) = params["filters"]
        return [row for row in rows if str(row[asked["paramName"]]) in asked["values"]]

    return answer


def _type(name: str, rows: Rows) -> str:
    kinds = {type(row[name]) for row in rows} - {type(None)}
    return _TYPES[kinds.pop()] if len(kinds) == 1 else "string"


def _json(value: Any) -> Answer:
    return Answer(json.dumps(value).encode(), "application/json")
