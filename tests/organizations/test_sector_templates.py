"""What is proposed for a sector can be declared, has a source, and stands in the docs."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from organizations import sector_templates, services
from organizations.hours import HoursOfWeek
from organizations.models import ResourceFlow
from organizations.sector_templates import all_templates, of_sector, rounded
from organizations.template_form import TemplateForm
from tests.factories import SiteFactory

DOCS = Path(settings.BASE_DIR, "docs/sector-templates.md")
BEGIN, END = "<!-- tables -->\n", "<!-- /tables -->\n"


def tables() -> str:
    """The templates as docs/sector-templates.md shows them."""
    parts = []
    for template in all_templates().values():
        parts.append(
            f"### {template.name}\n\n`{template.code}` · NACE {', '.join(template.nace)} · "
            f"size: {template.size} [{template.size_unit}], usual {template.typical_size:,}\n\n"
            "| | resource type | a year, for one unit of the size | °C | basis | source |\n"
            "|---|---|---|---|---|---|\n"
        )
        for flow in template.flows:
            low, high = flow.temperature_min, flow.temperature_max
            ends = ["" if end is None else f"{end:g}" for end in (low, high)]
            parts.append(
                f"| {flow.direction} | `{flow.resource_type}` | {flow.low:f} – **{flow.typical:f}**"
                f" – {flow.high:f} {flow.unit} | {'…'.join(ends) if any(ends) else ''} | "
                f"{flow.basis}: {flow.note} | {flow.source} |\n"
            )
        parts.append("\n")
    return "".join(parts)


def test_the_docs_say_what_the_data_say():
    head, _begin, rest = DOCS.read_text().partition(BEGIN)
    shown, _end, _tail = rest.partition(END)
    assert head
    assert shown.strip() == tables().strip(), "Put this into the docs:\n" + tables()


def test_the_figures_are_honest(subtests):
    assert len(all_templates()) >= 12
    for template in all_templates().values():
        with subtests.test(template.code):
            assert template.name_ru
            assert template.name_tt
            assert template.typical_size > 0
            assert len({flow.key for flow in template.flows}) == len(template.flows) >= 2
            for flow in template.flows:
                assert flow.low <= flow.typical <= flow.high
                assert flow.typical > 0
                assert flow.basis in {"source", "derived", "estimate"}
                # An estimate of ours has no source to hide behind, anything else names its own.
                assert bool(flow.source) == (flow.basis != "estimate")
                assert flow.note or flow.basis == "source"
                assert not flow.hours or HoursOfWeek.parse(flow.hours)


@pytest.mark.django_db
def test_every_line_can_be_declared_as_it_is_proposed(alice, alices_organization, subtests):
    for template in all_templates().values():
        with subtests.test(template.code):
            site = SiteFactory(organization=alices_organization)
            sites = alices_organization.sites.filter(pk=site.pk)
            arguments = {"template": template, "size": template.typical_size, "sites": sites}
            untouched = TemplateForm(**arguments)
            sent = {field.html_name: field.value() for field in untouched}
            form = TemplateForm(sent, **arguments)
            assert form.is_valid(), form.errors
            flows = services.create_flows(actor=alice, site=site, rows=form.rows())
            assert len(flows) == len(template.flows)
            for flow, line in zip(flows, template.flows, strict=True):
                assert flow.unit == flow.resource_type.unit == line.unit
                assert flow.quantity_per_year == float(line.amounts(template.typical_size)[1])
                assert flow.precision_level == ResourceFlow.PrecisionLevel.ROUGH


def test_the_nearest_sector_is_chosen():
    assert of_sector("10.71").code == "bakery"
    assert of_sector("10.51").code == "dairy"
    assert of_sector("35.11").code == "power_station"
    assert of_sector("35.30").code == "power_station"
    assert of_sector("35.21").code == "biogas_plant"
    assert of_sector("10") is None
    assert of_sector("") is None


def test_amounts_pretend_no_more_than_three_digits():
    typed = ("1234.5", "0.12345", "400", "0", "99960")
    shown = [f"{rounded(Decimal(text)):f}" for text in typed]
    assert shown == ["1230", "0.123", "400", "0", "100000"]


def test_names_are_in_the_language_of_the_reader():
    bakery = sector_templates.all_templates()["bakery"]
    with translation.override("ru"):
        assert (bakery.label, bakery.size_label) == (bakery.name_ru, bakery.size_ru)
    assert bakery.label == bakery.name
