"""Detection: exposure, shortest paths, the chance to evade, and `evaluate` of any plan; knows no solver."""

from sarhad.detection.check import check_instance
from sarhad.detection.deterrence import still_made
from sarhad.detection.displacement import Displacement, displacement
from sarhad.detection.evaluation import Evaluation, evaluate
from sarhad.detection.exposure import columns_on, edge_exposure, prevention
from sarhad.detection.instance import Exposure, Graph, Instance
from sarhad.detection.logit import least_theta
from sarhad.detection.marginal import addition_values, nested_values, removal_values
from sarhad.detection.memory import evaluation_bytes, standing_bytes
from sarhad.detection.movers import CrossingLogit, Informed, Logit, Mover, NonAdaptive, PartlyInformed
from sarhad.detection.quick import value_by_period, value_by_threat
from sarhad.detection.shortest import Groups, distances, groups, path_edges
from sarhad.detection.what_if import Changed, Standing, standing

__all__ = [
    "Changed",
    "CrossingLogit",
    "Displacement",
    "Evaluation",
    "Exposure",
    "Graph",
    "Groups",
    "Informed",
    "Instance",
    "Logit",
    "Mover",
    "NonAdaptive",
    "PartlyInformed",
    "Standing",
    "addition_values",
    "check_instance",
    "columns_on",
    "displacement",
    "distances",
    "edge_exposure",
    "evaluate",
    "evaluation_bytes",
    "groups",
    "least_theta",
    "nested_values",
    "path_edges",
    "prevention",
    "removal_values",
    "standing",
    "standing_bytes",
    "still_made",
    "value_by_period",
    "value_by_threat",
]
