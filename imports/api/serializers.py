"""Imports and what became of their rows, as JSON."""

from rest_framework import serializers

from imports.models import Import, ImportRow
from imports.resources import RESOURCES
from turash.api.fields import StrictSerializer


class CountsSerializer(serializers.Serializer):
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    invalid = serializers.IntegerField()


class ImportSerializer(serializers.ModelSerializer):
    resource = serializers.ChoiceField(choices=list(RESOURCES))
    organization_id = serializers.UUIDField(allow_null=True)
    format = serializers.ChoiceField(
        choices=Import.Format.choices, allow_blank=True, help_text="Empty: it is not known yet."
    )
    percent = serializers.IntegerField(help_text="How much of the file the step has seen.")
    counts = CountsSerializer(help_text="Rows by what became of them, so far.")
    dry_run_counts = CountsSerializer(
        allow_null=True, help_text="What the dry run had found; null before it is confirmed."
    )

    class Meta:
        model = Import
        fields = [
            "id", "resource", "organization_id", "file_name", "format", "status", "percent",
            "row_number", "counts", "dry_run_counts", "error", "created_at", "confirmed_at",
            "finished_at",
        ]  # fmt: skip


class RowErrorSerializer(serializers.Serializer):
    field = serializers.CharField(help_text="The column; empty: the whole row.")
    message = serializers.CharField(help_text="What is wrong, and what would be right.")


class ImportRowSerializer(serializers.ModelSerializer):
    row = serializers.IntegerField(source="number", help_text="The header is row 1.")
    name = serializers.CharField(source="title")
    changes = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2),
        help_text="Before and after, by column.",
    )
    errors = RowErrorSerializer(many=True)

    class Meta:
        model = ImportRow
        fields = ["row", "outcome", "name", "changes", "errors"]


class ImportRequestSerializer(StrictSerializer):
    """A form with a file: CSV, XLSX or GeoJSON."""

    resource = serializers.ChoiceField(choices=list(RESOURCES))
    organization_id = serializers.UUIDField(required=False)
    file = serializers.FileField(max_length=500, allow_empty_file=True)
