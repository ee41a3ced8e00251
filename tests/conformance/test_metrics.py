"""Every metric satisfies what metrics must."""

import pytest

from netmend.core.discover import contributions
from netmend.testing.conformance import check_metric
from netmend.training.metrics._base import Metric

METRICS = contributions("netmend.training.metrics", Metric)


@pytest.mark.parametrize("contribution", METRICS.values(), ids=list(METRICS))
def test_a_metric_satisfies_what_metrics_must(contribution):
    check_metric(contribution)
