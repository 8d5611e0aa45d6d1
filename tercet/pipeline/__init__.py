"""Raw records -> Items -> checked Items -> batches -> sink: the way of every record, whatever its source."""

from tercet.pipeline.harvest import Observer, Sink, harvest, in_turn, limited
from tercet.pipeline.report import Report

__all__ = ["Observer", "Report", "Sink", "harvest", "in_turn", "limited"]
