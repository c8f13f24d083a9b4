"""The image wing's assets: from files of images to what is measured on them."""

from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from astro_assets.images import (
    change_pictures,
    cutout_pictures,
    photometry_pictures,
    pictures,
    quality_pictures,
)
from astro_assets.images.change_tables import ANOMALIES, FIELD_REFERENCES, FRAME_CHANGES, REFERENCE_FRAMES
from astro_assets.images.cutout_tables import CUTOUT_PLACES, CUTOUTS, FRAME_CELLS, place_row
from astro_assets.images.photometry_tables import (
    FRAME_SOURCES,
    PHOTOMETRIC_LIGHT_CURVES,
    PHOTOMETRIC_SERIES,
)
from astro_assets.images.quality_models import ASSESSOR
from astro_assets.images.quality_tables import FRAME_QUALITY
from astro_assets.images.segmenter_models import ANOMALY_SEGMENTER
from astro_assets.images.segmenter_tables import INJECTED_SCENES
from astro_assets.images.tables import FRAMES
from astro_assets.ledger.home import Home
from astro_assets.ledger.update import put_units
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.table_assets import asset_key, materialized, table_asset
from astro_assets.orchestration.trained_assets import recipes_asset, trained_asset
from astro_assets.orchestration.ui import definition_metadata


class PlaceConfig(dg.Config):
    """A place on the sky that cutouts are wanted of."""

    name: str = Field(min_length=1, max_length=80, description="Name of the place, or id of the target.")
    target_id: str | None = Field(default=None, description="Canonical id of the target, if it is one.")
    ra_deg: float = Field(ge=0, lt=360, description="Right ascension, ICRS [deg].")
    dec_deg: float = Field(ge=-90, le=90, description="Declination, ICRS [deg].")
    side_arcsec: float = Field(default=60.0, gt=0, le=14400, description="Side of the square [arcsec].")


class CutoutConfig(dg.Config):
    """Which places are asked for."""

    places: list[PlaceConfig] = Field(default=[], description="Places that are cut out from now on.")
    remove: list[str] = Field(default=[], description="Names of places that are wanted no more.")


def assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the wing's assets for a home."""
    return [
        table_asset(
            home,
            FRAMES,
            description="What every image is: which HDU holds the pixels, when and how long it was exposed, "
            "through which filter, where it points, its world coordinates where it has them. Images that "
            "cannot be used are refused with the reason, and kept.",
            pictures={"latest frames": pictures.latest_frames, "refused": pictures.refused_frames},
        ),
        table_asset(
            home,
            FRAME_SOURCES,
            description="The stars of every image, with position, light, width and elongation, and what that "
            "says of the image: seeing, trailing, background and its gradient, saturation (sep: Bertin & "
            "Arnouts 1996, Barbary 2016).",
            pictures={"frames over time": photometry_pictures.frames_over_time},
        ),
        table_asset(
            home,
            PHOTOMETRIC_SERIES,
            description="Every night: its frames laid upon the best one by their stars alone, all stars "
            "measured in apertures, each compared with an ensemble of others (Broeg et al. 2005), freed of "
            "what follows airmass, position and focus but looks like no transit.",
            pictures={
                "scatter of stars": photometry_pictures.scatter_of_stars,
                "drift of the frames": photometry_pictures.drift,
            },
        ),
        table_asset(
            home,
            PHOTOMETRIC_LIGHT_CURVES,
            description="The light curve of the target that a targets.csv names in a night, in BJD_TDB, with "
            "errors that fit its scatter. `detrended_light_curves` joins a target's nights.",
            pictures={"latest night": photometry_pictures.latest_night},
        ),
        recipes_asset(
            ASSESSOR,
            description="The nights that the frame assessor is trained on, as recipes: telescope, field, "
            "troubles and seed, from which each is simulated again. A training adds those it wants.",
        ),
        trained_asset(
            home,
            ASSESSOR,
            description="What grades frames: random forests on measures beside the night's best frames, an "
            "ordinal convolutional network, a density of good frames; calibrated, exported as ONNX. Trained "
            "on simulated nights, on purpose: `astro-assets train frame_assessor`.",
            pictures=quality_pictures.of_version,
        ),
        table_asset(
            home,
            FRAME_QUALITY,
            description="What the promoted assessor says of each frame of a night: good, medium or bad with "
            "probabilities and reasons, and how unlike the others of its night it is.",
            pictures={"latest night": quality_pictures.latest_night},
        ),
        table_asset(
            home,
            FRAME_CELLS,
            description="Which parts of the sky each image with world coordinates may show, as cells of 0.9 "
            "degrees (HEALPix), by which places find images.",
        ),
        cutout_places,
        table_asset(
            home,
            CUTOUTS,
            description="Each place that is asked for, cut out of every image that shows it, with its world "
            "coordinates. What an image does not show is NaN, never zero.",
            pictures={"cutouts": cutout_pictures.latest_cutouts},
        ),
        recipes_asset(
            ANOMALY_SEGMENTER,
            description="The scenes that a segmenter is trained and judged on, from which they are simulated "
            "again: a row for each set of them.",
        ),
        trained_asset(
            home,
            ANOMALY_SEGMENTER,
            description="The segmenter of changes: a U-Net on science, reference and difference with a mask "
            "for each kind, trained on simulated scenes and exported as ONNX. Trained on purpose: "
            "`astro-assets train anomaly_segmenter`.",
            pictures=change_pictures.of_version,
        ),
        table_asset(
            home,
            INJECTED_SCENES,
            description="What is put into real frames beside their references, for a segmenter to learn what "
            "no simulation knows: a row for each of some frames.",
        ),
        table_asset(
            home,
            FIELD_REFERENCES,
            description="With which frame those of a field are compared: the deepest of the field's first "
            "night upon which most of the others lie.",
        ),
        table_asset(
            home,
            REFERENCE_FRAMES,
            description="How each frame lies upon the one that it is compared with, by their stars.",
        ),
        table_asset(
            home,
            FRAME_CHANGES,
            description="What changed in each frame against its reference, as the promoted segmenter sees "
            "it: objects, masks and the difference.",
            pictures={"latest differences": change_pictures.latest_differences},
        ),
        table_asset(
            home,
            ANOMALIES,
            description="What somebody would follow up: transients, supernovae, variable stars, asteroids, "
            "with stamps of science, reference and difference.",
            pictures={"surest changes": change_pictures.best_anomalies},
        ),
    ]


@dg.asset(
    key=asset_key(CUTOUT_PLACES),
    description="The places on the sky that cutouts are asked for of, in the run's configuration or by "
    "`astro-assets cutouts`. They are kept up to date from then on.",
    group_name="images",
    kinds={"python", "polars", "deltalake"},
    owners=["team:images"],
    metadata=definition_metadata(CUTOUT_PLACES),
)
def cutout_places(
    context: dg.AssetExecutionContext, config: CutoutConfig, engine: dg.ResourceParam[Engine]
) -> Iterator[dg.MaterializeResult[None]]:
    """Add what is asked for, or take it back."""
    rows = {
        place.name: [place_row(place.name, place.target_id, place.ra_deg, place.dec_deg, place.side_arcsec)]
        for place in config.places
    }
    report = put_units(
        engine.ledger(), CUTOUT_PLACES, rows, remove=[*config.remove, *rows], run_id=context.run.run_id
    )
    yield from materialized(context, engine, CUTOUT_PLACES, report)
