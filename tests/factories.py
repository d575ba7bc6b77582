"""Valid, minimal rows; each factory saves through the service that the application uses."""

from typing import Any

import factory
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.utils import timezone
from factory.django import DjangoModelFactory

from matching.models import MatchCluster
from organizations import services
from organizations.models import (
    Conversion,
    Membership,
    Organization,
    ResourceFlow,
    ResourceType,
    Site,
    User,
)
from organizations.models.stage import Stage

KALUNDBORG = Point(11.09, 55.68)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda number: f"user{number}@example.org")
    full_name = factory.Faker("name")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        return model_class.objects.create_user(**fields)


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda number: f"Organization {number}")
    # So that tests need not come step by step to the figures that they are about.
    figures_from = Stage.PUBLIC

    @classmethod
    def _create(cls, model_class: type[Organization], *args: Any, **fields: Any) -> Organization:
        return services.save_organization(model_class(**fields))


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    organization = factory.SubFactory(OrganizationFactory)
    user = factory.SubFactory(UserFactory)
    role = Membership.Role.OWNER


class SiteFactory(DjangoModelFactory):
    class Meta:
        model = Site

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda number: f"Site {number}")
    location = factory.LazyFunction(lambda: KALUNDBORG.clone())

    @classmethod
    def _create(cls, model_class: type[Site], *args: Any, **fields: Any) -> Site:
        return services.save_site(model_class(**fields))


class ResourceFlowFactory(DjangoModelFactory):
    """Hot water, 1,000 MWh a year, all year round."""

    class Meta:
        model = ResourceFlow

    site = factory.SubFactory(SiteFactory)
    resource_type = factory.LazyAttribute(
        lambda flow: ResourceType.objects.get(code=flow.type_code)
    )
    direction = ResourceFlow.Direction.OUTPUT
    name = factory.Sequence(lambda number: f"Flow {number}")
    amount = 1000
    unit = ""

    class Params:
        type_code = "heat.hot_water"

    @classmethod
    def _create(cls, model_class: type[ResourceFlow], *args: Any, **fields: Any) -> ResourceFlow:
        contaminants = fields.pop("contaminants", None)
        return services.save_flow(model_class(**fields), contaminants=contaminants)


class ConversionFactory(DjangoModelFactory):
    """Biogas of manure: 0.2 MWh of every tonne, at no cost."""

    class Meta:
        model = Conversion

    site = factory.SubFactory(SiteFactory)
    name = factory.Sequence(lambda number: f"Conversion {number}")
    from_type = factory.LazyAttribute(lambda one: ResourceType.objects.get(code=one.from_code))
    to_type = factory.LazyAttribute(lambda one: ResourceType.objects.get(code=one.to_code))
    yield_per_unit = 0.2
    capacity_per_year = 10_000
    source = "Data sheet of the plant"

    class Params:
        from_code = "organic.manure"
        to_code = "gas.biogas"

    @classmethod
    def _create(cls, model_class: type[Conversion], *args: Any, **fields: Any) -> Conversion:
        return services.save_conversion(model_class(**fields))


class MatchClusterFactory(DjangoModelFactory):
    """As if computed: heat, at Kalundborg, of organizations enough to be shown."""

    class Meta:
        model = MatchCluster

    resource_type = factory.LazyFunction(lambda: ResourceType.objects.get(code="heat"))
    place = factory.Sequence(lambda number: f"Town {number}")
    area = factory.LazyFunction(
        lambda: MultiPolygon(Polygon.from_bbox((11.05, 55.65, 11.13, 55.7)), srid=4326)
    )
    centre = factory.LazyFunction(lambda: KALUNDBORG.clone())
    match_count = 9
    organization_count = 5
    exchange_count = 4
    contributor_count = 4
    quantity_per_year = 900
    savings_eur_per_year = 12_345
    co2_avoided_t_per_year = 198
    computed_at = factory.LazyFunction(timezone.now)
