"""From nothing to the first match: the steps, and which of them comes next for somebody."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from django.urls import reverse

from organizations.models import Organization, ResourceFlow, Site


class Step(IntEnum):
    """In the order in which one takes them."""

    NAME = 1
    SITE = 2
    FLOWS = 3
    MATCHES = 4


@dataclass(frozen=True, slots=True)
class NextStep:
    """What an organization lacks, and the page where it is said."""

    step: Step
    organization: Organization
    url: str


def next_step(
    organizations: Iterable[Organization],
    sites: Iterable[Site],
    flows: Iterable[ResourceFlow],
) -> NextStep | None:
    """
    Return what the first of some organizations needs before matches can be found, if anything.

    :param organizations: those for which the person may act.
    :param sites: all of theirs; and `flows`, too.
    """
    located = {site.organization_id for site in sites}
    declared = {flow.organization_id for flow in flows}
    for organization in organizations:
        if organization.pk in declared:
            continue
        if organization.pk in located:
            url = reverse("organizations:start", args=[organization.pk])
            return NextStep(Step.FLOWS, organization, url)
        url = reverse("organizations:site-create", args=[organization.pk])
        return NextStep(Step.SITE, organization, url)
    return None
