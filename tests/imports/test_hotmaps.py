"""What becomes of the rows of the Hotmaps database."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from matching.models import Match
from organizations import services
from organizations.importers import hotmaps
from organizations.models import Organization, ResourceFlow, Site
from tests.factories import MembershipFactory, SiteFactory
from tests.imports.conftest import line_of
from turash.events.models import DomainEvent

pytestmark = pytest.mark.django_db


def snapshot() -> list[list[dict]]:
    """Every column of every row that the import writes."""
    return [
        list(model.objects.filter(source="hotmaps").order_by("pk").values())
        for model in (Organization, Site, ResourceFlow)
    ]


class TestRow:
    def test_becomes_a_site_of_an_organization_without_members(self, import_lines):
        import_lines(line_of(SiteID="7"))

        site = Site.objects.select_related("organization").get(source="hotmaps", external_id="7")
        assert (site.name, site.city, site.postal_code, site.country) == (
            "Werk Graz", "Graz", "8010", "AT",
        )  # fmt: skip
        assert site.location.coords == (15.44, 47.07)
        assert (site.organization.name, site.organization.sector) == ("Papier AG", "17")
        assert not site.organization.users.exists()

    def test_excess_heat_becomes_an_output_for_each_band(self, import_lines):
        import_lines(
            line_of(
                SiteID="7",
                **{
                    "Excess_Heat_100-200C": "1.5",
                    "Excess_Heat_200-500C": "2",
                    "Excess_Heat_500C": "3",
                },
            )
        )

        outputs = ResourceFlow.objects.filter(direction="output").order_by("amount")
        assert [
            (flow.temperature_celsius_min, flow.temperature_celsius_max, flow.quantity_per_year)
            for flow in outputs
        ] == [(100, 200, 1500), (200, 500, 2000), (500, None, 3000)]
        assert {flow.precision_level for flow in outputs} == {"estimated"}

    @pytest.mark.parametrize(
        ("subsector", "lowest", "highest"),
        [
            ("Cement", 1450, None),
            ("Glass", 1300, None),
            ("Iron and steel", 1000, None),
            ("Paper and printing", 100, 200),
            ("Other non-classified", None, None),
        ],
    )
    def test_fuel_demand_becomes_an_input_as_hot_as_the_subsector_needs(
        self, import_lines, subsector, lowest, highest
    ):
        import_lines(line_of(SiteID="7", Subsector=subsector, Fuel_Demand="300.5"))

        flow = ResourceFlow.objects.get(direction="input")
        assert (flow.temperature_celsius_min, flow.temperature_celsius_max) == (lowest, highest)
        assert (flow.amount, flow.unit, flow.quantity_per_year) == (
            Decimal("300.5"), "GWh", 300_500,
        )  # fmt: skip
        assert (flow.resource_type.code, flow.precision_level) == ("heat", "rough")

    def test_sites_of_one_company_share_an_organization_in_each_country(self, import_lines):
        import_lines(
            line_of(SiteID="1", CompanyName="RUHR OEL GmbH"),
            line_of(SiteID="2", CompanyName="Ruhr  Oel GMBH "),
            line_of(
                SiteID="3",
                CompanyName="RUHR OEL GmbH",
                Country="Germany",
                geom="SRID=4326;POINT(7.1 51.6)",
            ),
        )

        sites = Site.objects.order_by("external_id").values_list("organization", flat=True)
        assert sites[0] == sites[1] != sites[2]

    def test_sites_may_share_a_position(self, import_lines):
        report = import_lines(line_of(SiteID="1"), line_of(SiteID="2"))

        assert report.sites.created == 2

    def test_a_site_without_company_is_its_own_organization(self, import_lines):
        import_lines(line_of(SiteID="1", CompanyName=""))

        assert Organization.objects.get().name == "Werk Graz"

    @pytest.mark.parametrize(
        ("label", "point", "code"),
        [
            ("Croatia", "15.98 45.81", "HR"),
            ("Croatia", "-21.9 64.1", "IS"),
            ("Liechtenstein", "16.4 45.5", "HR"),
            ("Liechtenstein", "9.5 47.1", "LI"),
            ("Netherland", "4.9 52.4", "NL"),
        ],
    )
    def test_a_shifted_label_is_set_right_by_the_point(self, import_lines, label, point, code):
        import_lines(line_of(SiteID="1", Country=label, geom=f"SRID=4326;POINT({point})"))

        assert Site.objects.get().country == code

    def test_a_point_outside_the_country_is_doubted_and_kept(self, import_lines):
        report = import_lines(
            line_of(SiteID="1", Country="Spain", geom="SRID=4326;POINT(43.3 41.3)")
        )

        (doubt,) = report.reading.doubtful
        assert doubt.line == 2
        assert "is not in Spain" in doubt.reason
        assert report.sites.created == 1


class TestBadRow:
    @pytest.mark.parametrize(
        ("values", "reason"),
        [
            ({"Fuel_Demand": "12,5"}, "Fuel_Demand: '12,5' is not a number"),
            ({"Fuel_Demand": "-3"}, "Fuel_Demand: -3 is not between 0 and 1,000,000"),
            ({"Fuel_Demand": "NaN"}, "Fuel_Demand: NaN is not between"),
            ({"Excess_Heat_500C": "1e99"}, "Excess_Heat_500C: 1e99 is not between"),
            ({"geom": "SRID=4326;POINT(200 47)"}, "is not a point on Earth"),
            ({"geom": "SRID=4326;POINT(nan 47)"}, "is not a point on Earth"),
            ({"geom": "SRID=3035;POINT(4321000 3210000)"}, "geom: 'SRID=3035"),
            ({"geom": "somewhere"}, "geom: 'somewhere' is not like"),
            ({"Country": "Atlantis"}, "Country: 'Atlantis' is none of Austria"),
            ({"Subsector": "Magic"}, "Subsector: 'Magic' is none of Cement"),
            ({"CompanyName": "", "SiteName": " "}, "CompanyName, SiteName: one of them"),
            ({"SiteName": "x" * 201}, "SiteName: 201 characters"),
            ({"SiteName": "a\0b"}, "NUL"),
            ({"SiteID": " "}, "SiteID: expected"),
        ],
    )
    def test_is_told_with_line_and_reason(self, import_lines, values, reason):
        report = import_lines(line_of(SiteID="1"), line_of(**{"SiteID": "2", **values}))

        (problem,) = report.reading.bad
        assert problem.line == 3
        assert reason in problem.reason
        assert Site.objects.get().external_id == "1"

    def test_broken_quotes_do_not_spoil_the_next_line(self, import_lines):
        broken = line_of(SiteID="1").replace("Werk Graz", '"Werk Graz')

        report = import_lines(broken, line_of(SiteID="2"))

        assert [problem.line for problem in report.reading.bad] == [2]
        assert "quotes" in report.reading.bad[0].reason
        assert Site.objects.get().external_id == "2"

    def test_doubled_quotes_are_quotes(self, import_lines):
        import_lines(line_of(SiteID="1", SiteName='AB "Achema"'))

        assert Site.objects.get().name == 'AB "Achema"'

    def test_a_line_of_the_wrong_length_is_told(self, import_lines):
        report = import_lines("1;2;3\n", line_of(SiteID="2"))

        assert report.reading.bad[0].reason == "3 values, but 18 columns."

    def test_a_repeated_site_is_told(self, import_lines):
        report = import_lines(line_of(SiteID="1"), line_of(SiteID="1", City="Linz"))

        assert report.reading.bad[0].reason == "SiteID: 1 is on line 2 already."
        assert Site.objects.get().city == "Graz"

    def test_a_missing_point_is_no_error(self, import_lines):
        report = import_lines(line_of(SiteID="1", geom=""), line_of(SiteID="2"))

        assert [problem.line for problem in report.reading.without_point] == [2]
        assert not report.reading.bad
        assert Site.objects.count() == 1


class TestSecondRun:
    def test_changes_nothing(self, import_lines):
        lines = [
            line_of(SiteID="1"),
            line_of(SiteID="2", CompanyName='"Ö" Glas', Subsector="Glass"),
        ]
        import_lines(*lines)
        before, events = snapshot(), DomainEvent.objects.count()

        report = import_lines(*lines)

        assert not report.changed
        assert snapshot() == before
        assert DomainEvent.objects.count() == events

    def test_updates_what_differs_and_nothing_else(self, import_lines):
        import_lines(line_of(SiteID="1"), line_of(SiteID="2"))
        before = dict(ResourceFlow.objects.values_list("external_id", "updated_at"))

        report = import_lines(line_of(SiteID="1", Fuel_Demand="400"), line_of(SiteID="2"))

        assert (report.flows.updated, report.flows.unchanged, report.sites.updated) == (1, 3, 0)
        after = dict(ResourceFlow.objects.values_list("external_id", "updated_at"))
        assert {key for key in after if after[key] != before[key]} == {"1/fuel-demand"}
        assert ResourceFlow.objects.get(external_id="1/fuel-demand").quantity_per_year == 400_000

    def test_moves_the_flows_of_a_site_that_moved(self, import_lines):
        import_lines(line_of(SiteID="1"))

        import_lines(line_of(SiteID="1", geom="SRID=4326;POINT(14.3 48.3)"))

        assert {flow.location.coords for flow in ResourceFlow.objects.all()} == {(14.3, 48.3)}

    def test_archives_a_flow_whose_figure_is_gone(self, import_lines):
        import_lines(line_of(SiteID="1"))

        report = import_lines(line_of(SiteID="1", Fuel_Demand=""))

        assert report.archived_flows == 1
        assert ResourceFlow.objects.get(direction="input").status == "archived"
        assert not import_lines(line_of(SiteID="1", Fuel_Demand="")).changed

    def test_leaves_alone_what_members_have_taken_over(self, import_lines):
        import_lines(line_of(SiteID="1"))
        MembershipFactory(organization=Organization.objects.get())
        flow = ResourceFlow.objects.get(direction="input")
        flow.amount = Decimal(7)
        services.save_flow(flow)

        report = import_lines(line_of(SiteID="1", Fuel_Demand="999"))

        flow.refresh_from_db()
        assert flow.amount == 7
        assert report.flows.kept == 2
        assert not report.changed

    def test_finds_free_addresses_for_organizations_of_the_same_name(self, import_lines):
        SiteFactory(organization__name="Papier AG")

        import_lines(line_of(SiteID="1"))

        slugs = set(Organization.objects.values_list("slug", flat=True))
        assert "papier-ag" in slugs
        assert len(slugs) == 2


class TestWhole:
    def test_tells_of_itself_once(self, import_lines):
        import_lines(line_of(SiteID="1"), line_of(SiteID="2"))

        (event,) = DomainEvent.objects.all()
        assert event.type == "import_finished"
        assert event.payload == {
            "source": "hotmaps", "organization_count": 1, "site_count": 2, "flow_count": 4,
        }  # fmt: skip

    def test_is_rolled_back_as_a_whole(self, import_lines):
        # The flows come last: a rule that only the database knows fails after all else is written.
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE organizations_resourceflow ADD CONSTRAINT no_great_flows "
                "CHECK (quantity_per_year < 1e6) NOT VALID"
            )

        with pytest.raises(IntegrityError), transaction.atomic():
            import_lines(line_of(SiteID="1"), line_of(SiteID="2", Fuel_Demand="5000"))

        assert snapshot() == [[], [], []]
        assert not DomainEvent.objects.exists()

    def test_a_dry_run_counts_and_changes_nothing(self, edition):
        report = hotmaps.import_file(edition(line_of(SiteID="1")), dry_run=True)

        assert (report.sites.created, report.flows.created) == (1, 2)
        assert snapshot() == [[], [], []]
        assert not DomainEvent.objects.exists()

    def test_finds_matches_once_the_event_is_handled(self, import_lines, run_events):
        import_lines(
            line_of(SiteID="1", CompanyName="A", Subsector="Glass"),
            line_of(SiteID="2", CompanyName="B", geom="SRID=4326;POINT(15.46 47.08)"),
        )

        run_events()

        output = ResourceFlow.objects.get(external_id="1/excess-heat-100-200")
        matches = Match.seen.of_flow(output.pk)
        assert [match.input.external_id for match in matches] == ["2/fuel-demand"]
