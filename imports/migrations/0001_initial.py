"""Imports, what became of their rows, and what they have named already."""

import django.db.models.deletion
import django.utils.timezone
import organizations.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organizations', '0014_official_codes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.UUIDField(default=organizations.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('resource', models.CharField(max_length=30, verbose_name='what')),
                ('file_name', models.CharField(max_length=200, verbose_name='file')),
                ('format', models.CharField(blank=True, choices=[('csv', 'CSV'), ('xlsx', 'XLSX'), ('geojson', 'GeoJSON')], max_length=7, verbose_name='format')),
                ('language', models.CharField(default='en', max_length=10, verbose_name='language of the report')),
                ('status', models.CharField(choices=[('reading', 'Being read'), ('checking', 'Dry run'), ('checked', 'Ready to confirm'), ('importing', 'Importing'), ('finished', 'Finished'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='reading', max_length=10, verbose_name='status')),
                ('dialect', models.JSONField(blank=True, default=dict, editable=False)),
                ('done_bytes', models.BigIntegerField(default=0, verbose_name='bytes done')),
                ('total_bytes', models.BigIntegerField(default=0, verbose_name='bytes in all')),
                ('row_number', models.PositiveIntegerField(default=0, verbose_name='last row that was looked at')),
                ('new_count', models.PositiveIntegerField(default=0, verbose_name='new')),
                ('changed_count', models.PositiveIntegerField(default=0, verbose_name='changed')),
                ('unchanged_count', models.PositiveIntegerField(default=0, verbose_name='unchanged')),
                ('invalid_count', models.PositiveIntegerField(default=0, verbose_name='wrong')),
                ('dry_run_counts', models.JSONField(blank=True, null=True, verbose_name='counts of the dry run')),
                ('announces_rows', models.BooleanField(default=True, editable=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('error', models.TextField(blank=True, verbose_name='error')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='updated at')),
                ('confirmed_at', models.DateTimeField(blank=True, null=True, verbose_name='confirmed at')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                ('organization', models.ForeignKey(blank=True, help_text='Empty: the rows name theirs.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='imports', to='organizations.organization', verbose_name='organization')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='requested by')),
            ],
            options={
                'verbose_name': 'import',
                'verbose_name_plural': 'imports',
                'ordering': ['-created_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ImportKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BigIntegerField()),
                ('number', models.PositiveIntegerField()),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='imports.import')),
            ],
        ),
        migrations.CreateModel(
            name='ImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='row')),
                ('outcome', models.CharField(choices=[('new', 'New'), ('changed', 'Changed'), ('unchanged', 'Unchanged'), ('invalid', 'Wrong')], max_length=9, verbose_name='outcome')),
                ('title', models.CharField(blank=True, max_length=200, verbose_name='name')),
                ('changes', models.JSONField(blank=True, default=dict, verbose_name='changes')),
                ('errors', models.JSONField(blank=True, default=list, verbose_name='errors')),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='imports.import')),
            ],
            options={
                'verbose_name': 'row of an import',
                'verbose_name_plural': 'rows of imports',
                'ordering': ['number', 'pk'],
            },
        ),
        migrations.AddIndex(
            model_name='import',
            index=models.Index(fields=['requested_by', '-created_at'], name='imports_of_user'),
        ),
        migrations.AddIndex(
            model_name='import',
            index=models.Index(fields=['organization', '-created_at'], name='imports_of_org'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['importing', 'finished']), _negated=True), ('confirmed_at__isnull', False), _connector='OR'), name='imports_import_is_confirmed_before_it_writes'),
        ),
        migrations.AddConstraint(
            model_name='importkey',
            constraint=models.UniqueConstraint(fields=('job', 'digest'), name='imports_importkey_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='importrow',
            constraint=models.UniqueConstraint(fields=('job', 'number'), name='imports_importrow_is_told_of_once'),
        ),
    ]
