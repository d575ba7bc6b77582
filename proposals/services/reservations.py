"""What contracts take out of the flows that can be matched, and give back when they end."""

from decimal import Decimal

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from organizations import services as organization_services
from organizations.models import ResourceFlow
from organizations.services.flows import SAME
from proposals.models import Proposal
from proposals.states import RESERVING
from turash.errors import DomainError
from turash.figures import figure, unit


class NotEnoughLeft(DomainError):
    """A flow has less left than the terms ask for; `members` say of which flow and how much."""

    code = "not_enough_left"

    def __init__(self, flow: ResourceFlow) -> None:
        left, of = flow.available_per_year, flow.resource_type.unit
        super().__init__(
            _("Of “%(flow)s” only %(left)s %(unit)s a year are left.")
            % {"flow": flow.name, "left": figure(left), "unit": unit(of)}
        )
        self.members = {"resource_id": str(flow.pk), "left_per_year": left, "unit": of}


def hold_flows(proposal: Proposal) -> list[ResourceFlow]:
    """Lock the flows of both sides until the transaction ends: always in the same order."""
    keys = [key for key in (proposal.resource_id, proposal.counterpart_id) if key]
    # Together with their types, of which only the flows' own rows are locked.
    rows = ResourceFlow.objects.select_for_update(no_key=True, of=("self",))
    return list(rows.filter(pk__in=keys).select_related("resource_type").order_by("pk"))


def check_left(proposal: Proposal, flows: list[ResourceFlow]) -> None:
    """
    See that both sides have the quantity that a proposal asks for; an open quantity is no claim.

    :raises NotEnoughLeft: one has not.
    """
    if proposal.quantity is None:
        return
    for flow in flows:
        if float(proposal.quantity) > flow.available_per_year + SAME * flow.quantity_per_year:
            raise NotEnoughLeft(flow)


def renew(flows: list[ResourceFlow]) -> None:
    """
    Bring what is reserved of flows that are held into line with the contracts about them.

    Summed up anew each time, so nothing can drift.
    """
    for flow in flows:
        contracts = Proposal.objects.filter(
            Q(resource=flow) | Q(counterpart=flow), status__in=RESERVING
        )
        reserved = contracts.aggregate(sum=Sum("quantity"))["sum"] or Decimal(0)
        organization_services.set_reserved(flow=flow, reserved_per_year=float(reserved))
