"""The best partners of each flow: what the engine keeps of all the pairs that it has seen."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from matching.engine.parameters import BEST_PER_FLOW
from matching.models.run import MatchingRunPartition
from organizations.models import ResourceFlow


def _is_as_long(name: str) -> Q:
    return Q(partners__len=Func(F(name), function="cardinality"))


class Partners(models.Model):
    """
    The partners that are best for a flow, the best first, as parallel arrays.

    Flows are named by their numbers. No figures are kept but what orders the list: the kernel
    computes the others when they are looked at.
    """

    is_output = models.BooleanField()
    partners = ArrayField(models.BigIntegerField())
    scores = ArrayField(models.FloatField())
    distances_m = ArrayField(models.FloatField())
    # Those whose lists this flow is in, in no order.
    listed_by = ArrayField(models.BigIntegerField())
    match_count = models.IntegerField()  # in this list, or one of theirs, or both
    best_co2_avoided_t_per_year = models.FloatField()  # of the best partner, 0 without one

    class Meta:
        abstract = True


class PartnerList(Partners):
    """The list of an active flow that has been matched, as it is now."""

    # Lists come by the million through COPY; who deletes a flow takes it out of all of them.
    flow = models.OneToOneField(
        ResourceFlow,
        models.CASCADE,
        primary_key=True,
        db_constraint=False,
        related_name="partner_list",
    )
    best_savings_eur_per_year = models.DecimalField(max_digits=34, decimal_places=2)

    class Meta:
        verbose_name = _("list of partners")
        verbose_name_plural = _("lists of partners")
        constraints = [
            models.CheckConstraint(
                condition=Q(partners__len__lte=BEST_PER_FLOW)
                & _is_as_long("scores")
                & _is_as_long("distances_m"),
                name="matching_partnerlist_is_parallel",
            ),
        ]

    def __str__(self) -> str:
        return str(self.flow_id)


class StagedList(Partners):
    """
    A list as a partition of a run has found it, until the run swaps it in.

    Flows can be deleted meanwhile: no foreign key is checked.
    """

    partition = models.ForeignKey(
        MatchingRunPartition, models.CASCADE, db_constraint=False, related_name="+"
    )
    flow_id = models.UUIDField()
    number = models.BigIntegerField()
    best_savings_eur_per_year = models.FloatField()

    class Meta:
        verbose_name = _("staged list")
        verbose_name_plural = _("staged lists")

    def __str__(self) -> str:
        return str(self.flow_id)
