"""What QGIS makes of the catalog, as JSON. Run by the system's Python, which has QGIS and nothing of ours."""

import json
import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (  # type: ignore[import-not-found]  # this runs elsewhere
    QgsApplication,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize  # type: ignore[import-not-found]  # as above


def describe(layer: QgsVectorLayer) -> dict[str, object]:
    return {
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        # only reading them counts them all: layers of the web say -1 or what one page holds
        "features": sum(1 for _ in layer.getFeatures()),
        "types": {field.name(): field.typeName() for field in layer.fields()},
    }


def draw(layer: QgsVectorLayer, target: str) -> None:
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setOutputSize(QSize(800, 400))
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(layer.extent())
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(target)


def main(url: str, collections: list[str], search: str, folder: str) -> None:
    # without a display it still wants to be a program with windows: as one without, this provider crashes
    application = QgsApplication([], True)  # noqa: FBT003 - QGIS takes it by position
    application.initQgis()
    found = {}
    for collection in collections:
        layer = QgsVectorLayer(f"url='{url}' typename='{collection}'", collection, "OAPIF")
        found[collection] = describe(layer)
        draw(layer, f"{folder}/{collection}.png")
    found["search"] = describe(QgsVectorLayer(search, "search", "ogr"))
    sys.stdout.write(f"{json.dumps(found)}\n")
    application.exitQgis()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","), sys.argv[3], sys.argv[4])
