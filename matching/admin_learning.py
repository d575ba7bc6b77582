"""What the weights of the score are, what they were, and what they were learned from."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from matching import weights
from matching.admin_weights import ChoosingMixin
from matching.engine.parameters import DEFAULT_WEIGHTS, FACTORS
from matching.models import MatchingWeights, ProposalEvidence
from turash.admin_bases import ReadOnlyAdmin

_LABELS = {name: MatchingWeights._meta.get_field(name).verbose_name for name in FACTORS}


def _percent(share: float, *, sign: bool = False) -> str:
    text = number_format(round(share * 100, 1), decimal_pos=1)
    return f"+{text} %" if sign and share >= 0 else f"{text} %"


def _lines(values: dict[str, str]) -> SafeString:
    """Return a line for each factor."""
    return format_html_join("", "<div>{}: {}</div>", ((_LABELS[k], v) for k, v in values.items()))


@admin.register(MatchingWeights)
class MatchingWeightsAdmin(ChoosingMixin, ReadOnlyAdmin):
    """
    Every version, the latest first.

    Runs of all bring them: learned, or chosen by a facilitator, which has its own page.
    """

    change_list_template = "admin/matching/matchingweights/change_list.html"
    list_display = [
        "computed_at", "state", "origin", "requested_by", "reason", "weights_and_shifts",
        "dismissal_count", "accepted_count", "rejected_count", "organization_count", "again",
    ]  # fmt: skip
    list_select_related = ["requested_by", "run"]
    search_fields = ["run__pk"]
    search_help_text = _("Id of the run")
    fields = [
        "state", "origin", "requested_by", "reason", "computed_at", "adopted_at", "run", "again",
        "defaults", "weights_and_shifts", "dismissal_count", "accepted_count", "rejected_count",
        "organization_count", "votes_by_factor", "contrast", "differences_by_factor",
    ]  # fmt: skip
    readonly_fields = fields

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        told = _("Learning is on.") if settings.MATCHING_LEARNS else _("Learning is off.")
        context = {"subtitle": told, "may_choose": self.has_act_permission(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    def get_queryset(self, request: HttpRequest) -> QuerySet[MatchingWeights]:
        latest = weights.latest()
        is_latest = ExpressionWrapper(Q(pk=latest.pk if latest else None), BooleanField())
        return super().get_queryset(request).annotate(is_in_force=is_latest)

    @admin.display(description=_("state"))
    def state(self, row: MatchingWeights) -> str:
        if row.adopted_at is None:
            waits = row.run is not None and row.run.is_unfinished
            return _("not in force yet") if waits else _("not in force: its run did not finish")
        return _("in force") if row.is_in_force else _("replaced")  # type: ignore[attr-defined]

    @admin.display(description=_("origin"), ordering="is_chosen")
    def origin(self, row: MatchingWeights) -> str:
        return _("chosen") if row.is_chosen else _("learned")

    @admin.display(description=_("preview"))
    def again(self, row: MatchingWeights) -> SafeString:
        """An older version comes back like any other: previewed, and applied as a new one."""
        address = f"{reverse('admin:matching_matchingweights_preview')}?version={row.pk}"
        return format_html('<a href="{}">{}</a>', address, _("Use these again"))

    @admin.display(description=_("defaults"))
    def defaults(self, row: MatchingWeights) -> SafeString:
        defaults = zip(FACTORS, DEFAULT_WEIGHTS.tolist(), strict=True)
        return _lines({name: _percent(weight) for name, weight in defaults})

    @admin.display(description=_("weight (shift from the default)"))
    def weights_and_shifts(self, row: MatchingWeights) -> SafeString:
        shifts = row.shifts
        return _lines(
            {
                name: f"{_percent(weight)} ({_percent(shifts[name], sign=True)})"
                for name, weight in row.by_factor.items()
            }
        )

    @admin.display(description=_("dismissals that count, by factor"))
    def votes_by_factor(self, row: MatchingWeights) -> SafeString:
        return _numbers(row.votes, decimal_pos=1)

    @admin.display(description=_("mean score accepted − rejected, by factor"))
    def differences_by_factor(self, row: MatchingWeights) -> SafeString:
        return _numbers(row.differences, decimal_pos=3)


def _numbers(values: dict[str, float], *, decimal_pos: int) -> SafeString:
    return _lines(
        {
            name: number_format(round(value, decimal_pos), decimal_pos=decimal_pos)
            for name, value in values.items()
        }
    )


@admin.register(ProposalEvidence)
class ProposalEvidenceAdmin(ReadOnlyAdmin):
    """Decisions about proposals, with how well the match fitted then."""

    list_display = ["decided_at", "organization", "is_accepted", "scores_by_factor", "proposal_id"]
    list_select_related = ["organization"]
    list_filter = ["is_accepted"]
    search_fields = ["organization__name"]
    search_help_text = _("Organization")
    fields = ["proposal_id", "organization", "is_accepted", "scores_by_factor", "decided_at"]
    readonly_fields = fields

    @admin.display(description=_("factor scores"))
    def scores_by_factor(self, row: ProposalEvidence) -> SafeString:
        return _numbers(row.by_factor, decimal_pos=2)
