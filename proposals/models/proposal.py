"""Proposals: one organization asks another for an exchange."""

from uuid import UUID

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from matching.ids import match_id
from organizations.ids import new_id
from organizations.models import Organization, ResourceFlow
from proposals.querysets import ProposalQuerySet
from proposals.states import AGREED, OPEN, Status


class Proposal(models.Model):
    """One organization asks another to exchange a resource: a flow of the one asked."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    from_organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        related_name="outgoing_proposals",
        verbose_name=_("from"),
    )
    to_organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="incoming_proposals", verbose_name=_("to")
    )
    resource = models.ForeignKey(
        ResourceFlow, models.PROTECT, related_name="proposals", verbose_name=_("resource")
    )
    # The sender's own flow of the other direction, where one is known: what the exchange would
    # serve or relieve, as the match has said.
    counterpart = models.ForeignKey(
        ResourceFlow,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="counterpart_proposals",
        verbose_name=_("flow of the sender"),
    )
    message = models.TextField(_("message"), validators=[MaxLengthValidator(5000)])
    # Quantity and price follow the present version of the terms.
    terms_version = models.PositiveSmallIntegerField(
        _("version of the terms"), default=1, db_default=1
    )
    quantity = models.DecimalField(
        _("quantity [canonical units per year]"),
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
    )
    price_per_unit = models.DecimalField(
        _("price [EUR per canonical unit]"),
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
    )
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.PENDING
    )
    sender_confirmed_at = models.DateTimeField(_("sender confirmed"), null=True, blank=True)
    target_confirmed_at = models.DateTimeField(_("target confirmed"), null=True, blank=True)
    # Which version of the terms each side has confirmed.
    sender_confirmed_version = models.PositiveSmallIntegerField(
        _("version that the sender confirmed"), null=True, blank=True
    )
    target_confirmed_version = models.PositiveSmallIntegerField(
        _("version that the side asked confirmed"), null=True, blank=True
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    # Whether both flows still match; there when it was read for display.
    has_match: bool

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_organization=F("to_organization")),
                name="proposals_proposal_is_between_two_organizations",
                violation_error_message=_("An organization cannot propose to itself."),
            ),
            models.UniqueConstraint(
                fields=["from_organization", "to_organization", "resource"],
                condition=Q(status__in=OPEN),
                name="proposals_proposal_is_the_only_open_one",
                violation_error_message=_("There is an open proposal for this resource already."),
            ),
            models.CheckConstraint(
                condition=Q(quantity=None) | Q(quantity__gt=0),
                name="proposals_proposal_quantity_is_positive",
                violation_error_message=_("The quantity must be above 0."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="proposals_proposal_status_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=AGREED)
                | Q(sender_confirmed_at__isnull=False, target_confirmed_at__isnull=False),
                name="proposals_proposal_contract_is_confirmed_by_both",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=AGREED)
                | Q(
                    sender_confirmed_version=F("terms_version"),
                    target_confirmed_version=F("terms_version"),
                    sender_confirmed_version__isnull=False,
                    target_confirmed_version__isnull=False,
                ),
                name="proposals_proposal_both_confirmed_the_same_terms",
            ),
        ]
        indexes = [
            models.Index(fields=["to_organization", "-created_at"], name="proposals_incoming"),
            models.Index(fields=["from_organization", "-created_at"], name="proposals_outgoing"),
            models.Index(
                fields=["valid_until"],
                condition=Q(status=Status.PENDING),
                name="proposals_expiring",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_organization} → {self.to_organization}: {self.resource}"

    def confirmed_by(self) -> list[UUID]:
        """Return the organizations that have confirmed the present terms."""
        sides = (
            (self.from_organization_id, self.sender_confirmed_version),
            (self.to_organization_id, self.target_confirmed_version),
        )
        return [key for key, version in sides if version == self.terms_version]

    @property
    def pair(self) -> tuple[UUID, UUID] | tuple[None, None]:
        """The ids of the output and the input that are to be exchanged, where both are known."""
        if self.counterpart_id is None:
            return None, None
        if self.resource.direction == ResourceFlow.Direction.OUTPUT:
            return self.resource_id, self.counterpart_id
        return self.counterpart_id, self.resource_id

    @property
    def match_id(self) -> UUID | None:
        """The match of the resource and the sender's own flow, while it is one."""
        if self.counterpart is None or not self.has_match:
            return None
        numbers = {flow.pk: flow.number for flow in (self.resource, self.counterpart)}
        return match_id(*(numbers[key] for key in self.pair if key))
