"""Endpoints of users, organizations, members, sites, flows, resource types and tokens."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import exceptions, generics, mixins, permissions, status
from rest_framework.request import Request
from rest_framework.response import Response

from organizations import permissions as access
from organizations import services
from organizations.api.filters import (
    ConversionFilter,
    OrganizationFilter,
    ResourceFlowFilter,
    SiteFilter,
)
from organizations.api.flow_serializers import ResourceFlowSerializer, errors_by_path
from organizations.api.serializers import (
    ConversionSerializer,
    MembershipSerializer,
    MyOrganizationSerializer,
    OrganizationSerializer,
    ResourceTypeSerializer,
    RoleSerializer,
    SiteSerializer,
    UserSerializer,
)
from organizations.disclosure import Viewpoint
from organizations.models import (
    Conversion,
    Membership,
    Organization,
    ResourceFlow,
    ResourceType,
    Site,
)
from turash.api.shapes import ShapedMixin
from turash.api.views import ApiViewSet, GeoJSONRenderer, RetrieveMixin
from turash.errors import InvalidInput

# What of a flow tells exact figures.
FIGURES = {"quantity", "quality", "pricing"}
EXPANSIONS_OF_SITES = {"organization": OrganizationSerializer}


class MeView(generics.RetrieveAPIView):
    """Who I am."""

    serializer_class = UserSerializer
    permission_classes = [permissions.IsAuthenticated]

    def get_object(self) -> Any:
        return self.request.user


class MyOrganizationsView(generics.ListAPIView):
    """My organizations, with my role in each."""

    serializer_class = MyOrganizationSerializer
    permission_classes = [permissions.IsAuthenticated]
    filter_backends: list[Any] = []
    queryset = Membership.objects.none()

    def get_queryset(self) -> Any:
        return (
            Membership.objects.filter(user=self.request.user)
            .select_related("organization")
            .order_by("organization__name", "pk")
        )


@extend_schema_view(
    retrieve=extend_schema(
        responses={
            200: OrganizationSerializer,
            308: OpenApiResponse(
                description="It was merged into another one, whose address is in `Location`."
            ),
        }
    )
)
class OrganizationViewSet(ShapedMixin, mixins.ListModelMixin, RetrieveMixin, ApiViewSet):
    """Organizations that the caller may see."""

    is_versioned = True

    serializer_class = OrganizationSerializer
    filterset_class = OrganizationFilter
    queryset = Organization.objects.none()

    def get_queryset(self) -> Any:
        return Organization.objects.visible_to(self.request.user).order_by("name", "pk")

    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        organization = services.create_organization(actor=request.user, **serializer.validated_data)
        return self.answer(organization.pk, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        organization = self.get_object()
        serializer = self.get_serializer(organization, data=request.data, partial=True)
        access.require(access.can_manage(request.user, organization.pk))
        serializer.is_valid(raise_exception=True)
        services.update_organization(
            actor=request.user, organization=organization, **serializer.validated_data
        )
        return self.answer(organization.pk)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        services.delete_organization(actor=request.user, organization=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SitesOfOrganizationView(ShapedMixin, generics.ListAPIView):
    """Sites of an organization."""

    serializer_class = SiteSerializer
    expansions = EXPANSIONS_OF_SITES
    filterset_class = SiteFilter
    queryset = Site.objects.none()
    renderer_classes = [*ApiViewSet.renderer_classes, GeoJSONRenderer]

    def get_queryset(self) -> Any:
        organization = visible_organization(self)
        sites = Site.objects.visible_to(self.request.user).filter(organization=organization)
        return sites.select_related(*self.expanded()).order_by("name", "pk")


class _FlowsView(ShapedMixin, generics.GenericAPIView):
    """Tells flows as the caller sees them; whose exact figures are read goes on record."""

    serializer_class = ResourceFlowSerializer
    filterset_class = ResourceFlowFilter
    queryset = ResourceFlow.objects.none()
    renderer_classes = [*ApiViewSet.renderer_classes, GeoJSONRenderer]
    expansions = {
        "site": SiteSerializer,
        "organization": OrganizationSerializer,
        "resource_type": ResourceTypeSerializer,
    }

    def get_queryset(self) -> Any:
        flows = ResourceFlow.objects.visible_to(self.request.user).for_api()
        if self.expanded():
            flows = flows.for_display().select_related("resource_type__parent").defer(None)
        return flows.order_by("-created_at", "-pk")

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"viewpoint": Viewpoint(self.request.user)}

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        serializer = super().get_serializer(*args, **kwargs)
        if args and self.request.method == "GET":
            one = getattr(serializer, "child", serializer)
            if FIGURES & one.fields.keys():
                viewpoint = serializer.context["viewpoint"]
                flows = args[0] if kwargs.get("many") else [args[0]]
                services.note_seen(viewpoint, filter(viewpoint.sees_exactly, flows))
        return serializer


class ResourceFlowsOfOrganizationView(_FlowsView, generics.ListAPIView):
    """Flows of an organization."""

    def get_queryset(self) -> Any:
        organization = visible_organization(self)
        return super().get_queryset().filter(organization=organization)


def visible_organization(view: Any) -> Organization:
    """Return the organization of the path, if the caller may see it; else answer 404."""
    if getattr(view, "swagger_fake_view", False):
        return Organization()
    return get_object_or_404(
        Organization.objects.visible_to(view.request.user), pk=view.kwargs["organization_id"]
    )


class MembershipViewSet(mixins.ListModelMixin, RetrieveMixin, ApiViewSet):
    """Members of an organization; its members read, its owners decide."""

    is_versioned = True
    version_paths = ("user__email",)

    serializer_class = MembershipSerializer
    permission_classes = [permissions.IsAuthenticated]
    filter_backends: list[Any] = []
    queryset = Membership.objects.none()
    lookup_url_kwarg = "membership_id"

    def get_organization(self) -> Organization:
        organization = visible_organization(self)
        access.require(access.can_read_matching(self.request.user, organization.pk))
        return organization

    def hold(self, key: Any) -> None:
        # First, as the services do: it keeps the last owner from leaving.
        organizations = Organization.objects.select_for_update(no_key=True)
        organizations.filter(pk=self.kwargs["organization_id"]).values_list("pk").first()
        super().hold(key)

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Membership.objects.none()
        return (
            self.get_organization().memberships.select_related("user").order_by("joined_at", "pk")
        )

    def create(self, request: Request, **kwargs: Any) -> Response:
        organization = self.get_organization()
        # Before the e-mail address is looked up: others need not learn who has signed up.
        access.require(access.can_own(request.user, organization.pk))
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            membership = services.add_member(
                actor=request.user, organization=organization, **serializer.validated_data
            )
        except ValidationError as error:
            raise InvalidInput({"email": error.messages}) from error
        return self.answer(membership.pk, status=status.HTTP_201_CREATED)

    @extend_schema(request=RoleSerializer, responses=MembershipSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        membership = self.get_object()
        serializer = RoleSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.change_role(
            actor=request.user, membership=membership, role=serializer.validated_data["role"]
        )
        return self.answer(membership.pk)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        services.remove_member(actor=request.user, membership=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SiteViewSet(ShapedMixin, mixins.ListModelMixin, RetrieveMixin, ApiViewSet):
    """Sites that the caller may see."""

    expansions = EXPANSIONS_OF_SITES

    is_versioned = True

    serializer_class = SiteSerializer
    filterset_class = SiteFilter
    queryset = Site.objects.none()
    renderer_classes = [*ApiViewSet.renderer_classes, GeoJSONRenderer]

    def get_queryset(self) -> Any:
        sites = Site.objects.visible_to(self.request.user)
        return sites.select_related(*self.expanded()).order_by("name", "pk")

    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        organization = own_organization(request, values.pop("organization_id"))
        site = services.create_site(actor=request.user, organization=organization, **values)
        return self.answer(site.pk, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        site = self.get_object()
        access.require(access.can_edit_resources(request.user, site.organization_id))
        serializer = self.get_serializer(site, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        if values.pop("organization_id", site.organization_id) != site.organization_id:
            raise exceptions.ValidationError(
                {"organization_id": _("A site stays with its organization.")}
            )
        services.update_site(actor=request.user, site=site, **values)
        return self.answer(site.pk)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        services.delete_site(actor=request.user, site=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


def own_organization(request: Request, organization_id: UUID) -> Organization:
    """Return the organization that the body names, if the caller may see it."""
    organization = Organization.objects.visible_to(request.user).filter(pk=organization_id).first()
    if organization is None:
        raise exceptions.ValidationError(
            {"organization_id": _("There is no such organization, or you may not see it.")}
        )
    return organization


class ResourceFlowViewSet(_FlowsView, mixins.ListModelMixin, RetrieveMixin, ApiViewSet):
    """Flows that the caller may see."""

    # Contaminants change with their flow alone, and so do the place and the owner.
    is_versioned = True
    version_paths = ("resource_type__code",)

    def seen_by_caller(self, found: ResourceFlow) -> tuple:
        viewpoint = self.get_serializer().viewpoint()
        return viewpoint.is_inside(found), viewpoint.sees_exactly(found)

    def create(self, request: Request, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        site = visible_site(request, values.pop("site_id"))
        try:
            flow = services.create_flow(actor=request.user, site=site, **values)
        except ValidationError as error:
            raise InvalidInput(errors_by_path(error)) from error
        return self.answer(flow.pk, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        flow = self.get_object()
        access.require(access.can_edit_resources(request.user, flow.organization_id))
        serializer = self.get_serializer(flow, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        if "site_id" in values:
            values["site"] = visible_site(request, values.pop("site_id"))
        try:
            services.update_flow(actor=request.user, flow=flow, **values)
        except ValidationError as error:
            raise InvalidInput(errors_by_path(error)) from error
        return self.answer(flow.pk)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        services.delete_flow(actor=request.user, flow=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


def visible_site(request: Request, site_id: UUID) -> Site:
    """Return the site that the body names, if the caller may see it."""
    site = Site.objects.visible_to(request.user).filter(pk=site_id).first()
    if site is None:
        raise exceptions.ValidationError(
            {"site_id": _("There is no such site, or you may not see it.")}
        )
    return site


class ConversionViewSet(mixins.ListModelMixin, RetrieveMixin, ApiViewSet):
    """What sites can make of resources, as far as the caller may see it."""

    is_versioned = True
    version_paths = ("site__organization", "from_type__code", "to_type__code")

    serializer_class = ConversionSerializer
    filterset_class = ConversionFilter
    queryset = Conversion.objects.none()

    def get_queryset(self) -> Any:
        return Conversion.objects.visible_to(self.request.user).for_display().order_by("name", "pk")

    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        site = visible_site(request, values.pop("site_id"))
        conversion = services.create_conversion(actor=request.user, site=site, **values)
        return self.answer(conversion.pk, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        conversion = self.get_object()
        access.require(access.can_edit_resources(request.user, conversion.site.organization_id))
        serializer = self.get_serializer(conversion, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        if "site_id" in values:
            values["site"] = visible_site(request, values.pop("site_id"))
        services.update_conversion(actor=request.user, conversion=conversion, **values)
        return self.answer(conversion.pk)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        services.delete_conversion(actor=request.user, conversion=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ResourceTypeListView(generics.ListAPIView):
    """The tree of resource types, with units, codes, factors and their sources."""

    serializer_class = ResourceTypeSerializer
    queryset = ResourceType.objects.select_related("parent").order_by("code")
    filter_backends: list[Any] = []
    # The list is as long as the tree, and a client needs all of it.
    pagination_class = None
