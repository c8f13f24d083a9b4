"""What a small MAST holds of observations: its two lists, the files, TESSCut, HAPCut; and a small SkyView.

Real bytes that a test gives it; how an answer goes wrong on the wire is the server's affair.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from astro_assets_tests.archives.mast import MastService
from astro_assets_tests.archives.serving import Answer, Handler, Request, file_answer

#: Columns of observations that are asked for, with their types, as the portal tells them.
_COLUMNS = {
    "obs_collection": "char", "provenance_name": "char", "dataproduct_type": "char", "target_name": "char",
    "t_exptime": "double", "sequence_number": "int", "obs_id": "char", "obsid": "char",
}  # fmt: skip
_FORM = """<html><body><form action="{action}"><input name="Position"/>
<select name="survey" id="OpticalDSS"><option>{surveys}</option></select></form></body></html>"""


@dataclass
class Held:
    """A product of an observation."""

    file_name: str
    content: bytes
    description: str = "Light curves"
    #: What the list says, where that is not the truth.
    listed_size: int | None = None

    @property
    def uri(self) -> str:
        """What MAST calls it."""
        return f"mast:TESS/product/{self.file_name}"


@dataclass
class HeldObservation:
    """An observation with its products."""

    target_name: str
    products: Sequence[Held]
    collection: str = "TESS"
    segment: int | None = 7
    cadence_s: float = 120.0


@dataclass
class SmallMast:
    """What a small MAST holds.

    Attributes
    ----------
    positions
        Of objects, by name.
    cutouts
        What TESSCut has of a sector: names and bytes in its zip file.
    images
        What HAPCut has.
    """

    observations: list[HeldObservation] = field(default_factory=list)
    positions: dict[str, tuple[float, float]] = field(default_factory=dict)
    cutouts: dict[int, Iterable[tuple[str, bytes]]] = field(default_factory=dict)
    images: Iterable[tuple[str, bytes]] = ()
    portal: MastService = field(init=False)

    def __post_init__(self) -> None:
        self.portal = MastService(
            {"Mast.Caom.Filtered": self._list_of_observations, "Mast.Caom.Products": self._list_of_products}
        )
        columns = {name: {"text": name, "vot.datatype": of} for name, of in _COLUMNS.items()}
        self.portal.column_configs |= {"Mast.Caom.Cone": columns}

    def routes(self) -> dict[str, Handler]:
        """Return what to serve."""
        return {
            "/portal": self.portal,
            "/api/v0/invoke": self._invoke,
            "/api/v0.1/Download/file": self._file,
            "/tesscut/api/v0.1/sector": self._sectors,
            "/tesscut/api/v0.1/astrocut": self._tesscut,
            "/hapcut/api/v0.1/astrocut": self._hapcut,
        }

    def hold(self, target_name: str, *products: Held, **told: Any) -> None:
        """Add an observation."""
        self.observations.append(HeldObservation(target_name, products, **told))

    def _list_of_observations(self, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        rows = [_observation_row(number, held) for number, held in enumerate(self.observations)]
        for one in params["filters"]:
            rows = [row for row in rows if _passes(row[one["paramName"]], one["values"])]
        return [{"Column1": len(rows)}] if params["columns"] == "COUNT_BIG(*)" else rows

    def _list_of_products(self, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        wanted = set(params["obsid"].split(","))
        return [
            _product_row(number, held, product)
            for number, held in enumerate(self.observations)
            if _obsid(number) in wanted
            for product in held.products
        ]

    def _invoke(self, request: Request) -> Answer:
        asked = json.loads(request.fields["request"])
        if asked["service"] != "Mast.Name.Lookup":
            return self.portal(request)
        name = asked["params"]["input"]
        found = [] if name not in self.positions else [self.positions[name]]
        lines = [{"searchString": name.lower(), "ra": ra, "decl": dec} for ra, dec in found]
        return _json({"resolvedCoordinate": lines, "status": ""})

    def _file(self, request: Request) -> Answer:
        for held in self.observations:
            for product in held.products:
                if product.uri == request.query["uri"]:
                    return file_answer(request, product.content, "application/fits")
        return Answer(b"no such file", "text/plain", 404)

    def _sectors(self, request: Request) -> Answer:
        found = [
            {"sectorName": f"tess-s{n:04d}-1-2", "sector": f"{n:04d}", "camera": "1", "ccd": "2"}
            for n in self.cutouts
        ]
        return _json({"results": found})

    def _tesscut(self, request: Request) -> Answer:
        return Answer(zipped(self.cutouts[int(request.query["sector"])]), "application/zip")

    def _hapcut(self, request: Request) -> Answer:
        if not self.images:
            return _json({"msg": "No HAP images were found there.", "results": []})
        return Answer(zipped(self.images), "application/zip")


@dataclass
class SmallSkyView:
    """A SkyView with images by survey; its pages are what astroquery reads.

    Attributes
    ----------
    link
        Makes of the number of an image what its page links to.
    """

    images: dict[str, bytes]
    link: Callable[[int], str] = "/tempspace/fits/skv{}.fits".format

    def routes(self) -> dict[str, Handler]:
        """Return what to serve."""
        return {"/current/cgi": self._page, "/tempspace/fits": self._image}

    def _page(self, request: Request) -> Answer:
        if request.path.endswith("basicform.pl"):
            surveys = "</option><option>".join(self.images)
            return _html(_FORM.format(action="/current/cgi/runquery.pl", surveys=surveys))
        number = list(self.images).index(request.query["survey"])
        return _html(f'<html><body><a href="{self.link(number)}">FITS</a></body></html>')

    def _image(self, request: Request) -> Answer:
        (number,) = (n for n in range(len(self.images)) if request.path == f"/tempspace/fits/skv{n}.fits")
        return file_answer(request, list(self.images.values())[number], "application/fits")


def zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a zip file of some members, whatever their names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return stream.getvalue()


def _obsid(number: int) -> str:
    return str(60_000_000 + number)


def _observation_row(number: int, held: HeldObservation) -> dict[str, Any]:
    return {
        "dataproduct_type": "timeseries" if held.collection == "TESS" else "cube",
        "obs_collection": held.collection,
        "obs_id": held.products[0].file_name.partition("_")[0],
        "target_name": held.target_name,
        "t_exptime": held.cadence_s,
        "provenance_name": {"TESS": "SPOC"}.get(held.collection, held.collection),
        "sequence_number": held.segment,
        "obsid": _obsid(number),
    }


def _product_row(number: int, held: HeldObservation, product: Held) -> dict[str, Any]:
    return {
        "obsID": _obsid(number), "obs_collection": held.collection, "dataproduct_type": "timeseries",
        "description": product.description, "dataURI": product.uri, "productType": "SCIENCE",
        "productFilename": product.file_name, "_selected_": None,
        "size": len(product.content) if product.listed_size is None else product.listed_size,
    }  # fmt: skip


def _passes(value: Any, allowed: Sequence[Any]) -> bool:
    """Tell whether a value passes a filter: a list of texts, or bounds."""
    if allowed and isinstance(allowed[0], dict):
        return bool(allowed[0]["min"] <= value <= allowed[0]["max"])
    return str(value) in allowed


def _json(value: Any) -> Answer:
    return Answer(json.dumps(value).encode(), "application/json")


def _html(text: str) -> Answer:
    return Answer(text.encode(), "text/html")
