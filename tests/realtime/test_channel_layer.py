"""The layer between workers and websockets."""

from channels.layers import get_channel_layer


def test_waiting_for_a_message_is_no_timeout_of_the_connection():
    """Else Redis would seem to be gone, and the websocket be closed, whenever nothing happens."""
    layer = get_channel_layer()
    kwargs = layer.create_pool(0).connection_kwargs
    assert kwargs["socket_timeout"] > layer.brpop_timeout
