"""Whoever serves websockets sleeps until a notification is committed: the database wakes it."""

from django.db import migrations

CREATE = """
CREATE FUNCTION realtime_wake_hubs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('turash_notifications', '');
    RETURN NULL;
END $$;
CREATE TRIGGER realtime_wake_hubs AFTER INSERT ON realtime_notification
FOR EACH STATEMENT EXECUTE FUNCTION realtime_wake_hubs();
"""
DROP = """
DROP TRIGGER realtime_wake_hubs ON realtime_notification;
DROP FUNCTION realtime_wake_hubs();
"""


class Migration(migrations.Migration):
    dependencies = [("realtime", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
