"""Query parameters of proposals."""

import django_filters

from proposals.models import Proposal
from proposals.states import Status


class ProposalFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=Status.choices)
    from_org = django_filters.UUIDFilter(field_name="from_organization")
    to_org = django_filters.UUIDFilter(field_name="to_organization")

    class Meta:
        model = Proposal
        fields: list[str] = []
