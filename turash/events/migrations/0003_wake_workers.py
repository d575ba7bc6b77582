"""Workers sleep until a task is committed: the database wakes them."""

from django.db import migrations

CREATE = """
CREATE FUNCTION events_wake_workers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('turash_queue', '');
    RETURN NULL;
END $$;
CREATE TRIGGER events_wake_workers AFTER INSERT ON django_q_ormq
FOR EACH STATEMENT EXECUTE FUNCTION events_wake_workers();
"""
DROP = """
DROP TRIGGER events_wake_workers ON django_q_ormq;
DROP FUNCTION events_wake_workers();
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0002_schedule_sweep"), ("django_q", "0018_task_success_index")]
    operations = [migrations.RunSQL(CREATE, DROP)]
