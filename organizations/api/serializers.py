"""Organizations, members, sites, resource types and tokens as JSON."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from organizations.api.flow_serializers import ResourceFlowSerializer
from organizations.models import Conversion, Membership, Organization, ResourceType, Site, User
from turash.api.fields import FiniteFloatField, PointField, StrictModelSerializer, StrictSerializer

__all__ = [
    "ConversionSerializer",
    "MembershipSerializer",
    "MyOrganizationSerializer",
    "OrganizationSerializer",
    "ResourceFlowSerializer",
    "ResourceTypeSerializer",
    "RoleSerializer",
    "SiteSerializer",
    "UserSerializer",
]


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "email", "full_name", "is_facilitator"]


class MyOrganizationSerializer(serializers.ModelSerializer):
    """A membership, told as the organization with one's role in it."""

    id = serializers.UUIDField(source="organization.id")
    name = serializers.CharField(source="organization.name")
    slug = serializers.CharField(source="organization.slug")
    subtype = serializers.ChoiceField(
        source="organization.subtype", choices=Organization.Subtype.choices
    )

    class Meta:
        model = Membership
        fields = ["id", "name", "slug", "subtype", "role", "joined_at"]


class OrganizationSerializer(StrictModelSerializer):
    is_verified = serializers.SerializerMethodField()

    class Meta:
        model = Organization
        fields = [
            "id",
            "name",
            "slug",
            "subtype",
            "sector",
            "description",
            "website",
            "visibility",
            "figures_from",
            "is_verified",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["slug"]

    @extend_schema_field(bool)
    def get_is_verified(self, organization: Organization) -> bool:
        return organization.verified_at is not None


class MembershipSerializer(StrictModelSerializer):
    """A member; added by e-mail address."""

    user = UserSerializer(read_only=True)
    email = serializers.EmailField(source="user", max_length=254, write_only=True)

    class Meta:
        model = Membership
        fields = ["id", "user", "email", "role", "joined_at"]

    def validate_email(self, value: str) -> User:
        user = User.objects.filter(is_active=True, email__iexact=value).first()
        if user is None:
            raise serializers.ValidationError(_("Nobody with this e-mail address has signed up."))
        return user


class RoleSerializer(StrictSerializer):
    role = serializers.ChoiceField(choices=Membership.Role.choices)


class SiteSerializer(StrictModelSerializer):
    organization_id = serializers.UUIDField()
    location = PointField()

    class Meta:
        model = Site
        fields = [
            "id",
            "organization_id",
            "name",
            "address",
            "postal_code",
            "city",
            "country",
            "location",
            "holds_hazardous_waste_permit",
            "created_at",
            "updated_at",
        ]


class ConversionSerializer(StrictModelSerializer):
    """What a site can make of a resource; amounts in the canonical units of the two types."""

    site_id = serializers.UUIDField()
    organization_id = serializers.UUIDField(source="site.organization_id", read_only=True)
    from_type = serializers.SlugRelatedField(
        slug_field="code", queryset=ResourceType.objects.selectable(), help_text="What is taken."
    )
    to_type = serializers.SlugRelatedField(
        slug_field="code", queryset=ResourceType.objects.selectable(), help_text="What is made."
    )
    yield_per_unit = FiniteFloatField(help_text="Units made per unit taken.")
    capacity_per_year = FiniteFloatField(help_text="Units taken per year.")

    class Meta:
        model = Conversion
        fields = [
            "id",
            "organization_id",
            "site_id",
            "name",
            "from_type",
            "to_type",
            "yield_per_unit",
            "capacity_per_year",
            "cost_eur_per_unit",
            "source",
            "visibility",
            "created_at",
            "updated_at",
        ]


class ResourceTypeSerializer(serializers.ModelSerializer):
    parent = serializers.SlugRelatedField(slug_field="code", read_only=True, allow_null=True)
    label = serializers.CharField(help_text="The name in the reader's language.")

    class Meta:
        model = ResourceType
        fields = [
            "code",
            "parent",
            "family",
            "is_group",
            "name",
            "label",
            "description",
            "unit",
            "transport",
            "max_distance_km",
            "temperature_rule",
            "waste_codes",
            "replaced_product",
            "price_eur_per_unit",
            "price_source",
            "price_is_estimate",
            "co2_t_per_unit",
            "co2_source",
            "co2_is_estimate",
            "tonnes_per_unit",
            "pipe_mw_per_unit_per_hour",
        ]
