"""Live updates: durable notifications, and the websocket that announces them."""
